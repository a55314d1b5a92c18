"""Search filters (RFC 4511, section 4.5.1.7): elements read into values. `matching.py` evaluates them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from provision.sandbox.directory.ber import BerError, Element

Comparison = Literal["equal", "at_least", "at_most", "present", "substring", "all_bits", "any_bit", "chain", "unknown"]

_RULES: dict[str, Comparison] = {
    "": "equal",
    "1.2.840.113556.1.4.803": "all_bits",
    "1.2.840.113556.1.4.804": "any_bit",
    "1.2.840.113556.1.4.1941": "chain",
}


@dataclass(frozen=True, slots=True)
class And:
    """All of them; of none: true."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of them; of none: false."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary."""

    part: Filter


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause; `pieces` are those of a substring: the start, any in the middle, the end (empty when not given)."""

    attribute: str
    comparison: Comparison
    value: bytes = b""
    pieces: tuple[bytes, ...] = ()


Filter = And | Or | Not | Clause


def read_filter(element: Element) -> Filter:
    """The filter in an element.

    Raises:
        BerError: it is none.
    """
    reader = _READERS.get(element.number)
    if reader is None:
        raise BerError(f"LDAP has no filter with tag {element.number}")
    return reader(element)


def clauses_of(condition: Filter) -> Iterator[Clause]:
    """Every clause in a filter."""
    match condition:
        case And(parts) | Or(parts):
            for part in parts:
                yield from clauses_of(part)
        case Not(part):
            yield from clauses_of(part)
        case Clause():
            yield condition


def _value(comparison: Comparison) -> Callable[[Element], Clause]:
    def read(element: Element) -> Clause:
        attribute, value, *_ = element.take(2)
        return Clause(attribute.text, comparison, value.octets)

    return read


def _substring(element: Element) -> Clause:
    attribute, pieces, *_ = element.take(2)
    first = b"".join(piece.octets for piece in pieces.items if piece.number == 0)
    middle = [piece.octets for piece in pieces.items if piece.number == 1]
    last = b"".join(piece.octets for piece in pieces.items if piece.number == 2)
    return Clause(attribute.text, "substring", pieces=(first, *middle, last))


def _extensible(element: Element) -> Clause:
    rule, attribute, value = (element.context(number) for number in (1, 2, 3))
    if value is None:
        raise BerError("an extensible match without a value")
    comparison = _RULES.get(rule.text if rule else "", "unknown")
    return Clause(attribute.text if attribute else "", comparison, value.octets)


_READERS: dict[int, Callable[[Element], Filter]] = {
    0: lambda element: And(tuple(map(read_filter, element.items))),
    1: lambda element: Or(tuple(map(read_filter, element.items))),
    2: lambda element: Not(read_filter(element.take(1)[0])),
    3: _value("equal"),
    4: _substring,
    5: _value("at_least"),
    6: _value("at_most"),
    7: lambda element: Clause(element.text, "present"),
    8: _value("equal"),  # approximate: AD does no approximation
    9: _extensible,
}
