from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from runbook.deadline import Deadline, parse_instant
from runbook.outcome import DeadlinePassed
from tests.unit.runbook.standins import NOON, StandingClock, deadline_in


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T12:00:00Z", NOON),
        ("2026-11-23T12:00:00.1234567Z", NOON),
        ("2026-11-23T13:00:00+01:00", NOON),
    ],
)
def test_the_times_that_logic_apps_writes_are_read(text: str, expected: datetime) -> None:
    assert parse_instant(text) == expected
    assert parse_instant(text).tzinfo == UTC


@pytest.mark.parametrize("text", ["", "2026-11-23", "2026-11-23T12:00:00", "2026-13-23T12:00:00Z", "PT5M"])
def test_a_time_without_zone_or_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"time|month"):
        parse_instant(text)


def test_ten_seconds_are_kept_for_the_logic_app_to_look() -> None:
    assert Deadline(NOON + timedelta(seconds=70), StandingClock()).remaining() == pytest.approx(60)


def test_a_limit_is_what_is_left_and_nothing_left_is_an_error() -> None:
    clock = StandingClock()
    deadline = deadline_in(20, clock)

    assert deadline.limit(30, "x") == pytest.approx(20)
    assert deadline.limit(5, "x") == 5
    clock.seconds += 20
    with pytest.raises(DeadlinePassed, match="before reading"):
        deadline.limit(5, "reading")


def test_no_wait_goes_past_the_deadline() -> None:
    clock = StandingClock()
    deadline = deadline_in(20, clock)

    deadline.sleep(15, "x")
    with pytest.raises(DeadlinePassed, match="too near"):
        deadline.sleep(15, "x")

    assert clock.slept == [15]
