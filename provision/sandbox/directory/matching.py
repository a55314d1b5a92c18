"""Whether an entry fulfils a filter, in three-valued logic as AD evaluates it (MS-ADTS 3.1.1.3.1.3.1).

None stands for Undefined: an attribute or rule that the schema does not have, a value that the syntax does not allow.
"""

from __future__ import annotations

from provision.sandbox.directory.filter import And, Filter, Not, Or, Test
from provision.sandbox.directory.identifier import guid_bytes, guid_of, sid_bytes, sid_text
from provision.sandbox.directory.name import Key, Name, fold
from provision.sandbox.directory.schema import ATTRIBUTES, Attribute, Syntax, category
from provision.sandbox.directory.store import Entry, Store

_ORDERED = {Syntax.TEXT, Syntax.INTEGER, Syntax.TIME}
_PIECEWISE = {Syntax.TEXT, Syntax.CLASS}

Comparable = str | int | bytes | Key


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
        case Test():
            return _test(condition, entry, store)


def _test(test: Test, entry: Entry, store: Store) -> bool | None:
    attribute = ATTRIBUTES.get(test.attribute.lower())
    if attribute is None or test.comparison == "unknown":
        return None
    if test.comparison == "present":
        return bool(store.values(entry, attribute))
    if attribute.linked:
        return _linked(test, attribute, entry, store)
    if test.comparison == "substring":
        return _substring(test, attribute, store.values(entry, attribute))
    return _compared(test, attribute, store.values(entry, attribute))


def _linked(test: Test, attribute: Attribute, entry: Entry, store: Store) -> bool | None:
    try:
        target = store.by_name(Name.parse(test.value.decode()))
    except ValueError:
        return None
    if test.comparison not in {"equal", "chain"}:
        return None
    reachable = store.closure if test.comparison == "chain" else store.links
    return target is not None and target.guid in reachable(entry, attribute)


def _compared(test: Test, attribute: Attribute, values: tuple[bytes, ...]) -> bool | None:
    wanted = comparable(attribute.syntax, test.value)
    if wanted is None:
        return None
    stored = [comparable(attribute.syntax, value) for value in values]
    if test.comparison == "equal":
        return wanted in stored
    numbers = [value for value in stored if isinstance(value, int)]
    match test.comparison, wanted:
        case "all_bits", int(bits):
            return any(number & bits == bits for number in numbers)
        case "any_bit", int(bits):
            return any(number & bits for number in numbers)
        case "at_least", int(limit):
            return any(number >= limit for number in numbers)
        case "at_most", int(limit):
            return any(number <= limit for number in numbers)
        case "at_least", str(text) if attribute.syntax in _ORDERED:
            return any(value >= text for value in stored if isinstance(value, str))
        case "at_most", str(text) if attribute.syntax in _ORDERED:
            return any(value <= text for value in stored if isinstance(value, str))
    return None


def _substring(test: Test, attribute: Attribute, values: tuple[bytes, ...]) -> bool | None:
    if attribute.syntax not in _PIECEWISE:
        return None
    pieces = [_text(piece) for piece in test.pieces]
    first, *middle, last = [piece for piece in pieces if piece is not None]
    if None in pieces:
        return None
    return any(_has_pieces(fold(value.decode()), first, middle, last) for value in values)


def _has_pieces(text: str, first: str, middle: list[str], last: str) -> bool:
    if not text.startswith(first):
        return False
    position = len(first)
    for piece in middle:
        found = text.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece)
    return text.endswith(last) and len(text) - len(last) >= position


def comparable(syntax: Syntax, value: bytes) -> Comparable | None:
    """The value in the form that is compared, whichever of the allowed spellings it has; None when it has none."""
    try:
        match syntax:
            case Syntax.SID:
                return sid_bytes(value.decode()) if value[:2].upper() == b"S-" else sid_bytes(sid_text(value))
            case Syntax.GUID:
                return value if len(value) == 16 else guid_bytes(guid_of(value.decode().strip("{}")))
            case Syntax.INTEGER:
                return int(value)
            case Syntax.NAME:
                return Name.parse(value.decode()).key
            case Syntax.CATEGORY:
                text = value.decode()
                return Name.parse(text if "=" in text else category(text)).key
            case Syntax.BOOLEAN:
                return value.decode() if value in {b"TRUE", b"FALSE"} else None
            case Syntax.TEXT | Syntax.CLASS | Syntax.TIME:
                return _text(value)
    except ValueError:
        return None


def _text(value: bytes) -> str | None:
    try:
        return fold(value.decode())
    except UnicodeDecodeError:
        return None
