"""What a client asks (RFC 4511, section 4): elements read into values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from provision.sandbox.directory.ber import BerError, Element, TagClass
from provision.sandbox.directory.filter import Filter, read_filter

Scope = Literal["base", "one", "sub"]
Action = Literal["add", "delete", "replace"]


@dataclass(frozen=True, slots=True)
class Bind:
    """A bind; `password` is None when the method is SASL."""

    version: int
    name: str
    password: str | None
    answer: int = 1


@dataclass(frozen=True, slots=True)
class Search:
    """A search; no attributes means all that are not constructed."""

    base: str
    scope: Scope
    size_limit: int
    types_only: bool
    filter: Filter
    attributes: tuple[str, ...]
    answer: int = 5


@dataclass(frozen=True, slots=True)
class Change:
    """One modification of one attribute."""

    action: Action
    attribute: str
    values: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Modify:
    """A modify: all changes or none."""

    name: str
    changes: tuple[Change, ...]
    answer: int = 7


@dataclass(frozen=True, slots=True)
class Extended:
    """An extended operation, by its object identifier."""

    oid: str
    answer: int = 24


@dataclass(frozen=True, slots=True)
class Farewell:
    """Unbind: the client is gone."""


@dataclass(frozen=True, slots=True)
class Abandon:
    """The client no longer wants an answer; every answer is complete before the next request is read."""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """An operation of LDAP that this directory does not have; `answer` is the tag of its response."""

    operation: str
    answer: int


Operation = Bind | Search | Modify | Extended | Farewell | Abandon | Unsupported


@dataclass(frozen=True, slots=True)
class Control:
    """A control as sent."""

    oid: str
    critical: bool
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Request:
    """One message of the client."""

    number: int
    operation: Operation
    controls: tuple[Control, ...]


def read_request(message: Element) -> Request:
    """The request in an LDAPMessage.

    Raises:
        BerError: the message is not one that RFC 4511 describes.
    """
    number, operation, *_ = message.take(2)
    reader = _OPERATIONS.get(operation.number) if operation.tag_class == TagClass.APPLICATION else None
    if reader is None:
        raise BerError(f"LDAP has no request with tag {operation.number}")
    controls = message.context(0)
    return Request(number.integer, reader(operation), tuple(map(_control, controls.items)) if controls else ())


def _bind(element: Element) -> Bind:
    version, name, method, *_ = element.take(3)
    return Bind(version.integer, name.text, method.text if method.number == 0 else None)


def _search(element: Element) -> Search:
    base, scope, _, size, _, types_only, condition, attributes, *_ = element.take(8)
    scopes: tuple[Scope, ...] = ("base", "one", "sub")
    if not 0 <= scope.integer < len(scopes):
        raise BerError(f"LDAP has no search scope {scope.integer}")
    names = tuple(item.text for item in attributes.items)
    where = scopes[scope.integer]
    return Search(base.text, where, size.integer, types_only.boolean, read_filter(condition), names)


def _modify(element: Element) -> Modify:
    name, changes, *_ = element.take(2)
    return Modify(name.text, tuple(map(_change, changes.items)))


def _change(element: Element) -> Change:
    action, part, *_ = element.take(2)
    attribute, values, *_ = part.take(2)
    actions: tuple[Action, ...] = ("add", "delete", "replace")
    if not 0 <= action.integer < len(actions):
        raise BerError(f"a modification {action.integer} is not one of add, delete, replace")
    return Change(actions[action.integer], attribute.text, tuple(value.octets for value in values.items))


def _extended(element: Element) -> Extended:
    name = element.context(0)
    if name is None:
        raise BerError("an extended operation without a name")
    return Extended(name.text)


def _control(element: Element) -> Control:
    oid, *rest = element.take(1)
    critical = any(item.boolean for item in rest if isinstance(item.content, bool))
    value = next((item.octets for item in rest if isinstance(item.content, bytes)), None)
    return Control(oid.text, critical, value)


_OPERATIONS: dict[int, Callable[[Element], Operation]] = {
    0: _bind,
    2: lambda _: Farewell(),
    3: _search,
    6: _modify,
    8: lambda _: Unsupported("add", 9),
    10: lambda _: Unsupported("delete", 11),
    12: lambda _: Unsupported("modify DN", 13),
    14: lambda _: Unsupported("compare", 15),
    16: lambda _: Abandon(),
    23: _extended,
}
