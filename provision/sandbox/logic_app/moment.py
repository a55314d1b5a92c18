"""A point in time with .NET's precision of 100 ns, read from ISO 8601 and written in .NET's formats.

Pure. What has an offset becomes UTC; what has none stays without (`zone` is empty then).
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from provision.sandbox.logic_app.tree import ExpressionError

TICKS_PER_SECOND = 10_000_000

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,7})\d*)?)?)?(Z|z|[+-]\d\d:?\d\d)?")
_STANDARD = {
    "": "MM/dd/yyyy HH:mm:ss",
    "o": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "s": "yyyy-MM-ddTHH:mm:ss",
    "u": "yyyy-MM-dd HH:mm:ss'Z'",
    "r": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
}
_PART = re.compile(
    r"(?P<quoted>'[^']*'|\"[^\"]*\")|(?P<escaped>\\.)"
    r"|(?P<token>yyyy|yy|MMMM|MMM|MM|M|dddd|ddd|dd|d|HH|H|hh|h|mm|m|ss|s|f{1,7}|F{1,7}|tt|t|K)|(?P<plain>.)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """`ticks` are 100 ns since the year 1; `zone` is `Z`, `+00:00` (it had an offset) or empty."""

    ticks: int
    zone: str

    @classmethod
    def read(cls, function: str, text: str) -> Moment:
        """The moment an ISO 8601 text names.

        Raises:
            ExpressionError: naming `function`, in which it was used.
        """
        match = _ISO.fullmatch(text.strip())
        try:
            if match is not None:
                return cls._from(match)
        except ValueError:
            pass  # a month 13 or an hour 25 is answered like any other text that is no date
        raise ExpressionError(
            f"In function '{function}', the value provided for date time string '{text}' was not valid. The datetime "
            "string must match ISO 8601 format."
        )

    @classmethod
    def _from(cls, match: re.Match[str]) -> Moment:
        year, month, day, hour, minute, second, fraction, zone = match.groups()
        whole = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
        )
        if zone and zone not in "Zz":
            digits = zone[1:].replace(":", "")
            offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
            whole = whole + offset if zone[0] == "-" else whole - offset
            return replace(cls.at(whole, int((fraction or "").ljust(7, "0"))), zone="+00:00")
        return replace(cls.at(whole, int((fraction or "").ljust(7, "0"))), zone="Z" if zone else "")

    @classmethod
    def at(cls, when: datetime, fraction: int | None = None) -> Moment:
        """A UTC time; `fraction` in ticks replaces its microseconds."""
        since = when - datetime(1, 1, 1, tzinfo=UTC)
        part = when.microsecond * 10 if fraction is None else fraction
        return cls((since.days * 86400 + since.seconds) * TICKS_PER_SECOND + part, "Z")

    def plus(self, seconds: int) -> Moment:
        """So many seconds later."""
        return replace(self, ticks=self.ticks + seconds * TICKS_PER_SECOND)

    def plus_months(self, months: int) -> Moment:
        """So many months later, on the last day of a month that is too short."""
        when = self._whole()
        year, month = divmod(when.year * 12 + when.month - 1 + months, 12)
        day = min(when.day, calendar.monthrange(year, month + 1)[1])
        moved = when.replace(year=year, month=month + 1, day=day)
        return replace(Moment.at(moved, self.ticks % TICKS_PER_SECOND), zone=self.zone)

    def text(self, pattern: str) -> str:
        """Written in a .NET format, standard or custom.

        Raises:
            ExpressionError: a standard format that the sandbox does not know.
        """
        if len(pattern) < 2:
            if pattern.lower() not in _STANDARD:
                raise ExpressionError(f"The date format '{pattern}' is not emulated by the sandbox.")
            pattern = _STANDARD[pattern.lower()]
        return "".join(self._part(match) for match in _PART.finditer(pattern))

    def _whole(self) -> datetime:
        return datetime(1, 1, 1, tzinfo=UTC) + timedelta(seconds=self.ticks // TICKS_PER_SECOND)

    def _part(self, match: re.Match[str]) -> str:
        written = match.group()
        if match.lastgroup == "quoted":
            return written[1:-1]
        if match.lastgroup == "escaped":
            return written[1:]
        return self._token(written) if match.lastgroup == "token" else written

    def _token(self, token: str) -> str:
        when = self._whole()
        fraction = f"{self.ticks % TICKS_PER_SECOND:07d}"
        letter, size = token[0], len(token)
        if letter == "f":
            return fraction[:size]
        if letter == "F":
            return fraction[:size].rstrip("0")
        if letter == "K":
            return self.zone
        if letter == "t":
            return ("AM" if when.hour < 12 else "PM")[:size]
        if token in {"MMM", "MMMM", "ddd", "dddd"}:
            return when.strftime({"MMM": "%b", "MMMM": "%B", "ddd": "%a", "dddd": "%A"}[token])
        number = {
            "y": when.year if size == 4 else when.year % 100,
            "M": when.month,
            "d": when.day,
            "H": when.hour,
            "h": when.hour % 12 or 12,
            "m": when.minute,
            "s": when.second,
        }[letter]
        return f"{number:0{size}d}"
