from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from runbook.https import Reply
from runbook.main import SystemClock, guarded
from runbook.outcome import Failed, Outcome
from runbook.parameter import about
from tests.unit.runbook.standins import ASSIGNMENT, PACKAGE_A, USER, Memory, StandingClock
from tests.unit.runbook.test_envelope import parameter
from tests.unit.runbook.test_job import World, worker_on


class Faulty:
    """A transport with a fault that nobody foresaw."""

    def get(self, url: str, headers: dict[str, str], timeout: float) -> Reply:
        raise KeyError(f"hunter2 {url} {headers} {timeout}")


def open_directory(*_: Any) -> Memory:
    raise Failed("AD is gone")


def guard(transport: Any, **changes: Any) -> tuple[Outcome, dict[str, str]]:
    ids = about({})
    text = "b64." + base64.b64encode(json.dumps(parameter(**changes)).encode()).decode()
    return guarded([text], ids, lambda: worker_on(StandingClock(), transport, open_directory)), ids


def test_a_refusal_ends_in_an_outcome_that_knows_whom_it_is_about() -> None:
    outcome, ids = guard(Faulty(), stage="CustomExtensionConnectionTest")

    assert outcome.outcome == "refused"
    assert outcome.detail.endswith("nothing was changed")
    assert (ids["source"], ids["event"]) == ("entitlement", "")
    assert (ids["user"], ids["stage_instance"], ids["access_package"]) == (USER.upper(), ASSIGNMENT, PACKAGE_A)


def test_a_parameter_that_is_none_ends_in_an_outcome_too() -> None:
    ids = about({})

    assert guarded([], ids, lambda: pytest.fail("not reached")).outcome == "refused"
    assert ids == about({})


def test_what_nobody_foresaw_is_a_failure_that_repeats_no_value(capsys: pytest.CaptureFixture[str]) -> None:
    outcome, _ = guard(Faulty(), deadline="2026-11-23T13:00:00Z")

    assert outcome.outcome == "failed"
    assert outcome.detail.startswith("unexpected error KeyError at test_main.py:")
    assert "hunter2" not in outcome.detail + capsys.readouterr().out


def test_a_passed_deadline_is_told_as_such() -> None:
    outcome, _ = guard(Faulty(), deadline="2026-11-23T11:00:00Z")

    assert (outcome.outcome, outcome.exit_code()) == ("timed_out", 1)


def test_a_failure_is_told_as_such() -> None:
    world = World()
    outcome, _ = guard(world.wire, deadline="2026-11-23T13:00:00Z")

    assert outcome.outcome == "failed"
    assert outcome.detail.endswith("nothing was changed")


def test_nothing_but_ids_is_taken_from_an_envelope_that_is_refused() -> None:
    _, ids = guard(Faulty(), user="x\nLOCKSTEP-RESULT {}", stage_instance=None, access_package=5)

    assert ids == {**about({}), "source": "entitlement"}


def test_an_envelope_that_was_read_names_its_event() -> None:
    assert guard(Faulty(), stage="assignmentRequestRemoved", request_type="")[1]["event"] == "removed"


@pytest.mark.parametrize("source", ["lifecycle", "reconcile", "check", "release"])
def test_every_source_has_its_run(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    outcome, ids = guard(World().wire, source=source, deadline="2026-11-23T13:00:00Z", people=0, groups=0)

    assert (outcome.outcome, ids["source"]) == ("failed", source)
    assert capsys.readouterr().out.startswith(source)


def test_the_clock_is_the_machines() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    clock.sleep(0.001)

    assert clock.monotonic() > before
    assert abs((clock.now() - datetime.now(UTC)).total_seconds()) < 5
