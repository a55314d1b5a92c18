"""What the server answers (RFC 4511, section 4): values written as messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from provision.sandbox.directory import ber
from provision.sandbox.directory.ber import Element
from provision.sandbox.directory.refusal import Result

NOTICE_OF_DISCONNECTION = "1.3.6.1.4.1.1466.20036"

Values = tuple[str, tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class Found:
    """One entry of a search's answer: how its name is written, and the values that were asked for."""

    name: str
    attributes: tuple[Values, ...]


@dataclass(frozen=True, slots=True)
class ResponseControl:
    """A control of an answer."""

    oid: str
    value: bytes


def found(number: int, entry: Found) -> bytes:
    """A SearchResultEntry."""
    attributes = (
        ber.sequence(ber.octets(name), ber.set_of(*map(ber.octets, values))) for name, values in entry.attributes
    )
    return _message(number, ber.application(4, ber.octets(entry.name), ber.sequence(*attributes)))


def reference(number: int, url: str) -> bytes:
    """A SearchResultReference."""
    return _message(number, ber.application(19, ber.octets(url)))


def ended(number: int, tag: int, result: Result, *more: Element, controls: Iterable[ResponseControl] = ()) -> bytes:
    """The response with this application tag that ends an operation."""
    parts = [ber.enumerated(result.code), ber.octets(result.matched), ber.octets(result.text)]
    if result.referrals:
        parts.append(ber.context(3, tuple(map(ber.octets, result.referrals))))
    return _message(number, ber.application(tag, *parts, *more), controls)


def extended(number: int, result: Result, *, oid: str = "", value: bytes | None = None) -> bytes:
    """An ExtendedResponse."""
    more = [ber.context(10, oid.encode())] if oid else []
    if value is not None:
        more.append(ber.context(11, value))
    return ended(number, 24, result, *more)


def farewell(reason: str) -> bytes:
    """The notice of disconnection after bytes that are no LDAP."""
    return extended(0, Result(2, reason), oid=NOTICE_OF_DISCONNECTION)


def _message(number: int, operation: Element, controls: Iterable[ResponseControl] = ()) -> bytes:
    written = tuple(ber.sequence(ber.octets(item.oid), ber.octets(item.value)) for item in controls)
    tail = (ber.context(0, written),) if written else ()
    return ber.encode(ber.sequence(ber.integer(number), operation, *tail))
