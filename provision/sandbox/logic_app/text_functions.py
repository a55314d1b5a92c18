"""Functions of text. Searching ignores case where Microsoft's engine does, which is not everywhere.

Pure. `startsWith`, `endsWith`, `indexOf` and `lastIndexOf` ignore case; `contains`, `replace` and `split` do not.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote, unquote_plus

from provision.sandbox.logic_app.function import MANY, eager, integer, string
from provision.sandbox.logic_app.tree import ExpressionError
from provision.sandbox.logic_app.value import from_units, lower, text_of, units, upper


def _concat(*parts: Any) -> str:
    return "".join(text_of(part) for part in parts)


def _to_lower(value: Any) -> str:
    return lower(string("toLower", "", value))


def _to_upper(value: Any) -> str:
    return upper(string("toUpper", "", value))


def _trim(value: Any) -> str:
    return string("trim", "", value).strip()


def _replace(value: Any, old: Any, new: Any) -> str:
    text = string("replace", "first", value)
    searched, put = string("replace", "second", old), string("replace", "third", new)
    if not searched:
        raise ExpressionError("The value cannot be an empty string. (Parameter 'oldValue')")
    return text.replace(searched, put)


def _split(value: Any, separator: Any) -> list[str]:
    text, mark = string("split", "first", value), string("split", "second", separator)
    return text.split(mark) if mark else [text]


def _substring(value: Any, start: Any, length: Any = None) -> str:
    parts = units(string("substring", "first", value))
    first = integer("substring", "second", start)
    count = len(parts) - first if length is None else integer("substring", "third", length)
    if not 0 <= first < len(parts) or count < 0 or first + count > len(parts):
        raise ExpressionError(
            "The template language function 'substring' parameters are out of range: 'start index' and 'length' must "
            "be non-negative integers and their sum must be no larger than the length of the string."
        )
    return from_units(parts[first : first + count])


def _folded(name: str, value: Any, searched: Any) -> tuple[str, str]:
    return upper(string(name, "first", value)), upper(string(name, "second", searched))


def _starts_with(value: Any, searched: Any) -> bool:
    text, mark = _folded("startsWith", value, searched)
    return text.startswith(mark)


def _ends_with(value: Any, searched: Any) -> bool:
    text, mark = _folded("endsWith", value, searched)
    return text.endswith(mark)


def _index_of(value: Any, searched: Any) -> int:
    text, mark = _folded("indexOf", value, searched)
    found = text.find(mark)
    return len(units(text[:found])) if found >= 0 else -1


def _last_index_of(value: Any, searched: Any) -> int:
    text, mark = _folded("lastIndexOf", value, searched)
    found = text.rfind(mark)
    return len(units(text[:found])) if found >= 0 else -1


def _encode(value: Any) -> str:
    return quote(text_of(value), safe="-_.~")


def _decode(value: Any) -> str:
    return unquote(string("decodeUriComponent", "", value))


def _decode_plus(value: Any) -> str:
    return unquote_plus(string("uriComponentToString", "", value))


TEXT = (
    eager("concat", 1, MANY, _concat),
    eager("toLower", 1, 1, _to_lower),
    eager("toUpper", 1, 1, _to_upper),
    eager("trim", 1, 1, _trim),
    eager("replace", 3, 3, _replace),
    eager("split", 2, 2, _split),
    eager("substring", 2, 3, _substring),
    eager("startsWith", 2, 2, _starts_with),
    eager("endsWith", 2, 2, _ends_with),
    eager("indexOf", 2, 2, _index_of),
    eager("lastIndexOf", 2, 2, _last_index_of),
    eager("encodeUriComponent", 1, 1, _encode),
    eager("uriComponent", 1, 1, _encode),
    eager("decodeUriComponent", 1, 1, _decode),
    eager("uriComponentToString", 1, 1, _decode_plus),
)
