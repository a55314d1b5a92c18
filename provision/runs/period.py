"""A time to look back, as it is typed: `90s`, `30m`, `24h`, `7d`. Pure."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
LONGEST_DAYS: Final = 90
"""Logic Apps keeps its runs so long."""


def parse(text: str) -> timedelta:
    """The period.

    Raises:
        ValueError: it is none, or longer than anything is kept.
    """
    parts = re.fullmatch(r"([0-9]{1,6})([smhd])", text.strip().lower())
    if not parts or not int(parts[1]):
        raise ValueError(f"{text!r} is no period; write 30m, 24h or 7d")
    found = timedelta(**{_UNITS[parts[2]]: int(parts[1])})
    if found > timedelta(days=LONGEST_DAYS):
        raise ValueError(f"{text} is too long: Logic Apps keeps its runs for {LONGEST_DAYS} days")
    return found
