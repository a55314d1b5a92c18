"""Puts a date in the place of an Upcoming, at the moment of sending. Pure, but for the zones' own list.

Azure Automation takes no start that is less than five minutes ahead, and a day without that time (the clock was put
forward) is no day to begin with: every later night would be read as another time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from provision.errors import ProvisionError
from provision.resource import Upcoming

LEAD: Final = timedelta(minutes=15)
"""How far ahead a start must be: more than the service asks for, because clocks differ."""
_DAY: Final = timedelta(days=1)


def dated(value: Any, now: datetime) -> Any:
    """`value` with every Upcoming replaced by its time, in ISO 8601 with the zone's offset; `now` has a zone."""
    if isinstance(value, Upcoming):
        return start(value, now).isoformat()
    if isinstance(value, Mapping):
        return {key: dated(item, now) for key, item in value.items()}
    return value


def start(upcoming: Upcoming, now: datetime) -> datetime:
    """The first such time that is at least LEAD after `now`.

    Raises:
        ProvisionError: this machine does not know the zone.
    """
    zone = zone_of(upcoming.zone)
    if zone is None:
        raise ProvisionError(
            f"This machine knows no time zone {upcoming.zone}. Install the system's tzdata, or `pip install tzdata`, "
            "and run it again."
        )
    found = datetime.combine(now.astimezone(zone).date(), time.fromisoformat(upcoming.time), zone)
    while found.astimezone(UTC) < now + LEAD or found.astimezone(UTC).astimezone(zone).time() != found.time():
        found += _DAY
    return found


def zone_of(name: str) -> ZoneInfo | None:
    """The zone of this name in the IANA list; None when this machine has none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
