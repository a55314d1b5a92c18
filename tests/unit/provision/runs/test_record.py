"""A run joined with what lies behind it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from provision.runs import record
from tests.fakes import guid
from tests.ran import APP, JOB, NOW, RUN, USER, callout, job_answer, printed, request_answer, run, run_answer


def test_a_run_is_joined_with_its_job_its_outcome_and_its_request() -> None:
    made = run(detail="has no AD account")

    assert (made.id, made.status, made.failed, made.open, made.foreign) == (RUN, "Failed", True, False, False)
    assert (made.outcome, made.detail) == ("refused", "has no AD account")
    assert (made.user_name, made.package_name) == ("ada@corp.example", "Analyst")
    assert (made.fact("user"), made.fact("request")) == (USER, guid("request"))
    assert made.age == timedelta(hours=1) - timedelta(microseconds=123456)


def test_what_the_result_says_comes_before_the_envelope() -> None:
    found = record.job(JOB, job_answer("Completed", callout()), printed("done", request="r", event="granted"))
    made = record.run(APP, run_answer("Succeeded"), found, None, NOW)

    assert (made.fact("request"), made.fact("event"), made.user_name) == ("r", "granted", USER)
    assert made.package_name == guid("p1")


@pytest.mark.parametrize(
    ("status", "failed", "open_"),
    [
        ("Succeeded", False, False),
        ("Failed", True, False),
        ("TimedOut", True, False),
        ("Cancelled", True, False),
        ("Running", False, True),
        ("Waiting", False, True),
        ("Skipped", False, False),
    ],
)
def test_every_status_is_one_of_three(status: str, *, failed: bool, open_: bool) -> None:
    made = run(status)

    assert (made.failed, made.open) == (failed, open_)


@pytest.mark.parametrize(
    ("tracking", "error", "job"),
    [
        (JOB.upper(), "", JOB),
        ("not-a-guid", f"Job {JOB.upper()}: the job is gone", JOB),
        ("not-a-guid", "Job 12: nothing", ""),
        ("", "", ""),
    ],
)
def test_the_job_is_named_by_the_correlation_or_the_error(tracking: str, error: str, job: str) -> None:
    assert record.job_id(run_answer("Failed", tracking=tracking, error=error)) == job


def test_a_run_without_anything_names_no_job() -> None:
    assert record.job_id({"name": "x"}) == ""


@pytest.mark.parametrize(
    ("made", "detail"),
    [
        (run("Running", "", ""), "goes on"),
        (run("Succeeded", "", "Completed"), "the job printed no result"),
        (run("Succeeded", "", ""), ""),
    ],
)
def test_why_no_detail_is_known_is_said(made: record.Run, detail: str) -> None:
    assert made.detail == detail


def test_the_error_of_the_run_stands_for_a_job_that_never_was() -> None:
    answer = run_answer("Failed", error=f"Job {JOB}: the job could not be started (answer 403)")
    made = record.run(APP, answer, None, None, NOW)

    assert made.detail.endswith("the job could not be started (answer 403)")
    assert not made.foreign
    assert (made.outcome, made.user_name, made.package_name) == ("", "", "")


def test_a_connection_test_is_foreign_until_its_job_could_be_gone() -> None:
    new, old = run("Succeeded", "", ""), record.run(
        APP, run_answer("Succeeded"), None, None, NOW + timedelta(days=31)
    )  # fmt: skip

    assert new.foreign
    assert not old.foreign
    assert old.detail == "the job is gone: Automation keeps jobs for 30 days"


@pytest.mark.parametrize(
    ("status", "outcome", "well"), [("Completed", "done", True), ("Failed", "done", False), ("Completed", "", False)]
)
def test_a_job_is_well_when_both_say_so(status: str, outcome: str, *, well: bool) -> None:
    found = record.job(JOB, job_answer(status), printed(outcome) if outcome else None)

    assert found.well is well
    assert found.envelope is None


def test_a_run_that_never_began_has_no_age() -> None:
    without = record.run(APP, run_answer("Failed", startTime=""), None, request_answer(), NOW)
    assert without.age == timedelta()
