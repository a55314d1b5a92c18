"""Until when the job may act. Whoever started it stops waiting at that time and reports what it then knows.

Reads the clock; nothing else.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Protocol

from runbook.outcome import DeadlinePassed

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)")
_RESERVE_SECONDS = 10.0  # so that the Logic App's last look still finds the result


class Clock(Protocol):
    """The time; `monotonic` and `sleep` are in seconds."""

    def now(self) -> datetime:
        """The time of day, with its zone."""
        ...

    def monotonic(self) -> float:
        """A time that never jumps."""
        ...

    def sleep(self, seconds: float) -> None:
        """Waits."""
        ...


def parse_instant(text: str) -> datetime:
    """An ISO time with its zone, as Logic Apps writes it (seven digits of fraction, `Z`).

    Raises:
        ValueError: it is no such time.
    """
    parts = _INSTANT.fullmatch(text)
    if not parts:
        raise ValueError(f"'{text}' is not a time like 2026-01-31T12:00:00Z")
    zone = "+00:00" if parts[2] == "Z" else parts[2]
    return datetime.fromisoformat(parts[1] + zone).astimezone(timezone.utc)


class Deadline:
    """Counts down to a time of day, on a clock that does not jump."""

    def __init__(self, ends: datetime, clock: Clock) -> None:
        self._clock = clock
        self._ends = clock.monotonic() + (ends - clock.now()).total_seconds() - _RESERVE_SECONDS

    def remaining(self) -> float:
        """Seconds left; negative when it has passed."""
        return self._ends - self._clock.monotonic()

    def limit(self, seconds: float, doing: str) -> float:
        """`seconds`, or what is left of the time if that is less.

        Raises:
            DeadlinePassed: nothing is left; the message names what was not done any more.
        """
        remaining = self.remaining()
        if remaining <= 0:
            raise DeadlinePassed(f"the job's deadline passed before {doing}")
        return min(seconds, remaining)

    def sleep(self, seconds: float, doing: str) -> None:
        """Waits `seconds`.

        Raises:
            DeadlinePassed: waiting so long would pass the deadline.
        """
        if self.limit(seconds, doing) < seconds:
            raise DeadlinePassed(f"the job's deadline is too near to wait {seconds:.0f} s for {doing}")
        self._clock.sleep(seconds)
