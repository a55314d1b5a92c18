"""The LDAP form of a group's members and of accounts: what AD answers to one range of `member`, and to a list of SIDs.

Pure: bytes in, values out. AD gives at most 1,500 values of an attribute at a time, each part named by its range:
`member;range=0-1499`, the last one `member;range=1500-*` (MS-ADTS 3.1.1.3.1.3.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from runbook.directory_entry import hexadecimal, lower_names, object_classes, sid_bytes, sid_text, single
from runbook.membership import Account
from runbook.outcome import Failed

MEMBERS_ARE_SHOWN = "(|(member=*)(!(member=*)))"
"""Fits a group with members or with none, but no group whose `member` the asker may not read; see GROUPS_ARE_SHOWN."""

ACCOUNT_ATTRIBUTES = [
    "objectClass",
    "objectSid",
    "sAMAccountName",
    "userAccountControl",
    "adminCount",
    "primaryGroupID",
]

_SIDS_PER_FILTER = 100  # more terms cost a server more than more questions do
_DISABLED = 0x2
_NO_PERSON = {"computer", "foreignsecurityprincipal", "group"}  # AD counts a computer as a user, too
_RANGE_NAME = re.compile(r"member;range=(\d+)-(\d+|\*)", re.IGNORECASE)
_MEMBER_VALUE = re.compile(rb"<GUID=[0-9a-f-]{36}>;(?:<SID=(S-1-[0-9-]+)>;)?(?!<)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MemberRange:
    """One part of a group's members: their SIDs, how many have none, and the last value as AD wrote it.

    `next` is where the next part is asked for, or None at the end: with that last value, so that it shows whether the
    members stand where they stood.
    """

    sids: tuple[str, ...]
    nameless: int
    last: bytes
    next: int | None


def range_attribute(first: int, count: int | None) -> str:
    """How members are asked for, beginning with the one of that number: `count`, or as many as the server gives."""
    return f"member;range={first}-{'*' if count is None else first + count - 1}"


def read_range(attributes: dict[str, list[bytes]], group: str, before: MemberRange | None = None) -> MemberRange | None:
    """The first part of the members, or what follows `before`, from an entry read with the control EXTENDED_DN.

    None: the answer does not go on where the one before ended; the group was changed meanwhile.

    Raises:
        Failed: a value is not readable as one.
    """
    named = {name: _RANGE_NAME.fullmatch(name) for name in attributes}
    parts = [(found, attributes[name]) for name, found in named.items() if found]
    if len(parts) > 1:
        raise Failed(f"AD: group {group}: the server answered with {len(parts)} ranges of its members at once")
    if parts:
        found, values = parts[0]
        first, last = int(found[1]), None if found[2] == "*" else int(found[2])
        if first != ((before.next or 0) if before else 0) or (last is not None and last - first + 1 != len(values)):
            return None
        if before and values[:1] != [before.last]:
            return None
        return _member_range(values[1:] if before else values, last, group)
    plain = [values for name, values in attributes.items() if name.lower() == "member"]
    if plain and not plain[0]:
        raise Failed(f"AD: group {group}: the server names its members without telling them")
    if before:
        return None
    return _member_range(plain[0] if plain else [], None, group)


def account_filters(sids: Iterable[str]) -> list[str]:
    """The filters that together find every object with one of the SIDs, each too small for its answer to be cut."""
    terms = [f"(objectSid={hexadecimal(sid_bytes(sid))})" for sid in sorted(sids)]
    starts = range(0, len(terms), _SIDS_PER_FILTER)
    return [f"(|{''.join(terms[start : start + _SIDS_PER_FILTER])})" for start in starts]


def read_account(dn: str, attributes: dict[str, list[bytes]]) -> Account | None:
    """The account in an entry; None when it only stands for one of another domain.

    Raises:
        Failed: an attribute that every account has is not there: the bind account may not read it.
    """
    classes = object_classes(attributes)
    if "foreignsecurityprincipal" in classes:
        return None
    values = lower_names(attributes)
    user = "user" in classes and not classes & _NO_PERSON
    sid = sid_text(single(values, "objectsid", dn))
    return Account(
        sid=sid,
        name=b"".join(values.get("samaccountname", [])).decode(),
        user=user,
        enabled=not (user and int(single(values, "useraccountcontrol", dn)) & _DISABLED),
        admin_count=values.get("admincount", [b"0"]) != [b"0"],
        primary_group=f"{sid.rpartition('-')[0]}-{single(values, 'primarygroupid', dn).decode()}" if user else "",
    )


def _member_range(values: list[bytes], following: int | None, group: str) -> MemberRange:
    found = [_MEMBER_VALUE.match(value) for value in values]
    if not all(found):
        raise Failed(f"AD: group {group}: the server did not tell the SIDs of its members (control 529)")
    sids = tuple(each[1].decode().upper() for each in found if each and each[1])
    return MemberRange(sids, len(values) - len(sids), values[-1] if values else b"", following)
