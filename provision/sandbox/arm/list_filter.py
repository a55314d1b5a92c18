"""`$filter` of lists in Resource Manager: comparisons of texts and times, joined by `and`.

Each list names what it can filter on; anything else is refused, as silence would answer too much.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Fields = Mapping[str, str]
"""The path as clients write it, to `text` or `time`: `{"properties/status": "text"}`."""

_TERM = re.compile(r"(?P<path>[\w/]+)\s+(?P<operator>\w+)\s+(?P<literal>'(?:[^']|'')*'|[^\s']+)", re.ASCII)
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ge": operator.ge,
    "gt": operator.gt,
    "le": operator.le,
    "lt": operator.lt,
}


class FilterError(ValueError):
    """A filter that is malformed, or that the list does not take."""


@dataclass(frozen=True, slots=True)
class Term:
    """`path` beside a text (in lower case) or a moment."""

    path: str
    operator: str
    wanted: str | datetime

    def holds(self, found: str | None) -> bool:
        """Whether a value passes; one that is missing does not."""
        if found is None:
            return False
        have = moment(found) if isinstance(self.wanted, datetime) else found.lower()
        return _COMPARE[self.operator](have, self.wanted)


def terms_of(text: str, fields: Fields) -> Sequence[Term]:
    """The comparisons of a `$filter`, with the paths as `fields` spells them; no text means none.

    Raises:
        FilterError: what is wrong with it.
    """
    return list(_terms(text.strip(), {name.lower(): name for name in fields}, fields)) if text.strip() else []


def moment(text: str) -> datetime:
    """A time stamp with its offset from UTC.

    Raises:
        ValueError: it is none, or has no offset.
    """
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"'{text}' has no offset from UTC")
    return found


def _terms(text: str, names: Mapping[str, str], fields: Fields) -> Iterator[Term]:
    position = 0
    while True:
        match = _TERM.match(text, position)
        if match is None:
            raise FilterError(f"The filter '{text}' cannot be read at '{text[position:]}'.")
        yield _term(match, names, fields)
        rest = text[match.end() :]
        if not rest:
            return
        joint = re.match(r"\s+and\s+", rest, re.IGNORECASE)
        if joint is None:
            raise FilterError(f"The filter '{text}' joins comparisons with something else than 'and'.")
        position = match.end() + joint.end()


def _term(match: re.Match[str], names: Mapping[str, str], fields: Fields) -> Term:
    path = names.get(match["path"].lower())
    if path is None:
        raise FilterError(f"The list cannot be filtered by '{match['path']}', only by {', '.join(names.values())}.")
    literal = match["literal"]
    text = literal[1:-1].replace("''", "'") if literal.startswith("'") else literal
    if fields[path] == "text":
        if match["operator"] != "eq" or not literal.startswith("'"):
            raise FilterError(f"'{path}' takes only eq and a text in single quotes.")
        return Term(path, "eq", text.lower())
    if match["operator"] not in _COMPARE:
        raise FilterError(f"'{match['operator']}' is no comparison of '{path}'.")
    try:
        return Term(path, match["operator"], moment(text))
    except ValueError as error:
        raise FilterError(f"'{path}' is compared with a time such as 2026-01-31T08:00:00Z, not '{text}'.") from error
