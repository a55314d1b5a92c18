from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from provision.sandbox.state import Record, StateFolder, default_folder, read_record

RECORD = Record(1, "https://127.0.0.1:1", "embedded", "ldaps://localhost:2", 60.0)


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    RECORD.write(folder)
    assert read_record(folder) == RECORD


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"pid": 1, "other": 2}'])
def test_a_damaged_record_is_no_record(tmp_path: Path, text: str) -> None:
    folder = StateFolder(tmp_path)
    folder.record.write_text(text)
    assert read_record(folder) is None


def test_no_folder_is_no_record(tmp_path: Path) -> None:
    assert read_record(StateFolder(tmp_path / "none")) is None


@pytest.mark.skipif(sys.platform == "win32", reason="file modes are those of POSIX")
def test_folder_and_secrets_are_for_their_owner_only(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / "a" / "b")
    folder.prepare()
    folder.write_secret(folder.control_token, "x")
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.control_token.stat().st_mode) == 0o600


def test_the_folder_can_be_named_by_the_environment(tmp_path: Path) -> None:
    assert default_folder({"LOCKSTEP_SANDBOX_DIR": str(tmp_path)}).path == tmp_path.resolve()
    assert default_folder({}).path == Path.home() / ".local/state/lockstep/sandbox"
