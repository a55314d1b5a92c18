"""JSON values as the engine of Logic Apps sees them: their kinds, their text, their equality.

Pure. Texts have UTF-16 units (as in .NET), so lengths and positions count them.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any


def kind(value: Any) -> str:
    """The name the engine uses in its messages."""
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return "Boolean"
    names = {int: "Integer", float: "Float", str: "String", list: "Array", dict: "Object"}
    return names[type(value)]


def is_number(value: Any) -> bool:
    """True for whole and floating numbers; booleans are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def text_of(value: Any) -> str:
    """As `string()`, `concat()` and interpolation write it: null is empty, booleans are `True` and `False`."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return _number_text(value)
    return compact(value)


def compact(value: Any) -> str:
    """JSON without blanks, characters as they are."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _number_text(value: float) -> str:
    """As .NET's general format: exponent only from 17 digits on, or below 1E-04; at least two digits in it."""
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    significant = "".join(map(str, digits)).rstrip("0") or "0"
    scale = len(digits) + int(exponent) - 1 if any(digits) else 0
    minus = "-" if sign else ""
    if -5 < scale < 17:
        plain = format(Decimal(repr(value)).copy_abs(), "f")
        return minus + (plain.rstrip("0").rstrip(".") if "." in plain else plain)
    mantissa = significant[0] + (f".{significant[1:]}" if significant[1:] else "")
    return f"{minus}{mantissa}E{'-' if scale < 0 else '+'}{abs(scale):02d}"


def same(left: Any, right: Any) -> bool:
    """Deep equality in which 1 and 1.0 differ, as arrays and objects are compared."""
    if kind(left) != kind(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(item, right[name]) for name, item in left.items())
    return bool(left == right)


def units(text: str) -> list[str]:
    """The UTF-16 units of a text; a character beyond U+FFFF has two."""
    raw = text.encode("utf-16-le", "surrogatepass")
    return [chr(int.from_bytes(raw[at : at + 2], "little")) for at in range(0, len(raw), 2)]


def from_units(parts: list[str]) -> str:
    """The text of UTF-16 units."""
    return "".join(parts).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def lower(text: str) -> str:
    """Lower case character by character, as .NET's invariant culture; no character becomes two."""
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text)


def upper(text: str) -> str:
    """Upper case in the manner of `lower`."""
    return "".join(char.upper() if len(char.upper()) == 1 else char for char in text)
