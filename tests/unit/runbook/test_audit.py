from __future__ import annotations

import hashlib
import json
import multiprocessing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from provision.job_records import records
from runbook.audit import Audit, audit_record
from runbook.audit_file import append_audit
from runbook.membership import Move, Reason
from runbook.outcome import Failed
from runbook.record import Records
from runbook.worker import Worker
from tests.unit.runbook.standins import ASSIGNMENT, NOON, PACKAGE_A, PERSON_SID, USER, StandingClock, group
from tests.unit.runbook.test_job import CALL

MOVE = Move(
    group("One"), PERSON_SID, add=True, reason=Reason("granted", PACKAGE_A, ASSIGNMENT, USER, "2026"), name="ada"
)


@pytest.mark.parametrize(
    ("outcome", "add", "before", "after"),
    [
        ("done", True, False, True),
        ("done", False, True, False),
        ("already", True, True, True),
        ("already", False, False, False),
        ("failed", True, False, False),
        ("failed", False, True, True),
        ("unknown", True, False, None),
        ("unknown", False, True, None),
    ],
)
def test_a_record_says_what_was_before_and_after(outcome: str, add: bool, before: bool, after: bool | None) -> None:  # noqa: FBT001 - a column of the table
    record = audit_record(CALL, replace(MOVE, add=add), outcome, "ldaps://dc1:636", NOON)

    assert (record["before"], record["after"], record["action"]) == (before, after, "add" if add else "remove")


def test_a_record_says_who_where_why_and_for_whom() -> None:
    call = replace(CALL, job="j", request="r", stage_instance="s")

    assert audit_record(call, MOVE, "done", "ldaps://dc1:636", NOON) == {
        "kind": "audit",
        "group": MOVE.group.guid,
        "name": "One",
        "dn": MOVE.group.dn,
        "domain": "",
        "action": "add",
        "sid": PERSON_SID,
        "who": "ada",
        "user": USER,
        "why": "granted",
        "package": PACKAGE_A,
        "assignment": ASSIGNMENT,
        "since": "2026",
        "request": "r",
        "stage_instance": "s",
        "job": "j",
        "dc": "ldaps://dc1:636",
        "before": False,
        "after": True,
        "outcome": "done",
        "at": "2026-11-23T12:00:00Z",
    }


class Told:
    """An audit on a standing clock, and what it put into the output."""

    def __init__(self, file: str = "") -> None:
        self.clock = StandingClock()
        self.lines: list[str] = []
        worker = Worker({}, self.clock, None, None, None, None, self.lines.append)  # type: ignore[arg-type]
        self.audit = Audit(CALL, worker, Records(self.lines.append), file)

    def note(self, count: int, seconds: float = 0.0) -> None:
        for _ in range(count):
            self.audit.note(MOVE, "done", "dc")
            self.clock.seconds += seconds
            self.audit.breathe()

    @property
    def count(self) -> int:
        return len(records("\n".join(self.lines)))


def test_changes_are_told_in_batches_and_the_rest_at_the_end() -> None:
    told = Told()

    told.note(63)
    assert told.count == 0
    told.note(1)
    assert told.count == 64
    told.note(10)
    told.audit.close()
    told.audit.close()
    assert told.count == 74


def test_a_slow_job_tells_sooner() -> None:
    told = Told()

    told.note(3, seconds=2)

    assert told.count == 3


@pytest.mark.parametrize(("count", "seconds"), [(20_000, 0.0), (5_000, 1.4)])
def test_a_long_job_has_few_lines(count: int, seconds: float) -> None:
    told = Told()

    told.note(count, seconds)
    told.audit.close()

    assert told.count == count
    assert sum("PACKED" in line for line in told.lines) <= 125


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_bytes().splitlines()]


def chained(file: Path) -> bool:
    """Whether each line names the one before it."""
    before = ""
    for line in file.read_bytes().split(b"\n")[:-1]:
        if json.loads(line)["previous"] != before:
            return False
        before = hashlib.sha256(line).hexdigest()
    return True


def test_the_file_has_each_change_at_once_each_chained_to_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"

    told = Told(str(file))
    assert file.exists()
    told.note(2)
    assert len(lines_of(file)) == 2
    Told(str(file)).note(1)

    assert [line["outcome"] for line in lines_of(file)] == ["done"] * 3
    assert chained(file)
    file.write_bytes(file.read_bytes().replace(b'"One"', b'"Two"', 1))
    assert not chained(file)


@pytest.mark.parametrize("size", [1, 4_095, 4_096, 5_000, 20_000])
def test_lines_of_any_length_are_chained(tmp_path: Path, size: int) -> None:
    file = tmp_path / "audit.jsonl"

    for _ in range(3):
        append_audit(str(file), [{"long": "x" * size}, {"short": ""}])

    assert len(lines_of(file)) == 6
    assert chained(file)


def test_a_line_that_a_killed_job_left_half_is_closed_and_counts(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    file.write_bytes(b'{"kind": "aud')

    append_audit(str(file), [{"a": 1}])

    half, whole = file.read_bytes().splitlines()
    assert json.loads(whole) == {"a": 1, "previous": hashlib.sha256(half).hexdigest()}


def _append(path: str) -> None:
    for number in range(25):
        append_audit(path, [{"n": number}, {"n": number}])


def test_several_jobs_write_one_chain(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    context = multiprocessing.get_context("spawn")
    jobs = [context.Process(target=_append, args=(str(file),)) for _ in range(3)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()

    assert [job.exitcode for job in jobs] == [0, 0, 0]
    assert len(lines_of(file)) == 150
    assert chained(file)


def test_a_file_that_cannot_be_written_is_a_problem_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "none" / "audit.jsonl"

    with pytest.raises(Failed, match=r"audit\.jsonl cannot be written \(No such file or directory\)"):
        append_audit(str(file), [])
    told = Told(str(file))
    assert "cannot be written" in told.audit.problem
    told.note(1)
    told.audit.close()
    assert told.count == 1
