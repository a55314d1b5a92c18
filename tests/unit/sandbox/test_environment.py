from __future__ import annotations

import json
from pathlib import Path

import pytest

from provision.environment import Environment
from provision.sandbox.environment import (
    DIRECTORY_URL,
    FOLDER,
    MAPPING,
    URL,
    add_catalogs,
    original,
    write_environment,
)
from provision.sandbox.multitude import many, mapping_text
from provision.sandbox.seed import ADMINISTRATOR_APP_ID, CATALOGS


def test_every_address_and_path_is_exchanged(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    target = write_environment(tmp_path / "new" / "sandbox.yaml", "https://127.0.0.1:1", "ldaps://localhost:2", folder)
    text = target.read_text()
    assert [standard in text for standard in (URL, DIRECTORY_URL, FOLDER)] == [False] * 3
    assert text.count("https://127.0.0.1:1/") + text.count("https://127.0.0.1:1\n") == 4
    assert "ldaps://localhost:2\n" in text
    assert f"{folder}/deployer.jwt" in text


def test_the_written_file_is_a_valid_environment(tmp_path: Path) -> None:
    target = write_environment(tmp_path / "sandbox.yaml", "https://127.0.0.1:1", "ldaps://localhost:2", tmp_path)
    assert Environment.load(str(target)).name == "sandbox"


def test_the_mapping_on_the_sandboxs_github_is_that_of_its_environment() -> None:
    assert json.loads(mapping_text(CATALOGS)) == json.loads((original() / MAPPING).read_text(encoding="utf-8"))


def test_the_administrators_file_signs_in_as_the_administrator(tmp_path: Path) -> None:
    target = write_environment(
        tmp_path / "sandbox.yaml", "https://127.0.0.1:1", "ldaps://localhost:2", tmp_path, administrator=True
    )
    signs_in = Environment.load(str(target)).credential
    assert signs_in.client_id == ADMINISTRATOR_APP_ID
    assert str(signs_in.token_file) == str(tmp_path / "administrator.jwt")


def test_more_catalogs_are_listed_and_mapped(tmp_path: Path) -> None:
    target = write_environment(tmp_path / "sandbox.yaml", "https://127.0.0.1:1", "ldaps://localhost:2", tmp_path)
    add_catalogs(target, (*CATALOGS, *many(2)))
    listed = Environment.load(str(target)).catalogs
    assert [catalog.name for catalog in listed] == ["Finance", "Engineering", "Catalog 001", "Catalog 002"]
    mapped = json.loads(target.with_name(MAPPING).read_text(encoding="utf-8"))["AccessPackages"]
    assert len(mapped) == 6


def test_a_file_that_was_changed_meanwhile_is_not_adapted_blindly(tmp_path: Path) -> None:
    target = tmp_path / "sandbox.yaml"
    target.write_text("catalogs: [Finance]\n")
    with pytest.raises(ValueError, match=r"sandbox\.yaml does not hold"):
        add_catalogs(target, CATALOGS)
