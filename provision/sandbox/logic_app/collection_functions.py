"""Functions of arrays, and of what arrays and text have in common.

Pure.
"""

from __future__ import annotations

from typing import Any

from provision.sandbox.logic_app.function import MANY, eager, integer, string, wrong
from provision.sandbox.logic_app.tree import ExpressionError
from provision.sandbox.logic_app.value import from_units, kind, same, text_of, units


def _create_array(*items: Any) -> list[Any]:
    return list(items)


def _array(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(units(value))
    if isinstance(value, list):
        return len(value)
    raise wrong("length", "", "an array or a string", value)


def _end(name: str, value: Any, position: int) -> Any:
    if isinstance(value, str):
        return from_units(units(value)[position:][:1]) if value else ""
    if isinstance(value, list):
        return value[position] if value else None
    raise wrong(name, "", "an array or a string", value)


def _part(name: str, value: Any, count: Any, *, taken: bool) -> Any:
    if not isinstance(value, str | list):
        raise wrong(name, "first", "an array or a string", value)
    size = integer(name, "second", count)
    if size < 0:
        raise ExpressionError(
            f"The template language function '{name}' parameters are out of range: 'count' must be a positive integer."
        )
    if isinstance(value, list):
        return value[:size] if taken else value[size:]
    parts = units(value)
    return from_units(parts[:size] if taken else parts[size:])


def _join(value: Any, separator: Any) -> str:
    if not isinstance(value, list):
        raise wrong("join", "first", "an array", value)
    return string("join", "second", separator).join(text_of(item) for item in value)


def _empty(value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, str | list | dict):
        return not value
    raise wrong("empty", "", "an object, an array or a string", value)


def _contains(collection: Any, searched: Any) -> bool:
    if isinstance(collection, list):
        return any(same(item, searched) for item in collection)
    if isinstance(collection, str) and isinstance(searched, str):
        return searched in collection
    if isinstance(collection, dict) and isinstance(searched, str):
        return any(name.lower() == searched.lower() for name in collection)
    raise ExpressionError(
        "The template language function 'contains' expects parameters of matching types: a dictionary and a key "
        "(string), an array and a value (object), or a string and a substring. The provided values are of type "
        f"'{kind(collection)}' and '{kind(searched)}'."
    )


COLLECTION = (
    eager("createArray", 1, MANY, _create_array),
    eager("array", 1, 1, _array),
    eager("length", 1, 1, _length),
    eager("first", 1, 1, lambda value: _end("first", value, 0)),
    eager("last", 1, 1, lambda value: _end("last", value, -1)),
    eager("take", 2, 2, lambda value, count: _part("take", value, count, taken=True)),
    eager("skip", 2, 2, lambda value, count: _part("skip", value, count, taken=False)),
    eager("join", 2, 2, _join),
    eager("empty", 1, 1, _empty),
    eager("contains", 2, 2, _contains),
)
