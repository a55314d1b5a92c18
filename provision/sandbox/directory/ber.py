"""BER as LDAP uses it (RFC 4511, section 5.1): bytes to a tree of elements and back.

The `asn1` package reads and writes the bytes; this keeps the tags, which LDAP needs and `asn1`'s own tree drops.
"""

from __future__ import annotations

from dataclasses import dataclass

from asn1 import Classes, Decoder, Encoder, Error, Numbers, Types

DEPTH_LIMIT = 64
_READABLE = {Numbers.Boolean, Numbers.Integer, Numbers.OctetString, Numbers.Enumerated, Numbers.Null}
_HOLDERS = {Numbers.Sequence, Numbers.Set}


class BerError(Exception):
    """Bytes that are no BER, or an element of another form than the protocol asks for."""


@dataclass(frozen=True, slots=True)
class Element:
    """One tag and its content: elements when constructed, else what a universal tag says, bytes for any other."""

    tag_class: int
    number: int
    content: bytes | int | bool | tuple[Element, ...] | None

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
        return next((item for item in self.items if (item.tag_class, item.number) == (Classes.Context, number)), None)


def integer(value: int) -> Element:
    """An INTEGER."""
    return Element(Classes.Universal, Numbers.Integer, value)


def enumerated(value: int) -> Element:
    """An ENUMERATED."""
    return Element(Classes.Universal, Numbers.Enumerated, value)


def boolean(value: bool) -> Element:  # noqa: FBT001 - the value itself, not a switch
    """A BOOLEAN."""
    return Element(Classes.Universal, Numbers.Boolean, value)


def octets(value: bytes | str) -> Element:
    """An OCTET STRING; text becomes UTF-8."""
    return Element(Classes.Universal, Numbers.OctetString, value.encode() if isinstance(value, str) else value)


def sequence(*items: Element) -> Element:
    """A SEQUENCE."""
    return Element(Classes.Universal, Numbers.Sequence, items)


def set_of(*items: Element) -> Element:
    """A SET."""
    return Element(Classes.Universal, Numbers.Set, items)


def application(number: int, *items: Element) -> Element:
    """A constructed element with an application tag."""
    return Element(Classes.Application, number, items)


def context(number: int, content: bytes | tuple[Element, ...]) -> Element:
    """An element with a context tag, primitive or constructed."""
    return Element(Classes.Context, number, content)


def encode(element: Element) -> bytes:
    """The element as bytes."""
    encoder = Encoder()
    encoder.start()
    _write(encoder, element)
    return encoder.output()


def decode(data: bytes) -> Element:
    """The one element in `data`.

    Raises:
        BerError: `data` is not exactly one element of the kinds that LDAP uses.
    """
    decoder = Decoder()
    try:
        decoder.start(data)
        element = _read(decoder, 0)
        if not decoder.eof():
            raise BerError("bytes after the element")
    except Error as error:
        raise BerError(str(error)) from error
    return element


def _write(encoder: Encoder, element: Element) -> None:
    if isinstance(element.content, tuple):
        encoder.enter(element.number, element.tag_class)
        for item in element.content:
            _write(encoder, item)
        encoder.leave()
    else:
        encoder.write(element.content, element.number, Types.Primitive, element.tag_class)


def _read(decoder: Decoder, depth: int) -> Element:
    tag = decoder.peek()
    if tag is None:
        raise BerError("no element")
    if depth > DEPTH_LIMIT:
        raise BerError("too deeply nested")
    allowed = _HOLDERS if tag.typ == Types.Constructed else _READABLE
    if tag.cls == Classes.Universal and tag.nr not in allowed:
        raise BerError(f"LDAP uses no universal tag {tag.nr}")
    if tag.typ == Types.Constructed:
        decoder.enter()
        inner = []
        while decoder.peek() is not None:
            inner.append(_read(decoder, depth + 1))
        decoder.leave()
        return Element(int(tag.cls), int(tag.nr), tuple(inner))
    return Element(int(tag.cls), int(tag.nr), decoder.read()[1])
