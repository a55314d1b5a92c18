"""What the sections of everything that Entra calls have in common: how long it waits, how the job is watched. Pure.

Three relations hold, so that the Logic App always answers before Entra gives up, and time decides and not a count:
poll_deadline < launch_and_wait_minutes, poll_count x poll_interval >= poll_deadline, and Entra's limits of the wait.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import Field, PlainValidator, ValidationInfo, WithJsonSchema, field_validator

from provision.environment import duration
from provision.environment.section import Section

LONGEST_COUNT: Final = 5000
"""Looks that a Logic App's loop allows."""
SHORTEST_WAIT: Final = 5
"""Minutes that Entra waits at least."""


def _duration(value: Any) -> timedelta:
    if not isinstance(value, str):
        raise ValueError("must be a duration; write days, hours, minutes, seconds as in PT12M, PT1H30M or P2D")  # noqa: TRY004 - as pydantic asks
    return duration.parse(value)


Duration = Annotated[
    timedelta, PlainValidator(_duration), WithJsonSchema({"type": "string", "pattern": duration.PATTERN})
]


def _deadline(data: dict[str, Any]) -> timedelta:
    wait = timedelta(minutes=data["launch_and_wait_minutes"])
    return wait - max(min(wait / 10, timedelta(hours=1)), timedelta(minutes=2))


def _interval(data: dict[str, Any]) -> timedelta:
    return max(timedelta(seconds=15), timedelta(seconds=-(-data["poll_deadline"] // timedelta(seconds=LONGEST_COUNT))))


def _count(data: dict[str, Any]) -> int:
    return _looks(data["poll_deadline"], data["poll_interval"])


def _looks(deadline: timedelta, interval: timedelta) -> int:
    """How many looks cover the deadline."""
    return -(-deadline // interval)


class Waiting(Section):
    """How long Entra waits for the answer, and how the Logic App watches the job; each section has its own limits."""

    launch_and_wait_minutes: int
    """How long Entra waits for the answer."""
    poll_deadline: Duration = Field(default_factory=_deadline, examples=["PT12M"])
    """When the Logic App stops waiting for the job. Default: the wait less a tenth (2 minutes to 1 hour)."""
    poll_interval: Duration = Field(default_factory=_interval, examples=["PT15S"])
    """How often it looks at the job. Default: PT15S, more when 5000 looks would not cover the deadline."""
    poll_count: Annotated[int, Field(strict=True, ge=1, le=LONGEST_COUNT)] = Field(
        default_factory=_count, examples=[60]
    )
    """How often it looks at most. Default: as often as the deadline needs."""

    @field_validator("poll_deadline")
    @classmethod
    def _ends_in_time(cls, deadline: timedelta, info: ValidationInfo) -> timedelta:
        minutes = info.data.get("launch_and_wait_minutes")
        if deadline < timedelta(seconds=1):
            raise ValueError("is no time at all; write PT12M")
        if minutes is not None and deadline >= timedelta(minutes=minutes):
            latest = duration.iso(_deadline({"launch_and_wait_minutes": minutes}))
            raise ValueError(
                f"{duration.iso(deadline)} is not shorter than launch_and_wait_minutes ({minutes} minutes), "
                f"so Entra would give up before the answer; write {latest} or less, or wait longer"
            )
        return deadline

    @field_validator("poll_interval")
    @classmethod
    def _covers_with_few_looks(cls, interval: timedelta, info: ValidationInfo) -> timedelta:
        deadline = info.data.get("poll_deadline")
        if interval < timedelta(seconds=1):
            raise ValueError("must be at least one second; write PT15S")
        if deadline is not None and _looks(deadline, interval) > LONGEST_COUNT:
            shortest = duration.iso(_interval({"poll_deadline": deadline}))
            raise ValueError(
                f"{duration.iso(interval)} would need {_looks(deadline, interval)} looks until the deadline, and a "
                f"Logic App allows {LONGEST_COUNT}; write {shortest} or more"
            )
        return interval

    @field_validator("poll_count")
    @classmethod
    def _covers_the_deadline(cls, count: int, info: ValidationInfo) -> int:
        deadline, interval = info.data.get("poll_deadline"), info.data.get("poll_interval")
        if deadline is not None and interval is not None and count * interval < deadline:
            raise ValueError(
                f"{count} looks every {duration.iso(interval)} end before the deadline of {duration.iso(deadline)}; "
                f"write {_looks(deadline, interval)} or more, or leave poll_count out"
            )
        return count
