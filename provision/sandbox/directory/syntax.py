"""How values of each syntax are compared (MS-ADTS 3.1.1.2.2.4): every allowed spelling becomes one comparable form."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from provision.sandbox.directory.identifier import guid_bytes, guid_of, sid_bytes, sid_text
from provision.sandbox.directory.name import Key, Name, fold
from provision.sandbox.directory.schema import Syntax, category

Comparable = str | int | bytes | Key


@lru_cache(maxsize=100_000)
def comparable(syntax: Syntax, value: bytes) -> Comparable | None:
    """The value in the form that is compared; None when the syntax does not allow it."""
    try:
        return _READERS[syntax](value)
    except ValueError:
        return None


def _text(value: bytes) -> str:
    return fold(value.decode())


def _sid(value: bytes) -> bytes:
    return sid_bytes(value.decode()) if value[:2].upper() == b"S-" else sid_bytes(sid_text(value))


def _guid(value: bytes) -> bytes:
    return value if len(value) == 16 else guid_bytes(guid_of(value.decode().strip("{}")))


def _category(value: bytes) -> Key:
    text = value.decode()
    return Name.parse(text if "=" in text else category(text)).key


_READERS: dict[Syntax, Callable[[bytes], Comparable]] = {
    Syntax.TEXT: _text,
    Syntax.CLASS: _text,
    Syntax.TIME: _text,
    Syntax.BOOLEAN: _text,
    Syntax.INTEGER: int,
    Syntax.SID: _sid,
    Syntax.GUID: _guid,
    Syntax.NAME: lambda value: Name.parse(value.decode()).key,
    Syntax.CATEGORY: _category,
}
