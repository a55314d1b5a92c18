"""This machine's clock against Resource Manager's. Tokens and deadlines depend on it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from provision.doctor.check import Check, unknown
from provision.doctor.facts import DATE, Facts

AREA: Final = "clock"
SUBJECT: Final = "this machine"
LATE: Final = timedelta(seconds=60)
WRONG: Final = timedelta(seconds=300)
FIX: Final = (
    "Let the machine keep its time: `sudo timedatectl set-ntp true` (Linux), `w32tm /resync` (Windows). Tokens are "
    "refused and deadlines missed when clocks differ."
)


def checks(facts: Facts) -> Iterator[Check]:
    """How far this machine's clock is from the service's."""
    if facts.skew is None:
        yield unknown(AREA, SUBJECT, facts.blocked(DATE) or "Resource Manager did not tell its time.")
        return
    seconds = round(facts.skew.total_seconds())
    if abs(facts.skew) < LATE:
        yield Check(AREA, SUBJECT, "ok", f"is within {LATE.seconds} s of Resource Manager's clock")
        return
    direction = "ahead of" if seconds > 0 else "behind"
    said = f"is {abs(seconds)} s {direction} Resource Manager's clock"
    yield Check(AREA, SUBJECT, "fail" if abs(facts.skew) >= WRONG else "warn", said, FIX)
