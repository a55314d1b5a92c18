"""How a client points to an object: by DN, by `<SID=..>` or by `<GUID=..>` (MS-ADTS 3.1.1.3.1.2.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from provision.sandbox.directory import refusal
from provision.sandbox.directory.identifier import guid_of, sid_text
from provision.sandbox.directory.identifier import sid_bytes as bytes_of_sid
from provision.sandbox.directory.name import Name
from provision.sandbox.directory.store import Entry, Store

_POINTER = re.compile(r"<(SID|GUID)=([^>]*)>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BySid:
    """`<SID=S-1-..>` or `<SID=hex>`; `sid` is the text in capitals."""

    sid: str


@dataclass(frozen=True, slots=True)
class ByGuid:
    """`<GUID=..>`, dashed or as hex of AD's bytes."""

    guid: UUID


Reference = Name | BySid | ByGuid


def parse(text: str) -> Reference:
    """What the text points to, whether or not it exists.

    Raises:
        Refused: 34 invalidDNSyntax.
    """
    match = _POINTER.fullmatch(text.strip())
    try:
        if match is None:
            return Name.parse(text)
        if match[1].upper() == "GUID":
            return ByGuid(guid_of(match[2]))
        data = bytes_of_sid(match[2]) if match[2][:2].upper() == "S-" else bytes.fromhex(match[2])
        return BySid(sid_text(data))
    except ValueError as error:
        raise refusal.bad_name(text) from error


def look_up(store: Store, reference: Reference) -> Entry | None:
    """The object, or None."""
    match reference:
        case BySid(sid):
            return store.by_sid(sid)
        case ByGuid(guid):
            return store.by_guid(guid)
        case Name():
            return store.by_name(reference)


def resolve(store: Store, text: str) -> Entry:
    """The object that a request is about.

    Raises:
        Refused: 34 for bad syntax, 32 with the nearest name that exists, 10 for a name of another domain.
    """
    reference = parse(text)
    entry = look_up(store, reference)
    if entry is not None and store.holds(entry):
        return entry
    if not isinstance(reference, Name):
        raise refusal.no_object("")
    if reference.key[-len(store.head.key) :] != store.head.key:
        raise _outside(reference)
    ancestor = reference.parent
    while store.by_name(ancestor) is None:
        ancestor = ancestor.parent
    raise refusal.no_object(ancestor.text)


def _outside(name: Name) -> refusal.Refused:
    labels = [value for rdn in name.rdns for kind, value in rdn if kind.upper() == "DC"]
    if not labels:
        return refusal.no_object("")
    return refusal.elsewhere(".".join(labels).lower(), name.text)
