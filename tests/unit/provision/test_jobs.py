"""A job that the command line starts: what is sent, what is waited for, what is said when it does not work."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from provision import jobs
from provision.errors import ProvisionError, ServiceRefusal
from provision.job_output import Ended, decoded
from tests.fakes import ACCOUNT, guid
from tests.ran import ENVIRONMENT, JOB, NOW, Answers, Turn, job_answer, job_id, printed

ENVELOPE = jobs.envelope(ENVIRONMENT, "reconcile", JOB, NOW + timedelta(minutes=5), user=guid("ada"))


class Watch:
    """A clock that goes on by what was waited."""

    def __init__(self) -> None:
        self.now = NOW

    def pause(self, seconds: float) -> None:
        """Waits."""
        self.now += timedelta(seconds=seconds)

    def clock(self) -> datetime:
        """The time."""
        return self.now


def _run(azure: Answers) -> tuple[Ended, list[str]]:
    told: list[str] = []
    watch = Watch()
    return jobs.run(azure, azure, ENVIRONMENT, ENVELOPE, told.append, watch.pause, watch.clock), told


def _ending(*statuses: str, text: str = "") -> Answers:
    turns: list[Any] = [Turn(job_answer(status)) for status in statuses]
    return Answers({job_id(): turns, f"{job_id()}/output": {"text": text}})


def test_the_envelope_names_the_account_the_settings_and_the_cloud() -> None:
    made = jobs.envelope(ENVIRONMENT, "check", JOB, datetime(2026, 1, 1, 13, tzinfo=timezone(timedelta(hours=1))))

    assert made == {
        "version": 1,
        "source": "check",
        "environment": "test",
        "job": JOB,
        "deadline": "2026-01-01T12:00:00Z",
        "arm": "https://management.azure.com",
        "arm_audience": "https://management.azure.com/",
        "automation_account": ACCOUNT,
        "settings": "lockstep-test-settings",
    }


def test_a_job_is_put_watched_and_read() -> None:
    azure = _ending("New", "Running", "Completed", text=printed("done", "added to A"))

    ended, told = _run(azure)

    (request,) = azure.requests
    assert (request.verb, request.target) == ("put", jobs.job_target(ENVIRONMENT, JOB))
    properties = request.body["properties"]
    assert (properties["runbook"], properties["runOn"]) == ({"name": "lockstep"}, "onprem-workers")
    assert decoded(properties["parameters"]["envelope"]) == ENVELOPE
    assert (ended.id, ended.status, ended.well) == (JOB, "Completed", True)
    assert jobs.told(ended, ENVIRONMENT) == "added to A"
    assert told == [f"starting job {JOB}", "sending", f"job {JOB} is New", f"job {JOB} is Running"]


@pytest.mark.parametrize(
    ("code", "said", "remedy"),
    [
        (404, "The Runbook was not found. Runbook name: lockstep.", "lockstep apply -e test"),
        (400, "The runbook 'lockstep' has not been published.", "lockstep apply -e test"),
        (400, "The Hybrid Runbook Worker Group 'x' was not found", "automation.hybrid_worker_group"),
        (403, "No permission for jobs/write", "No permission"),
    ],
)
def test_a_job_that_is_refused_says_what_to_do(code: int, said: str, remedy: str) -> None:
    azure = _ending()
    azure.refusals = [ServiceRefusal(said, code, "Code")]

    with pytest.raises(ProvisionError) as caught:
        _run(azure)

    assert f"job {JOB} could not be started: {said}" in str(caught.value)
    assert remedy in str(caught.value)


@pytest.mark.parametrize(
    "lost",
    [
        ProvisionError("no answer"),
        ServiceRefusal("busy", 503, "Busy"),
        ServiceRefusal("the job exists already", 409, "Conflict"),  # the wire had sent it a second time
        ServiceRefusal("the job exists already", 400, "BadRequest"),
    ],
)
def test_a_lost_answer_does_not_start_a_second_job(lost: ProvisionError) -> None:
    azure = _ending("New", "Completed", text=printed("done"))
    azure.refusals = [lost]

    ended, _ = _run(azure)

    assert ended.well
    assert len(azure.requests) == 1


def test_no_answer_and_no_job_is_an_error() -> None:
    azure = Answers()
    azure.refusals = [ProvisionError("no answer")]

    with pytest.raises(ProvisionError, match="no answer"):
        _run(azure)


@pytest.mark.parametrize(("status", "hint"), [("New", "No worker of hybrid worker group"), ("Running", "under Jobs")])
def test_a_job_that_does_not_end_in_time_is_named(status: str, hint: str) -> None:
    azure = Answers({job_id(): job_answer(status)})

    with pytest.raises(ProvisionError, match=rf"job {JOB} took longer than 6 minutes.*{status}.*{hint}"):
        _run(azure)


def test_a_job_that_is_not_listed_yet_is_new() -> None:
    azure = Answers({job_id(): [Turn(), Turn(job_answer("Completed"))]})

    ended, told = _run(azure)

    assert (ended.status, ended.result, ended.text) == ("Completed", None, "")
    assert f"job {JOB} is New" in told


def test_without_a_result_the_status_is_told() -> None:
    refused = Ended(JOB, "Failed", {"outcome": "refused", "detail": "no account"}, (), "")
    assert jobs.told(refused, ENVIRONMENT) == "refused: no account"
    assert "no worker of hybrid worker group onprem-workers" in jobs.told(
        Ended(JOB, "Suspended", None, (), ""), ENVIRONMENT
    )
    assert f"job {JOB} ended as Failed and wrote no result" in jobs.told(Ended(JOB, "Failed", {}, (), ""), ENVIRONMENT)


def test_a_job_that_ends_at_once_is_not_waited_for() -> None:
    done = _ending("Completed", text=printed("done"))

    assert jobs.run(done, done, ENVIRONMENT, ENVELOPE, print).well
