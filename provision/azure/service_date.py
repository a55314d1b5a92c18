"""What time it is at a service, by the `Date` header of its answer. Pure. Source: RFC 9110, HTTP-date."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from provision.errors import ProvisionError


def parsed(header: str | None) -> datetime:
    """The moment, in UTC and whole seconds.

    Raises:
        ProvisionError: there is no such header, or no date in it.
    """
    try:
        return parsedate_to_datetime(header or "").astimezone(UTC)
    except (ValueError, OverflowError):
        words = f"'{header}'" if header else "nothing"
        raise ProvisionError(
            f"Resource Manager said {words} about its time. Look at the clock of this machine by hand."
        ) from None
