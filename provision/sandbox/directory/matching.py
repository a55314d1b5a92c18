"""Whether an entry fulfils a filter, in three-valued logic as AD evaluates it (MS-ADTS 3.1.1.3.1.3.1).

None stands for Undefined: an attribute or rule that the schema does not have, a value that the syntax does not allow,
or an attribute that may not be read.
"""

from __future__ import annotations

from collections.abc import Callable

from provision.sandbox.directory.filter import And, Clause, Comparison, Filter, Not, Or
from provision.sandbox.directory.name import Name
from provision.sandbox.directory.schema import ATTRIBUTES, Attribute, Syntax
from provision.sandbox.directory.store import Entry, Store
from provision.sandbox.directory.syntax import Comparable, comparable

_WITH_SUBSTRINGS = {Syntax.TEXT, Syntax.CLASS}

_NUMERIC: dict[Comparison, Callable[[int, int], bool]] = {
    "all_bits": lambda value, bits: value & bits == bits,
    "any_bit": lambda value, bits: bool(value & bits),
    "at_least": lambda value, limit: value >= limit,
    "at_most": lambda value, limit: value <= limit,
}
_TEXTUAL: dict[Comparison, Callable[[str, str], bool]] = {
    "at_least": lambda value, limit: value >= limit,
    "at_most": lambda value, limit: value <= limit,
}


def matches(condition: Filter, entry: Entry, store: Store) -> bool | None:
    """Whether the entry fulfils the filter; None when that is undefined."""
    match condition:
        case And(parts):
            answers = [matches(part, entry, store) for part in parts]
            return False if False in answers else None if None in answers else True
        case Or(parts):
            answers = [matches(part, entry, store) for part in parts]
            return True if True in answers else None if None in answers else False
        case Not(part):
            answer = matches(part, entry, store)
            return None if answer is None else not answer
        case Clause():
            return _clause(condition, entry, store)


def _clause(clause: Clause, entry: Entry, store: Store) -> bool | None:
    attribute = ATTRIBUTES.get(clause.attribute.lower())
    if attribute is None or clause.comparison == "unknown" or not store.shows(entry, attribute):
        return None
    if clause.comparison == "present":
        return bool(store.values(entry, attribute))
    if attribute.linked:
        return _linked(clause, attribute, entry, store)
    if clause.comparison == "substring":
        return _substring(clause, attribute, store.values(entry, attribute))
    return _compared(clause, attribute, store.values(entry, attribute))


def _linked(clause: Clause, attribute: Attribute, entry: Entry, store: Store) -> bool | None:
    try:
        target = store.by_name(Name.parse(clause.value.decode()))
    except ValueError:
        return None
    if clause.comparison not in {"equal", "chain"}:
        return None
    reachable = store.closure if clause.comparison == "chain" else store.links
    return target is not None and target.guid in reachable(entry, attribute)


def _compared(clause: Clause, attribute: Attribute, values: tuple[bytes, ...]) -> bool | None:
    wanted = comparable(attribute.syntax, clause.value)
    stored = [comparable(attribute.syntax, value) for value in values]
    if wanted is None:
        return None
    if clause.comparison == "equal":
        return wanted in stored
    holds = _relation(clause.comparison, wanted)
    return None if holds is None else any(holds(value) for value in stored)


def _relation(comparison: Comparison, wanted: Comparable) -> Callable[[Comparable | None], bool] | None:
    if isinstance(wanted, int) and comparison in _NUMERIC:
        number, numeric = wanted, _NUMERIC[comparison]
        return lambda value: isinstance(value, int) and numeric(value, number)
    if isinstance(wanted, str) and comparison in _TEXTUAL:
        text, textual = wanted, _TEXTUAL[comparison]
        return lambda value: isinstance(value, str) and textual(value, text)
    return None


def _substring(clause: Clause, attribute: Attribute, values: tuple[bytes, ...]) -> bool | None:
    pieces = [comparable(attribute.syntax, piece) for piece in clause.pieces]
    texts = [piece for piece in pieces if isinstance(piece, str)]
    if attribute.syntax not in _WITH_SUBSTRINGS or len(texts) < len(pieces):
        return None
    stored = (comparable(attribute.syntax, value) for value in values)
    return any(_has_pieces(value, texts) for value in stored if isinstance(value, str))


def _has_pieces(text: str, pieces: list[str]) -> bool:
    first, *middle, last = pieces
    if not text.startswith(first):
        return False
    position = len(first)
    for piece in middle:
        found = text.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece)
    return text.endswith(last) and len(text) - len(last) >= position
