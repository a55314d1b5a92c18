"""BER as LDAP restricts it (RFC 4511, section 5.1): bytes to a tree of elements and back.

Own code, since the `asn1` package takes a context tag for the universal one of the same number (it writes [3] as a BIT
STRING), takes lengths of indefinite form and does not see when an element reaches beyond the one it is in.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

DEPTH_LIMIT = 64


class TagClass(IntEnum):
    """The two upper bits of a tag."""

    UNIVERSAL = 0x00
    APPLICATION = 0x40
    CONTEXT = 0x80
    PRIVATE = 0xC0


BOOLEAN, INTEGER, OCTET_STRING, ENUMERATED, SEQUENCE, SET = 1, 2, 4, 10, 16, 17
_CONSTRUCTED = 0x20
_UNIVERSAL = {(BOOLEAN, False), (INTEGER, False), (OCTET_STRING, False), (ENUMERATED, False)}
_UNIVERSAL |= {(SEQUENCE, True), (SET, True)}


class BerError(Exception):
    """Bytes that are no BER, or an element of another form than the protocol asks for."""


@dataclass(frozen=True, slots=True)
class Element:
    """One tag and its content: elements when constructed, else what a universal tag says, bytes for any other."""

    tag_class: TagClass
    number: int
    content: bytes | int | bool | tuple[Element, ...]

    @property
    def octets(self) -> bytes:
        """The content as bytes."""
        if not isinstance(self.content, bytes):
            raise BerError(f"tag {self.number} holds no octets")
        return self.content

    @property
    def text(self) -> str:
        """The content as UTF-8."""
        try:
            return self.octets.decode()
        except UnicodeDecodeError as error:
            raise BerError(f"tag {self.number} holds no UTF-8") from error

    @property
    def integer(self) -> int:
        """The content of an INTEGER or ENUMERATED."""
        if not isinstance(self.content, int) or isinstance(self.content, bool):
            raise BerError(f"tag {self.number} holds no integer")
        return self.content

    @property
    def boolean(self) -> bool:
        """The content of a BOOLEAN, also of one with a context tag."""
        if isinstance(self.content, bytes) and len(self.content) == 1:
            return self.content != b"\0"
        if not isinstance(self.content, bool):
            raise BerError(f"tag {self.number} holds no boolean")
        return self.content

    @property
    def items(self) -> tuple[Element, ...]:
        """The elements inside."""
        if not isinstance(self.content, tuple):
            raise BerError(f"tag {self.number} holds no elements")
        return self.content

    def take(self, count: int) -> tuple[Element, ...]:
        """The elements inside, at least `count`."""
        if len(self.items) < count:
            raise BerError(f"tag {self.number} holds {len(self.items)} elements, not {count}")
        return self.items

    def context(self, number: int) -> Element | None:
        """The first element inside with this context tag."""
        return next((item for item in self.items if (item.tag_class, item.number) == (TagClass.CONTEXT, number)), None)


def integer(value: int) -> Element:
    """An INTEGER."""
    return Element(TagClass.UNIVERSAL, INTEGER, value)


def enumerated(value: int) -> Element:
    """An ENUMERATED."""
    return Element(TagClass.UNIVERSAL, ENUMERATED, value)


def boolean(value: bool) -> Element:  # noqa: FBT001 - the value itself, not a switch
    """A BOOLEAN."""
    return Element(TagClass.UNIVERSAL, BOOLEAN, value)


def octets(value: bytes | str) -> Element:
    """An OCTET STRING; text becomes UTF-8."""
    return Element(TagClass.UNIVERSAL, OCTET_STRING, value.encode() if isinstance(value, str) else value)


def sequence(*items: Element) -> Element:
    """A SEQUENCE."""
    return Element(TagClass.UNIVERSAL, SEQUENCE, items)


def set_of(*items: Element) -> Element:
    """A SET."""
    return Element(TagClass.UNIVERSAL, SET, items)


def application(number: int, *items: Element) -> Element:
    """A constructed element with an application tag."""
    return Element(TagClass.APPLICATION, number, items)


def context(number: int, content: bytes | tuple[Element, ...]) -> Element:
    """An element with a context tag, primitive or constructed."""
    return Element(TagClass.CONTEXT, number, content)


def encode(element: Element) -> bytes:
    """The element as bytes."""
    content = element.content
    constructed = 0
    if isinstance(content, tuple):
        constructed = _CONSTRUCTED
        body = b"".join(map(encode, content))
    elif isinstance(content, bytes):
        body = content
    elif isinstance(content, bool):
        body = b"\xff" if content else b"\0"
    else:
        body = content.to_bytes(content.bit_length() // 8 + 1, "big", signed=True)
    return bytes([element.tag_class | constructed | element.number]) + _length(len(body)) + body


def decode(data: bytes) -> Element:
    """The one element in `data`.

    Raises:
        BerError: `data` is not exactly one element of the kinds that LDAP uses.
    """
    element, end = _read(data, 0, len(data), 0)
    if end < len(data):
        raise BerError("bytes after the element")
    return element


def _length(size: int) -> bytes:
    if size < 0x80:
        return bytes([size])
    octets_of_size = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets_of_size)]) + octets_of_size


def _read(data: bytes, start: int, limit: int, depth: int) -> tuple[Element, int]:
    """The element at `start`, which must end at `limit` or before, and where it ends."""
    if depth > DEPTH_LIMIT:
        raise BerError("too deeply nested")
    body, end = _bounds(data, start, limit)
    tag = data[start]
    tag_class, constructed, number = TagClass(tag & 0xC0), bool(tag & _CONSTRUCTED), tag & 0x1F
    if number == 0x1F or (tag_class is TagClass.UNIVERSAL and (number, constructed) not in _UNIVERSAL):
        raise BerError(f"LDAP uses no tag {tag:#04x}")
    if not constructed:
        return Element(tag_class, number, _primitive(tag, data[body:end])), end
    items = []
    while body < end:
        item, body = _read(data, body, end, depth + 1)
        items.append(item)
    return Element(tag_class, number, tuple(items)), end


def _bounds(data: bytes, start: int, limit: int) -> tuple[int, int]:
    """Where the content of the element at `start` begins and ends."""
    body = start + 2
    if body > limit:
        raise BerError("an element is cut short")
    size = data[start + 1]
    if size >= 0x80:
        count = size & 0x7F
        if not 1 <= count <= 4 or body + count > limit:
            raise BerError("a length of no form that LDAP allows")
        size = int.from_bytes(data[body : body + count], "big")
        body += count
    if body + size > limit:
        raise BerError("an element reaches beyond what holds it")
    return body, body + size


def _primitive(tag: int, content: bytes) -> bytes | int | bool:
    if tag == BOOLEAN:
        if len(content) != 1:
            raise BerError("a boolean is one byte")
        return content != b"\0"
    if tag in {INTEGER, ENUMERATED}:
        if not 1 <= len(content) <= 8:
            raise BerError("an integer of no size that LDAP uses")
        return int.from_bytes(content, "big", signed=True)
    return content
