"""The LDAP form of what the job asks AD and of what AD answers: filters, SIDs, GUIDs, entries.

Pure: text and bytes in, values out. Names of attributes and controls are those of MS-ADTS.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable

from runbook.directory import Group, Person
from runbook.distinguished_name import fold
from runbook.group_name import GroupName
from runbook.outcome import Failed

PERSON_ATTRIBUTES = ["objectClass", "objectSid", "memberOf", "primaryGroupID", "adminCount"]
GROUP_ATTRIBUTES = ["objectGUID", "objectSid", "sAMAccountName", "adminCount", "groupType", "msDS-ObjectSoa"]

GROUPS_ARE_SHOWN = "(|(memberOf=*)(!(memberOf=*)))"
"""Fits whoever is in a group or in none, but nobody whose `memberOf` the asker may not read: that is neither true nor
false (MS-ADTS 3.1.1.3.1.3, three-valued filters). Without it, unreadable would look like "in no group"."""

EXTENDED_DN: tuple[str, bool, bytes | None] = ("1.2.840.113556.1.4.529", True, b"\x30\x03\x02\x01\x01")
"""Control: DNs in answers carry GUID and SID as text, `<GUID=...>;<SID=...>;CN=...`."""

PERMISSIVE_MODIFY: tuple[str, bool, bytes | None] = ("1.2.840.113556.1.4.1413", False, None)
"""Control: adding a member twice is no error. AD honours it; Samba does not for `member`."""

_SECURITY = 0x80000000  # bits of groupType (MS-ADTS 2.2.12)
_SCOPES = {2: "global", 4: "domain local", 8: "universal"}
_TERMS_PER_FILTER = 500  # below MaxPageSize 1000 of AD, so that an answer is never cut
_EXTENDED = re.compile(r"<GUID=([0-9a-f-]{36})>;(?:<SID=[^>]+>;)?(.+)", re.IGNORECASE | re.DOTALL)


def sid_dn(sid: str) -> str:
    """The DN that AD understands as "the object with this SID"."""
    return f"<SID={sid}>"


def guid_dn(guid: str) -> str:
    """The DN that AD understands as "the object with this GUID"."""
    return f"<GUID={guid}>"


def plain_dn(dn: str) -> str:
    """The DN itself, of an answer to a search with the control EXTENDED_DN."""
    found = _EXTENDED.fullmatch(dn)
    return found[2] if found else dn


def group_filters(names: Iterable[GroupName], guids: Iterable[str]) -> list[str]:
    """The filters, nearly always one, that together find every group with one of the names or GUIDs."""
    terms = sorted({_term(name) for name in names} | {_guid_term(guid) for guid in guids})
    starts = range(0, len(terms), _TERMS_PER_FILTER)
    return [f"(&(objectClass=group)(|{''.join(terms[start : start + _TERMS_PER_FILTER])}))" for start in starts]


def read_person(attributes: dict[str, list[bytes]], sid: str) -> Person:
    """The person in an entry that was read with the control EXTENDED_DN.

    Raises:
        Failed: the entry is not whole; a list of groups with a hole in it is not a list of groups.
    """
    values = lower_names(attributes)
    if sid_text(single(values, "objectsid", sid)) != sid:
        raise Failed(f"AD: account {sid}: the entry found has another SID")
    domain = sid.rpartition("-")[0]
    return Person(
        sid=sid,
        member_of=_groups_in(attributes, sid),
        primary_group=f"{domain}-{single(values, 'primarygroupid', sid).decode()}",
        admin_count=values.get("admincount", [b"0"]) != [b"0"],
    )


def _groups_in(attributes: dict[str, list[bytes]], sid: str) -> frozenset[str]:
    """The GUIDs in `memberOf` of an entry that was read with the control EXTENDED_DN.

    Raises:
        Failed: there are more than AD shows at once, or the control was not obeyed.
    """
    if any(name.lower().startswith("memberof;range=") for name in attributes):
        raise Failed(f"AD: account {sid} is in more groups than AD shows at once; its groups cannot be read wholly")
    return frozenset(_guid_of(value, sid) for value in lower_names(attributes).get("memberof", []))


def read_group(dn: str, attributes: dict[str, list[bytes]], domain: str = "") -> Group:
    """The group in an entry; `domain` is the NetBIOS name of the domain it was found in.

    Raises:
        Failed: an attribute that every group has is not there: the bind account may not read it.
    """
    values = lower_names(attributes)
    kind = int(values.get("grouptype", [b"0"])[0])
    return Group(
        guid=guid_in(attributes, dn),
        sid=sid_text(single(values, "objectsid", dn)),
        dn=dn,
        account=single(values, "samaccountname", dn).decode(),
        admin_count=values.get("admincount", [b"0"]) != [b"0"],
        cloud_owned=any(value.lower() == b"cloud" for value in values.get("msds-objectsoa", [])),
        security=not kind or bool(kind & _SECURITY),
        scope=next((scope for bit, scope in _SCOPES.items() if kind & bit), ""),
        domain=fold(domain),
    )


def guid_in(attributes: dict[str, list[bytes]], where: str) -> str:
    """The entry's own GUID.

    Raises:
        Failed: it is not readable.
    """
    return str(uuid.UUID(bytes_le=single(lower_names(attributes), "objectguid", where)))


def lower_names(attributes: dict[str, list[bytes]]) -> dict[str, list[bytes]]:
    """The attributes with their names in lower case: servers spell them as they like."""
    return {name.lower(): values for name, values in attributes.items()}


def object_classes(attributes: dict[str, list[bytes]]) -> set[str]:
    """The entry's object classes, in lower case."""
    return {
        value.decode().lower() for name, found in attributes.items() if name.lower() == "objectclass" for value in found
    }


def sid_text(value: bytes) -> str:
    """A binary SID as S-1-... (MS-DTYP 2.4.2)."""
    authority = int.from_bytes(value[2:8], "big")
    parts = [int.from_bytes(value[start : start + 4], "little") for start in range(8, len(value), 4)]
    return "-".join(["S", str(value[0]), str(authority), *map(str, parts)])


def sid_bytes(text: str) -> bytes:
    """A SID's binary form."""
    _, revision, authority, *parts = text.split("-")
    head = bytes([int(revision), len(parts)]) + int(authority).to_bytes(6, "big")
    return head + b"".join(int(part).to_bytes(4, "little") for part in parts)


def _term(name: GroupName) -> str:
    if name.form == "guid":
        return _guid_term(name.key)
    if name.form == "sid":
        return f"(objectSid={hexadecimal(sid_bytes(name.key))})"
    if name.form == "dn":
        return f"(distinguishedName={filter_value(name.text)})"
    account = name.text.rpartition("\\")[2]
    return f"(sAMAccountName={filter_value(account)})"


def _guid_term(guid: str) -> str:
    return f"(objectGUID={hexadecimal(uuid.UUID(guid).bytes_le)})"


def hexadecimal(value: bytes) -> str:
    """Bytes as a filter writes them (RFC 4515)."""
    return "".join(f"\\{byte:02x}" for byte in value)


def filter_value(text: str) -> str:
    """A text, escaped for a filter (RFC 4515)."""
    return "".join(f"\\{ord(letter):02x}" if letter in "*()\\\0" else letter for letter in text)


def _guid_of(value: bytes, sid: str) -> str:
    found = _EXTENDED.fullmatch(value.decode())
    if not found:
        raise Failed(f"AD: account {sid}: the server did not tell the GUIDs of its groups (control 529)")
    return found[1].lower()


def single(values: dict[str, list[bytes]], name: str, where: str) -> bytes:
    """The one value of the attribute `name`, in lower case as all keys of `values` are.

    Raises:
        Failed: there is none, or more than one.
    """
    found = values.get(name, [])
    if len(found) != 1:
        raise Failed(f"AD: {where}: attribute {name} is not readable; give the bind account the right to read it")
    return found[0]
