from __future__ import annotations

from pathlib import Path

import pytest

from provision import assets


def test_what_is_packaged_comes_before_what_lies_beside(tmp_path: Path) -> None:
    package = tmp_path / "provision"
    for folder in (tmp_path, package):
        (folder / "templates").mkdir(parents=True)

    assert assets.path("templates", package) == package / "templates"
    (package / "templates").rmdir()
    assert assets.path("templates", package) == tmp_path / "templates"


def test_what_is_in_neither_place_is_a_broken_installation(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="templates/x is not part of this installation"):
        assets.path("templates/x", tmp_path / "provision")


def test_the_environments_are_found() -> None:
    assert (assets.path("environments") / "sandbox.yaml").is_file()
