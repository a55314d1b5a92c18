"""Following what runs: every run once, when it has ended."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provision.commands.runs import Follower, follow
from provision.runs import history as runs
from provision.terminal import Terminal
from tests.ran import APP, ENVIRONMENT, Answers, callout, job_answer, job_id, printed, run_answer

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def _answers(*answers: dict[str, Any]) -> Answers:
    azure = Answers({job_id(): job_answer("Failed", callout(request=""))})
    azure.answers[f"{job_id()}/output"] = {"text": printed("refused")}
    azure.answers[f"{APP.id}/runs"] = list(answers)
    return azure


def _at(name: str, status: str, minute: int, **more: Any) -> dict[str, Any]:
    return run_answer(status, name=name, startTime=f"2026-01-01T11:{minute:02d}:00Z", **more)


def _follower(azure: Answers, *, failed: bool = False) -> Follower:
    return Follower(azure, ENVIRONMENT, (APP,), runs.listed(azure, (APP,), BEGAN), failed=failed)


def test_each_run_is_told_once_when_it_has_ended() -> None:
    azure = _answers(_at("old", "Succeeded", 1), _at("slow", "Running", 2))
    follower = _follower(azure)

    first = follower.ended()
    azure.answers[f"{APP.id}/runs"] = [_at("slow", "Failed", 2), _at("new", "Succeeded", 3), _at("open", "Running", 4)]
    second, third = follower.ended(), follower.ended()
    azure.answers[f"{APP.id}/runs"] = [_at("open", "Cancelled", 4)]
    fourth = follower.ended()

    assert first == []
    assert [run.id for run in second] == ["slow", "new"]
    assert third == []
    assert [run.id for run in fourth] == ["open"]


def test_only_what_failed_is_told_when_asked_for() -> None:
    azure = _answers()
    follower = _follower(azure, failed=True)
    azure.answers[f"{APP.id}/runs"] = [_at("good", "Succeeded", 3), _at("bad", "Failed", 4)]
    for answer in azure.answers[f"{APP.id}/runs"]:
        answer["properties"]["startTime"] = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()

    assert [run.id for run in follower.ended()] == ["bad"]


@pytest.mark.parametrize(("form", "first"), [("text", "2026-01-01 11:02:00"), ("json", '{"run": "slow"')])
def test_following_goes_on_until_somebody_stops_it(form: str, first: str) -> None:
    azure, out = _answers(_at("slow", "Running", 2)), io.StringIO()
    follower = _follower(azure)

    def pause(_: float) -> None:
        if out.getvalue():
            raise KeyboardInterrupt
        azure.answers[f"{APP.id}/runs"] = [_at("slow", "Failed", 2)]

    with pytest.raises(KeyboardInterrupt):
        follow(follower, form, Terminal(out, io.StringIO()), pause)

    assert out.getvalue().startswith(first)
    assert out.getvalue().count("\n") == 1
