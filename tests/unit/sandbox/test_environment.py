from __future__ import annotations

import json
from pathlib import Path

from provision.environment import Environment
from provision.sandbox.cloud import mapping_text
from provision.sandbox.environment import DIRECTORY_URL, FOLDER, MAPPING, URL, original, write_environment


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
    assert json.loads(mapping_text()) == json.loads((original() / MAPPING).read_text(encoding="utf-8"))
