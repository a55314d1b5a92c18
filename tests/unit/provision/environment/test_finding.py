from __future__ import annotations

from pathlib import Path

import pytest

from provision.environment.finding import environment_file, text
from provision.errors import ProvisionError


def test_a_name_is_looked_for_in_the_folder_first(tmp_path: Path) -> None:
    (tmp_path / "sandbox.yml").write_text("x")

    assert environment_file("sandbox", tmp_path) == tmp_path / "sandbox.yml"


def test_a_name_that_the_folder_does_not_have_may_be_a_packaged_one(tmp_path: Path) -> None:
    found = environment_file("sandbox", tmp_path / "absent")

    assert found.name == "sandbox.yaml"
    assert found.is_file()


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("{}")

    assert environment_file(str(path), Path("environments")) == path


def test_an_unknown_name_is_told_with_those_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "production.yaml").write_text("x")

    with pytest.raises(ProvisionError, match=r"no environment 'prodction'.*Did you mean production\?.*sandbox"):
        environment_file("prodction", tmp_path)


def test_an_absent_path_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ProvisionError, match="does not exist"):
        environment_file(str(tmp_path / "x.yaml"), tmp_path)
    with pytest.raises(ProvisionError, match="is a folder"):
        environment_file(str(tmp_path), tmp_path)


def test_a_file_that_is_not_utf8_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: 1\nb: caf\xe9\n")

    with pytest.raises(ProvisionError, match=r"x.yaml:2:7: not UTF-8"):
        text(path)


def test_a_file_that_cannot_be_read_is_told_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(ProvisionError, match="cannot be read: Is a directory"):
        text(tmp_path)
