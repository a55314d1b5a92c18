"""The nightly sweep before the doctor: its schedule, when it begins next, and how the last one ended."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from provision.doctor.check import Check
from provision.errors import ServiceRefusal
from provision.job_output import encoded
from provision.jobs import job_target
from provision.resource import ArmCollection, OutputTarget, Target
from tests.fakes import ACCOUNT, InMemoryAzure, guid
from tests.patient import Patient, examined, found, noticed, sound
from tests.sample import NOW, carried_out, environment, planned

AREA = "nightly sweep"
NAME = "lockstep-test-sweep"
SCHEDULE = f"{ACCOUNT}/schedules/{NAME}".lower()
NIGHTLY: dict[str, Any] = {"sweep": {"schedule": "02:30", "time_zone": "Europe/Berlin"}}
NIGHT = "2026-01-01T01:30:00+00:00"
"""When the last one was due, at `NOW`."""
SWEEP = {"source": "sweep", "minutes": 120}


class Night(Patient):
    """A patient with jobs, whose output is told."""

    outputs: dict[str, str]

    def read(self, target: Target) -> Any:
        if isinstance(target, OutputTarget):
            self._refuse_reading(target)
            return {"text": self.outputs.get(target.id.rsplit("/", 1)[1], "")}
        return super().read(target)

    def _refuse_reading(self, target: Target) -> None:
        for text, error in self.silent.items():
            if text in str(target):
                raise error

    def add_job(self, key: str, created: str, status: str, envelope: Any, result: Any = None) -> str:
        identifier = guid(key)
        properties = {
            "jobId": identifier,
            "creationTime": created,
            "status": status,
            "parameters": {"envelope": encoded(envelope)},
        }
        self.put_arm(job_target(environment(), identifier).id, properties=properties)
        self.outputs[identifier] = f"noise\nLOCKSTEP-RESULT {json.dumps(result)}" if result else "noise"
        return identifier


def night(*, first: str = "2025-12-01T02:30:00+01:00", following: str | None = "2026-01-02T02:30:00+01:00") -> Night:
    """An environment whose schedule has run since December."""
    patient = Night()
    patient.outputs = {}
    carried_out(patient, planned(patient, **NIGHTLY))
    patient.arm[SCHEDULE]["properties"] |= {"startTime": first, "nextRun": following}
    return patient


def last(patient: InMemoryAzure) -> Check:
    assert isinstance(patient, Patient)
    return found(examined(patient, **NIGHTLY), "the last one")


def test_without_a_schedule_nothing_is_said_of_it() -> None:
    assert [check for check in examined(sound()) if check.area == AREA] == []


def test_a_sound_one_says_when_it_begins_next_in_its_own_zone() -> None:
    checks = examined(night(first="2026-01-02T02:30:00+01:00"), **NIGHTLY)

    assert noticed(checks) == []
    assert found(checks, f"schedule {NAME}").said == "is on; next at 2026-01-02 02:30 (Europe/Berlin)"
    assert [check.subject for check in checks if check.area == AREA] == [f"schedule {NAME}", f"job schedule {NAME}"]


@pytest.mark.parametrize(
    ("outcome", "status", "state"),
    [
        ("done", "Completed", "ok"),
        ("nothing_to_do", "Completed", "ok"),
        ("partial", "Failed", "warn"),
        ("refused", "Failed", "fail"),
        ("failed", "Failed", "fail"),
        ("done", "Failed", "fail"),
    ],
)
def test_how_the_last_one_ended_is_told_in_its_own_words(outcome: str, status: str, state: str) -> None:
    patient = night()
    result = {"outcome": outcome, "detail": "would add 3"}
    identifier = patient.add_job("job", "2026-01-01T01:30:20Z", status, SWEEP, result)

    check = last(patient)

    assert (check.state, check.said) == (state, f"job {identifier} ended as {status}; {outcome}: would add 3")
    assert (identifier in check.fix) == (state != "ok")


def test_one_that_wrote_nothing_and_one_that_goes_on() -> None:
    silent, busy = night(), night()
    silent.add_job("job", "2026-01-01T01:30:20Z", "Suspended", SWEEP)
    busy.add_job("job", "2026-01-01T01:30:20Z", "Running", SWEEP)

    assert (last(silent).state, last(silent).said.rsplit("; ", 1)[1]) == ("fail", "it wrote no result")
    assert (last(busy).state, last(busy).said) == ("ok", f"goes on: job {guid('job')} is Running")


@pytest.mark.parametrize(
    ("created", "envelope"),
    [
        ("2026-01-01T01:30:20Z", {"source": "entitlement"}),
        ("2026-01-01T01:30:20Z", {"source": "sweep", "job": guid("job")}),
        ("2026-01-01T01:46:00Z", SWEEP),
        ("2026-01-01T09:00:00Z", SWEEP),
    ],
)
def test_another_job_is_not_taken_for_the_schedules(created: str, envelope: dict[str, Any]) -> None:
    patient = night()
    patient.add_job("job", created, "Completed", envelope, {"outcome": "done", "detail": "x"})

    check = last(patient)

    assert (check.state, check.said) == ("warn", "none was started at 2026-01-01 01:30 UTC, when it was due")


def test_it_is_looked_for_from_a_minute_before_it_was_due() -> None:
    patient = night()
    last(patient)

    asked = [target for target in patient.asked if isinstance(target, ArmCollection)]
    queries = [target.filter for target in asked if target.id.endswith("/jobs")]
    assert queries == ["properties/runbook/name eq 'lockstep' and properties/creationTime ge 2026-01-01T01:29:00Z"]


def test_a_moment_after_its_time_it_may_not_be_listed_yet() -> None:
    following = (NOW + timedelta(days=1, minutes=-10)).isoformat()
    patient = night(following=following)

    assert not [check for check in examined(patient, **NIGHTLY) if check.subject == "the last one"]


def test_what_may_not_be_read_is_unknown_and_hides_nothing_else() -> None:
    patient = night()
    patient.silent = {"/jobs'": ServiceRefusal("No permission for jobs/read.", 403, "AuthorizationFailed")}

    checks = examined(patient, **NIGHTLY)

    assert [(check.area, check.subject, check.state) for check in checks if check.red] == [
        ("credential", "reading jobs", "fail"),
        (AREA, "the last one", "unknown"),
    ]


@pytest.mark.parametrize("path", ["/schedules/", "/jobSchedules"])
def test_a_schedule_that_may_not_be_read_is_unknown_not_missing(path: str) -> None:
    patient = night()
    patient.silent = {path: ServiceRefusal("No permission.", 403, "AuthorizationFailed")}

    red = [check for check in examined(patient, **NIGHTLY) if check.red]

    assert {(check.area, check.subject, check.state) for check in red} == {
        ("credential", "reading schedules", "fail"),
        (AREA, f"schedule {NAME}", "unknown"),
        (AREA, f"job schedule {NAME}", "unknown"),
    }


def test_a_schedule_that_is_off_or_gone_is_broken() -> None:
    off = night(following=None)
    off.arm[SCHEDULE]["properties"]["isEnabled"] = False
    check = found(examined(off, **NIGHTLY), f"schedule {NAME}")
    assert (check.state, check.said) == ("fail", "differs in isEnabled")
    gone = night()
    del gone.arm[SCHEDULE]
    assert found(examined(gone, **NIGHTLY), f"schedule {NAME}").said == "does not exist"


def test_one_that_is_not_wanted_any_more_is_a_warning() -> None:
    checks = examined(night())

    assert {(check.subject, check.state) for check in checks if check.area == AREA} == {
        (f"schedule {NAME}", "warn"),
        (f"job schedule {NAME}", "warn"),
    }
