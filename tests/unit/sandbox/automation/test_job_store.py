from __future__ import annotations

from datetime import UTC, datetime

import pytest

from provision.sandbox.automation.job_store import STREAM_LIMIT, TRUNCATED, Job, JobStore
from provision.sandbox.clock import Clock

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def job(name: str = "a", run_on: str = "workers") -> Job:
    return Job(name, "lockstep", run_on, {}, "me", NOW, NOW)


def test_an_id_is_taken_once() -> None:
    store, first = JobStore(Clock()), job("A")
    assert store.add(first) is None
    assert store.add(job("a")) is first
    assert store.find("a") is first


def test_waiting_jobs_are_those_of_the_group_oldest_first() -> None:
    store = JobStore(Clock())
    for item in (job("picked"), job("early"), job("other", "elsewhere"), job("late")):
        store.add(item)
    picked = store.find("picked")
    assert picked is not None
    store.move(picked, "Activating", "New")
    assert [item.name for item in store.waiting("WORKERS")] == ["early", "late"]
    assert [item.name for item in store.all()] == ["late", "other", "early", "picked"]


@pytest.mark.parametrize(
    ("steps", "moved"),
    [
        (["Activating", "Running", "Completed"], [True, True, True]),
        (["Stopped", "Running"], [True, False]),
        (["Failed", "Completed"], [True, False]),
        (["Stopping", "Stopped", "Stopping"], [True, True, False]),
    ],
)
def test_an_ended_job_moves_no_more(steps: list[str], moved: list[bool]) -> None:
    store, item = JobStore(Clock()), job()
    assert [store.move(item, step) for step in steps] == moved


def test_a_move_can_demand_where_it_comes_from() -> None:
    store, item = JobStore(Clock()), job()
    assert not store.move(item, "Running", "Activating")
    assert store.move(item, "Activating", "New")
    assert store.move(item, "Running", "Activating")
    assert item.started is not None
    assert item.ended is None


def test_output_is_the_output_stream_only() -> None:
    store, item = JobStore(Clock()), job()
    for stream, text in (("Output", "one"), ("Error", "bad"), ("Output", "two")):
        store.write(item, stream, text)
    assert item.output() == "one\ntwo"


def test_streams_end_at_one_mebibyte_and_say_so() -> None:
    store, item = JobStore(Clock()), job()
    for _ in range(40):
        store.write(item, "Output", "x" * 30_000)
    assert len(item.output()) < STREAM_LIMIT
    assert [record.text for record in item.records if record.stream == "Warning"] == [TRUNCATED]
    assert item.records[-1].text == TRUNCATED
