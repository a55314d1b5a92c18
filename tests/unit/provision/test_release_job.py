"""The settings name the job that takes memberships away while it runs, and not when it did not end well."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from provision import jobs, release_job
from provision.errors import ProvisionError, ServiceRefusal
from provision.job_output import Ended
from provision.naming import settings_variable
from provision.resource import Json, Request, Target
from tests.fakes import ACCOUNT, guid
from tests.ran import ENVIRONMENT, JOB, NOW, Answers, job_answer, job_id, printed

ENVELOPE = jobs.envelope(ENVIRONMENT, "release", JOB, NOW + timedelta(hours=2), people=1, groups=1)
NAME = settings_variable(ENVIRONMENT.name)
VARIABLE = f"{ACCOUNT}/variables/{NAME}"
SETTINGS = {"version": 1, "environment": "test", "Ä": ["x"]}
OURS = "lockstep:test settings of the runbook"


class Account(Answers):
    """An Automation account that keeps what is written to the settings, and where a job ends at once."""

    def __init__(self, outcome: str = "done", value: Any = SETTINGS, description: str = OURS) -> None:
        ending = "Completed" if outcome == "done" else "Failed"
        super().__init__({job_id(): job_answer(ending), f"{job_id()}/output": {"text": printed(outcome)}})
        self.answers[VARIABLE] = {"properties": {"value": json.dumps(value), "description": description}}
        self.pressed = False
        """Whether somebody presses Ctrl-C as soon as the job is started."""

    def send(self, request: Request, tell: Callable[[str], None]) -> Json:
        """See `provision.apply.Writer`."""
        answer = super().send(request, tell)
        if getattr(request.target, "id", "") == VARIABLE:
            self.answers[VARIABLE] = request.body
        return answer

    def read(self, target: Target) -> Json:
        """See `provision.listed_catalogs.Reader`."""
        if self.pressed and getattr(target, "id", "") == job_id():
            raise KeyboardInterrupt
        return super().read(target)

    @property
    def settings(self) -> Any:
        """What the variable holds."""
        return json.loads(self.answers[VARIABLE]["properties"]["value"])

    def written(self) -> list[str]:
        """What was written, in order: the settings with or without a key, or the job."""
        values = [(r.body["properties"].get("value"), r.verb) for r in self.requests]
        assert all(verb == "put" for _, verb in values)
        return [str(json.loads(value).get("release")) if value else "job" for value, _ in values]


def _run(account: Account) -> tuple[Ended, list[str]]:
    said: list[str] = []
    return release_job.run(account, account, ENVIRONMENT, ENVELOPE, lambda _: None, said.append), said


def test_the_settings_name_the_job_before_it_starts() -> None:
    account = Account()

    ended, said = _run(account)

    assert (ended.well, said) == (True, [])
    assert account.written() == [JOB, "job"]
    assert account.settings == {**SETTINGS, "release": JOB}
    assert account.requests[0].body["name"] == NAME
    assert account.answers[VARIABLE]["properties"] | {"value": ""} == {
        "value": "",
        "description": OURS,
        "isEncrypted": False,
    }


@pytest.mark.parametrize("outcome", ["partial", "failed", "refused", "timed_out"])
def test_a_job_that_did_not_end_well_is_named_no_more(outcome: str) -> None:
    account = Account(outcome)

    ended, said = _run(account)

    assert (ended.well, said) == (False, [])
    assert account.written() == [JOB, "job", "None"]
    assert account.settings == SETTINGS


def test_what_a_killed_command_left_is_replaced() -> None:
    account = Account("failed", {**SETTINGS, "release": guid("killed")})

    _run(account)

    assert account.settings == SETTINGS


@pytest.mark.parametrize(
    ("value", "description"),
    [(SETTINGS, "somebody's"), (SETTINGS, "lockstep:test-2 settings"), (SETTINGS, ""), (["x"], OURS), ("x", OURS)],
)
def test_settings_that_are_not_ours_are_left_and_no_job_is_started(value: Any, description: str) -> None:
    account = Account(value=value, description=description)

    with pytest.raises(ProvisionError, match=f"not started: variable {NAME} is not there, or is not Lockstep's"):
        _run(account)

    assert account.requests == []


@pytest.mark.parametrize("answer", [None, {}, {"properties": {"description": OURS, "isEncrypted": True}}])
def test_settings_that_are_not_there_or_cannot_be_read_start_no_job(answer: Any) -> None:
    account = Account()
    account.answers[VARIABLE] = answer

    with pytest.raises(ProvisionError, match="not started"):
        _run(account)

    assert account.requests == []


def test_settings_that_cannot_be_written_start_no_job() -> None:
    account = Account()
    account.refusals = [ServiceRefusal("No permission for variables/write", 403, "AuthorizationFailed")]

    with pytest.raises(ProvisionError, match=r"not started: variable lockstep-test-settings was not written\..*/write"):
        _run(account)

    assert "job" not in account.written()


def test_a_job_that_cannot_be_started_is_named_no_more() -> None:
    class Closed(Account):
        def send(self, request: Request, tell: Callable[[str], None]) -> Json:
            if "/jobs/" in getattr(request.target, "id", ""):
                raise ServiceRefusal("No permission for jobs/write", 403, "AuthorizationFailed")
            return super().send(request, tell)

    account = Closed()

    with pytest.raises(ProvisionError, match="could not be started"):
        _run(account)

    assert account.written() == [JOB, "None"]
    assert account.settings == SETTINGS


def test_another_job_that_was_named_meanwhile_stays_named() -> None:
    other = {**SETTINGS, "release": guid("other")}

    class Taken(Account):
        def send(self, request: Request, tell: Callable[[str], None]) -> Json:
            answer = super().send(request, tell)
            if "/jobs/" in getattr(request.target, "id", ""):
                self.answers[VARIABLE]["properties"]["value"] = json.dumps(other)
            return answer

    account = Taken("failed")
    _run(account)

    assert account.settings == other


def test_a_name_that_cannot_be_taken_out_is_told_with_the_way_to_do_it() -> None:
    class Lost(Account):
        def send(self, request: Request, tell: Callable[[str], None]) -> Json:
            if len(self.requests) == 2:
                raise ProvisionError("no answer.")
            return super().send(request, tell)

    ended, said = _run(Lost("failed"))

    assert not ended.well
    (told,) = said
    assert told.startswith(f"variable {NAME} may still let job {JOB} take memberships away: no answer. ")
    assert told.endswith("`lockstep apply -e test` takes that out.")


def test_ctrl_c_says_that_the_job_goes_on_and_where_to_look() -> None:
    account = Account()
    account.pressed = True
    said: list[str] = []

    with pytest.raises(KeyboardInterrupt):
        release_job.run(account, account, ENVIRONMENT, ENVELOPE, lambda _: None, said.append)

    (told,) = said
    assert told.startswith(f"interrupted: nothing was deleted. Job {JOB} goes on, at most until 2026-01-01T14:00:00Z, ")
    assert told.endswith("Azure Automation shows it under Jobs of account aa-identity.")
    assert account.written() == [JOB, "job", "None"]
