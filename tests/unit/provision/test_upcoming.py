from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from provision.errors import ProvisionError
from provision.resource import Upcoming
from provision.upcoming import LEAD, dated, start

BERLIN = "Europe/Berlin"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-01-10T00:00", "2026-01-10T02:30:00+01:00"),
        ("2026-01-10T01:14", "2026-01-10T02:30:00+01:00"),
        ("2026-01-10T01:16", "2026-01-11T02:30:00+01:00"),
        ("2026-01-10T23:30", "2026-01-11T02:30:00+01:00"),
        ("2026-07-10T12:00", "2026-07-11T02:30:00+02:00"),
        ("2026-03-28T12:00", "2026-03-30T02:30:00+02:00"),  # on the 29th there is no 02:30
        ("2026-10-24T12:00", "2026-10-25T02:30:00+02:00"),  # on the 25th there are two: the first
    ],
)
def test_the_next_time_is_far_enough_ahead_and_exists(now: str, expected: str) -> None:
    assert start(Upcoming("02:30", BERLIN), moment(now)).isoformat() == expected


def test_every_minute_of_two_years_leads_to_the_time_that_was_asked_for() -> None:
    now = moment("2026-01-01T00:00")
    while now.year < 2028:
        found = start(Upcoming("02:30", BERLIN), now).astimezone(UTC)
        assert now + LEAD <= found <= now + LEAD + timedelta(days=2)
        assert found.astimezone(ZoneInfo(BERLIN)).strftime("%H:%M") == "02:30"
        now += timedelta(minutes=47)


def test_only_what_is_upcoming_gets_a_date() -> None:
    body = {"name": "x", "properties": {"startTime": Upcoming("02:30", "UTC"), "kept": [1, None]}}

    assert dated(body, moment("2026-01-10T12:00")) == {
        "name": "x",
        "properties": {"startTime": "2026-01-11T02:30:00+00:00", "kept": [1, None]},
    }


def test_a_zone_that_the_machine_does_not_know_is_an_error() -> None:
    with pytest.raises(ProvisionError, match=r"knows no time zone Mars/Olympus. Install the system's tzdata"):
        start(Upcoming("02:30", "Mars/Olympus"), moment("2026-01-10T12:00"))
