"""Sections `sweep` and `audit`: when everybody is looked at, and where changes are written down. Pure."""

from __future__ import annotations

import difflib
from datetime import timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, field_validator

from provision.environment import duration
from provision.environment.section import Section, Shape, WorkerFile
from provision.environment.waiting import Duration

SHORTEST: Final = timedelta(minutes=5)
LONGEST: Final = timedelta(hours=24)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        known = available_timezones()
        if known:  # a machine without the list cannot judge
            close = difflib.get_close_matches(name, known, n=1)
            guess = f"did you mean {close[0]}?" if close else "write one like Europe/Berlin or UTC"
            raise ValueError(f"'{name}' is no time zone of the IANA list; {guess}") from error
    return name


TimeZone = Annotated[
    str,
    Shape("[A-Za-z][A-Za-z0-9_+/-]{0,63}", "write a time zone of the IANA list, like Europe/Berlin or UTC"),
    AfterValidator(_zone),
]
ClockTime = Annotated[str, Shape("(?:[01][0-9]|2[0-3]):[0-5][0-9]", "write hours and minutes as in 02:30 or 22:00")]


class Sweep(Section):
    """The look at everybody at once, which puts right what no callout did. Every key has a default."""

    schedule: ClockTime | None = Field(None, examples=["02:30"])
    """When it runs by itself, every day. Without it, only `lockstep reconcile --all` starts one."""
    time_zone: TimeZone = Field("UTC", examples=["Europe/Berlin"])
    """Time zone of `schedule`, as the IANA list names it."""
    apply: Annotated[bool, Field(strict=True)] = Field(default=False, examples=[True])
    """Whether the scheduled one writes, within the budgets of `safety`. Otherwise it only reports."""
    adds_over_budget: Annotated[bool, Field(strict=True)] = Field(default=False, examples=[True])
    """Whether the scheduled one still adds members when removals are over budget; removals are not made then."""
    time_limit: Duration = Field(timedelta(hours=2), examples=["PT2H"])
    """After this time it begins nothing new: 5 minutes to 24 hours."""

    @property
    def picks_up(self) -> bool:
        """Whether a sweep comes by itself, and writes: then what is missing now is made later."""
        return self.schedule is not None and self.apply

    @field_validator("time_limit")
    @classmethod
    def _is_bounded(cls, limit: timedelta) -> timedelta:
        if not SHORTEST <= limit <= LONGEST:
            raise ValueError(f"{duration.iso(limit)} is not allowed; write PT5M to PT24H")
        return limit


class Audit(Section):
    """Where the runbook writes each change down, besides the output of its job."""

    file: WorkerFile | None = Field(None, examples=["/var/log/lockstep/audit.jsonl"])
    """File on the worker; each line holds the digest of the one before. Without it, only jobs keep their changes."""
