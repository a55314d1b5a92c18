"""Functions of time; the default format is .NET's round trip form with seven decimals.

Pure: the time comes from the scope.
"""

from __future__ import annotations

from typing import Any

from provision.sandbox.logic_app.function import Function, Later, eager, integer, string
from provision.sandbox.logic_app.moment import Moment
from provision.sandbox.logic_app.scope import Scope
from provision.sandbox.logic_app.tree import ExpressionError

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_MONTHS = {"month": 1, "year": 12}


def _utc_now(scope: Scope, arguments: tuple[Later, ...]) -> str:
    pattern = string("utcNow", "first", arguments[0]()) if arguments else "o"
    return Moment.at(scope.now()).text(pattern)


def _read(name: str, value: Any) -> Moment:
    return Moment.read(name, string(name, "first", value))


def _format(value: Any, pattern: Any = "o") -> str:
    return _read("formatDateTime", value).text(string("formatDateTime", "second", pattern))


def _adding(name: str, seconds: int) -> Function:
    def added(value: Any, count: Any, pattern: Any = "o") -> str:
        later = _read(name, value).plus(seconds * integer(name, "second", count))
        return later.text(string(name, "third", pattern))

    return eager(name, 2, 3, added)


def _moving(name: str, direction: int) -> Function:
    def moved(value: Any, count: Any, unit: Any, pattern: Any = "o") -> str:
        moment = _read(name, value)
        size = direction * integer(name, "second", count)
        chosen = string(name, "third", unit).lower()
        if chosen in _SECONDS:
            moment = moment.plus(size * _SECONDS[chosen])
        elif chosen in _MONTHS:
            moment = moment.plus_months(size * _MONTHS[chosen])
        else:
            raise ExpressionError(
                f"The template language function '{name}' expects a valid time unit. The provided value '{unit}' is "
                "not supported."
            )
        return moment.text(string(name, "fourth", pattern))

    return eager(name, 3, 4, moved)


DATE = (
    Function("utcNow", 0, 1, _utc_now),
    eager("formatDateTime", 1, 2, _format),
    _adding("addSeconds", 1),
    _adding("addMinutes", 60),
    _adding("addHours", 3600),
    _adding("addDays", 86400),
    _moving("addToTime", 1),
    _moving("subtractFromTime", -1),
    eager("ticks", 1, 1, lambda value: _read("ticks", value).ticks),
)
