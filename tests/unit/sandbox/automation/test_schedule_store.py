from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from provision.sandbox.automation.runbook_store import Runbook, RunbookStore
from provision.sandbox.automation.schedule_store import Schedule, ScheduleStore, Tie

BERLIN = "Europe/Berlin"
NOON = datetime(2026, 3, 27, 12, 0, tzinfo=UTC)


def schedule(frequency: str = "Day", interval: int | None = 1, zone: str = BERLIN, **more: object) -> Schedule:
    start = datetime(2026, 3, 28, 2, 0, tzinfo=ZoneInfo(zone))
    made = Schedule("nightly", "", frequency, interval, start, None, zone, NOON, NOON)
    for name, value in more.items():
        setattr(made, name, value)
    made.advance(NOON)
    return made


def nights(made: Schedule, count: int) -> list[str]:
    found = []
    for _ in range(count):
        assert made.following is not None
        found.append(made.following.astimezone(ZoneInfo(made.zone)).isoformat())
        made.advance(made.following)
    return found


def test_a_day_goes_by_the_clock_of_the_zone() -> None:
    assert nights(schedule(zone="America/New_York"), 2) == ["2026-03-28T02:00:00-04:00", "2026-03-29T02:00:00-04:00"]
    assert nights(schedule(), 3) == [
        "2026-03-28T02:00:00+01:00",
        "2026-03-29T03:00:00+02:00",  # the clock was put forward: there is no 02:00
        "2026-03-30T02:00:00+02:00",
    ]


@pytest.mark.parametrize(
    ("frequency", "interval", "second"),
    [("Day", 2, "2026-03-30T02:00:00"), ("Week", 1, "2026-04-04T02:00:00"), ("Hour", 6, "2026-03-28T08:00:00")],
)
def test_every_frequency_goes_its_step(frequency: str, interval: int, second: str) -> None:
    assert nights(schedule(frequency, interval), 2)[1].startswith(second)


def test_one_time_ends_after_it_and_an_expiry_ends_the_others() -> None:
    once = schedule("OneTime", None)
    once.advance(once.start)
    assert once.following is None
    short = schedule(expiry=datetime(2026, 3, 29, 12, 0, tzinfo=UTC))
    assert len(nights(short, 2)) == 2
    assert short.following is None
    assert schedule(enabled=False).following is None


def test_what_is_due_is_told_once_and_what_was_missed_is_not_made_up_for() -> None:
    store = ScheduleStore(RunbookStore())
    made = schedule()
    store.add(made)

    assert store.due(NOON) == []
    assert store.due(NOON + timedelta(days=5)) == [made]
    assert store.due(NOON + timedelta(days=5)) == []
    assert made.following is not None
    assert made.following > NOON + timedelta(days=5)


def test_a_tie_ends_with_its_schedule_and_with_its_runbook_even_if_they_are_made_again() -> None:
    runbooks = RunbookStore()
    store = ScheduleStore(runbooks)

    def tied() -> list[str]:
        return [tie.identifier for tie in store.ties()]

    def tie() -> None:
        runbook, made = runbooks.find("sync"), store.find("nightly")
        assert runbook
        assert made
        store.add_tie(Tie("one", made, runbook, "group", {}))

    runbooks.add(Runbook("sync", "Python", "", "x", NOON, NOON))
    store.add(schedule())
    tie()
    assert tied() == ["one"]
    store.remove("Nightly")
    store.add(schedule())
    assert tied() == []
    tie()
    runbooks.remove("sync")
    runbooks.add(Runbook("sync", "Python", "", "x", NOON, NOON))
    assert tied() == []
