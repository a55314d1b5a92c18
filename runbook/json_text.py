"""JSON text -> values that know their line and column, so that a problem can be shown where it is.

The standard parser drops positions and, of two equal keys, the first. Scalars are left to it. Nothing here reads or
writes anything.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any, NoReturn

_BLANKS = re.compile(r"[ \t\r\n]*")
_DEEPEST = 32


class JsonInvalid(ValueError):
    """The text is not JSON; `line` and `column` count from 1."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.message = message


@dataclass(frozen=True, slots=True)
class JsonNode:
    """One value and where it begins; lines and columns count from 1.

    `kind` is object, array, string, number, boolean or null. `members` are an object's keys and values in the order of
    the text, equal keys included; `items` are an array's elements; `value` is a scalar.
    """

    kind: str
    line: int
    column: int
    value: Any = None
    items: tuple[JsonNode, ...] = ()
    members: tuple[tuple[JsonNode, JsonNode], ...] = ()


def read_json(text: str) -> JsonNode:
    """The value in `text`, which may begin with a byte order mark.

    Raises:
        JsonInvalid: at the first character that is not JSON.
    """
    reader = _Reader(text.removeprefix("\ufeff"))
    node, end = reader.value(reader.skip(0), 0)
    if end != len(reader.text):
        reader.refuse(end, "there is more text after the end of the JSON value; remove it")
    return node


class _Reader:
    """Walks the text; every method takes a position and gives the next one that is not blank."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._scalars = json.JSONDecoder(parse_constant=_no_constant)

    def skip(self, position: int) -> int:
        blanks = _BLANKS.match(self.text, position)
        return blanks.end() if blanks else position

    def value(self, position: int, depth: int) -> tuple[JsonNode, int]:
        if depth > _DEEPEST:
            self.refuse(position, f"is nested deeper than {_DEEPEST} levels")
        opening = self.text[position : position + 1]
        if opening == "{":
            return self._object(position, depth)
        if opening == "[":
            return self._array(position, depth)
        return self._scalar(position)

    def _object(self, start: int, depth: int) -> tuple[JsonNode, int]:
        members: list[tuple[JsonNode, JsonNode]] = []
        position = self.skip(start + 1)
        more = not self._at(position, "}")
        while more:
            if not self._at(position, '"'):
                self.refuse(position, 'expected a key in double quotes, like "AccessPackages"')
            key, position = self._scalar(position)
            value, position = self.value(self._after(position, ":"), depth + 1)
            members.append((key, value))
            more, position = self._continues(position, "}")
        line, column = self._place(start)
        return JsonNode("object", line, column, members=tuple(members)), self.skip(position + 1)

    def _array(self, start: int, depth: int) -> tuple[JsonNode, int]:
        items: list[JsonNode] = []
        position = self.skip(start + 1)
        more = not self._at(position, "]")
        while more:
            item, position = self.value(position, depth + 1)
            items.append(item)
            more, position = self._continues(position, "]")
        line, column = self._place(start)
        return JsonNode("array", line, column, items=tuple(items)), self.skip(position + 1)

    def _continues(self, position: int, bracket: str) -> tuple[bool, int]:
        """Whether another element follows, and where it (or the closing bracket) is."""
        if self._at(position, bracket):
            return False, position
        following = self._after(position, ",")
        if self._at(following, bracket):
            self.refuse(position, f"there is a comma before '{bracket}'; remove it")
        return True, following

    def _at(self, position: int, mark: str) -> bool:
        return self.text[position : position + 1] == mark

    def _after(self, position: int, mark: str) -> int:
        if not self._at(position, mark):
            self.refuse(position, f"expected '{mark}'")
        return self.skip(position + 1)

    def _scalar(self, position: int) -> tuple[JsonNode, int]:
        line, column = self._place(position)
        try:
            value, end = self._scalars.raw_decode(self.text, position)
        except json.JSONDecodeError as error:
            self.refuse(error.pos, _plain(error.msg, ended=error.pos >= len(self.text)))
        except ValueError as error:
            self.refuse(position, str(error))
        kinds = {bool: "boolean", str: "string", type(None): "null"}
        return JsonNode(kinds.get(type(value), "number"), line, column, value), self.skip(end)

    def _place(self, position: int) -> tuple[int, int]:
        line = bisect_right(self._line_starts, position)
        return line, position - self._line_starts[line - 1] + 1

    def refuse(self, position: int, message: str) -> NoReturn:
        line, column = self._place(position)
        found = self.text[position : position + 1]
        raise JsonInvalid(line, column, f"{message} (found {found!r})" if found else f"{message} (the text ends here)")


def _plain(message: str, *, ended: bool) -> str:
    if message == "Expecting value":
        return "expected a value" if not ended else "a value is missing"
    return message[:1].lower() + message[1:]


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")
