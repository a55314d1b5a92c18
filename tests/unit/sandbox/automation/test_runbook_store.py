from __future__ import annotations

import time
from datetime import UTC, datetime

from provision.sandbox.automation.runbook_store import Runbook, RunbookStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def runbook(name: str = "One") -> Runbook:
    return Runbook(name, "Python", "", "westeurope", NOW, NOW)


def test_the_state_follows_the_contents() -> None:
    item = runbook()
    states = [item.state]
    item.draft = "a"
    states.append(item.state)
    item.draft, item.published = None, "a"
    states.append(item.state)
    item.draft = "b"
    states.append(item.state)
    assert states == ["New", "New", "Published", "Edit"]


def test_an_operation_takes_its_time_and_then_shows() -> None:
    store, item, done = RunbookStore(), runbook(), []
    store.add(item)
    operation = store.begin("one", 0.05, lambda: done.append(1))
    assert (store.ended(operation), store.busy("ONE"), done) == (False, True, [])
    time.sleep(0.06)
    assert store.find("one") is item
    assert (store.ended(operation), store.busy("one"), done) == (True, False, [1])


def test_removing_a_runbook_ends_what_was_under_way() -> None:
    store, done = RunbookStore(), []
    store.add(runbook())
    operation = store.begin("one", 0, lambda: done.append(1))
    assert store.remove("ONE")
    assert (store.ended(operation), store.all(), done) == (True, [], [])
    assert not store.remove("one")


def test_an_unknown_operation_is_neither_ended_nor_not() -> None:
    assert RunbookStore().ended("x") is None
