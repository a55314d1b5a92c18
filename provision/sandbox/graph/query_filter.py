"""`$filter`: the part of OData's language that lists of entitlement management take.

`and`, `or`, parentheses, `eq`, `ne`, and `contains` and `startswith` with `tolower`. Each list names the paths it can
filter on and how; anything else is refused, as silence would answer too much.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provision.sandbox.graph.metadata import ENUMS, TYPES, properties_of
from provision.sandbox.service import Refusal

Filterable = Mapping[str, str]
"""Path to the operators and functions it takes, separated by blanks: `{"displayName": "eq contains"}`."""
Value = Callable[[str], Any]
"""Gives what stands at a path of the row in question."""

_TOKEN = re.compile(r"""\s*(?:'(?:[^']|'')*'|[A-Za-z_][\w/.]*|[(),]|[^\s(),']+)""")
_FUNCTIONS = ("contains", "startswith")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One path beside one text; `operator` is `eq`, `ne`, `contains` or `startswith`."""

    path: str
    operator: str
    text: str | bool | None

    def holds(self, value: Value) -> bool:
        """Whether a row satisfies it; texts are compared without case, as Graph does."""
        found = value(self.path)
        if self.operator in {"eq", "ne"}:
            return bool(_folded(found) == _folded(self.text)) == (self.operator == "eq")
        have, want = str(_folded(found) or ""), str(_folded(self.text))
        return want in have if self.operator == "contains" else have.startswith(want)

    def demanded(self, path: str) -> str | None:
        """The text that `path` must have in every row that passes, if there is one."""
        return self.text if self.path == path and self.operator == "eq" and isinstance(self.text, str) else None


@dataclass(frozen=True, slots=True)
class Combination:
    """Two conditions, joined by `and` or `or`."""

    operator: str
    left: Condition
    right: Condition

    def holds(self, value: Value) -> bool:
        """Whether a row satisfies it."""
        if self.operator == "and":
            return self.left.holds(value) and self.right.holds(value)
        return self.left.holds(value) or self.right.holds(value)

    def demanded(self, path: str) -> str | None:
        """The text that `path` must have in every row that passes, if there is one."""
        return (self.left.demanded(path) or self.right.demanded(path)) if self.operator == "and" else None


Condition = Comparison | Combination


def parse(text: str, type_name: str, filterable: Filterable) -> Condition:
    """A `$filter` on rows of a type.

    Raises:
        Refusal: 400 when it is malformed, compares wrong types, or asks for what the list cannot filter on.
    """
    return _Parser(text, type_name, filterable).whole()


class _Parser:
    def __init__(self, text: str, type_name: str, filterable: Filterable) -> None:
        self._text = text
        self._type = type_name
        self._filterable = filterable
        self._tokens = list(self._split())

    def _split(self) -> Iterator[str]:
        position, text = 0, self._text.strip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise self._bad(f"a quote is missing at {text[position:]}")
            position = match.end()
            yield match.group().strip()

    def whole(self) -> Condition:
        found = self._either()
        if self._tokens:
            raise self._bad(f"'{self._tokens[0]}' stands after the end of the expression")
        return found

    def _either(self) -> Condition:
        left = self._both()
        while self._accept("or"):
            left = Combination("or", left, self._both())
        return left

    def _both(self) -> Condition:
        left = self._term()
        while self._accept("and"):
            left = Combination("and", left, self._term())
        return left

    def _term(self) -> Condition:
        if self._accept("("):
            found = self._either()
            self._expect(")")
            return found
        word = self._next()
        if word in _FUNCTIONS:
            return self._function(word)
        operator = self._next()
        if operator not in {"eq", "ne"}:
            raise self._bad(f"the sandbox knows no operator '{operator}' after '{word}'")
        return self._comparison(word, operator)

    def _function(self, name: str) -> Comparison:
        self._expect("(")
        if self._accept("tolower"):
            self._expect("(")
            path = self._next()
            self._expect(")")
        else:
            path = self._next()
        self._expect(",")
        found = self._comparison(path, name)
        self._expect(")")
        return found

    def _comparison(self, path: str, operator: str) -> Comparison:
        kind = self._type_of(path)
        if operator not in self._filterable.get(path, "").split():
            raise self._bad(f"'{operator}' on '{path}' is not supported by this list")
        literal = self._next()
        if kind == "Boolean":
            if literal not in {"true", "false"}:
                raise self._bad(f"'{path}' is Edm.Boolean; {literal} is not")
            return Comparison(path, operator, literal == "true")
        if literal == "null":
            return Comparison(path, operator, None)
        if not literal.startswith("'"):
            raise self._bad(f"'{path}' is Edm.String, so {literal} must stand in single quotes")
        text = literal[1:-1].replace("''", "'")
        if kind in ENUMS and text.lower() not in {member.lower() for member in ENUMS[kind]}:
            raise self._bad(f"'{text}' is not a member of {kind}")
        return Comparison(path, operator, text)

    def _type_of(self, path: str) -> str:
        kind = self._type
        for name in path.split("/"):
            found = properties_of(kind).get(name) if kind in TYPES else None
            if found is None:
                raise self._bad(f"Could not find a property named '{name}' on type 'microsoft.graph.{kind}'")
            kind = found.type
        return kind

    def _next(self) -> str:
        if not self._tokens:
            raise self._bad("it ends too early")
        return self._tokens.pop(0)

    def _accept(self, token: str) -> bool:
        if self._tokens and self._tokens[0] == token:
            self._tokens.pop(0)
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._accept(token):
            raise self._bad(f"'{token}' is missing before '{self._tokens[0] if self._tokens else 'the end'}'")

    def _bad(self, why: str) -> Refusal:
        return Refusal(400, "BadRequest", f"Invalid filter clause: {why}: $filter={self._text}")


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
