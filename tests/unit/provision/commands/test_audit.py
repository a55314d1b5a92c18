from __future__ import annotations

import io
from pathlib import Path

import pytest

from provision.commands.audit import verify
from provision.errors import ProvisionError
from provision.terminal import Terminal
from runbook.audit_file import append_audit


def run(file: Path) -> tuple[int, str]:
    err = io.StringIO()
    return verify(file, Terminal(io.StringIO(), err, io.StringIO(), {})), err.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An audit file of four changes, as two jobs wrote it."""
    made = tmp_path / "audit.jsonl"
    for job in ("one", "two"):
        append_audit(str(made), [{"job": job, "action": "add"}, {"job": job, "action": "remove"}])
    return made


def test_a_whole_chain_is_told_with_its_last_digest(file: Path) -> None:
    code, said = run(file)

    assert code == 0
    assert "4 changes, each follows the one before it" in said
    assert "sha256 of the last line" in said


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_line_that_was_taken_out_is_missed(file: Path, gone: int) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:gone] + lines[gone + 1 :]))

    code, said = run(file)

    assert code == 1
    assert f"line {gone + 1} does not follow the line before it" in said


def test_a_line_that_was_changed_breaks_the_chain_after_it(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b'"remove"', b'"add"', 1))

    code, said = run(file)

    assert code == 1
    assert "line 3 does not follow" in said
    assert said.count("does not follow") == 1


@pytest.mark.parametrize(
    "broken", [b"{", b"[]", b'{"previous": 5}', b"[" * 100_000], ids=["half", "list", "no", "deep"]
)
def test_a_line_that_is_not_whole_is_named_and_the_chain_goes_on(file: Path, broken: bytes) -> None:
    with file.open("ab") as opened:
        opened.write(broken)
    append_audit(str(file), [{"job": "three"}])

    code, said = run(file)

    assert code == 1
    assert "line 5 is not whole" in said
    assert "line 6" not in said


def test_an_empty_file_and_none(tmp_path: Path) -> None:
    empty = tmp_path / "audit.jsonl"
    empty.touch()

    assert run(empty)[0] == 0
    with pytest.raises(ProvisionError, match="No such file"):
        run(tmp_path / "missing")
