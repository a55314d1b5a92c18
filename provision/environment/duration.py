"""Durations as Azure writes them: the part of ISO 8601 that has a fixed length. Pure."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

_ISO: Final = re.compile(r"P(?:([0-9]{1,5})D)?(?:T(?=[0-9])(?:([0-9]{1,7})H)?(?:([0-9]{1,7})M)?(?:([0-9]{1,9})S)?)?")

PATTERN: Final = r"^P(?=[0-9]|T[0-9])([0-9]{1,5}D)?(T(?=[0-9])([0-9]{1,7}H)?([0-9]{1,7}M)?([0-9]{1,9}S)?)?$"
"""The same for a JSON Schema."""


def parse(text: str) -> timedelta:
    """The duration in `text`, such as PT15M, PT1H30M or P1DT12H.

    Raises:
        ValueError: anything else; years, months and weeks have no place in a callout.
    """
    found = _ISO.fullmatch(text)
    if not found or not any(found.groups()):
        raise ValueError(f"'{text}' is not a duration; write days, hours, minutes, seconds as in PT12M, PT1H30M or P2D")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def iso(duration: timedelta) -> str:
    """The shortest ISO 8601 text of a duration in whole seconds: PT15M, not PT900S."""
    seconds = int(duration.total_seconds())
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if count)
    return f"PT{parts or '0S'}"
