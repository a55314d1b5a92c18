"""Finding objects, asked of both directories: the embedded one is held to the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import ldap3
import pytest
from ldap3.utils.conv import escape_filter_chars

from provision.sandbox.directory.population import PEOPLE, TEAMS

if TYPE_CHECKING:
    from provision.sandbox.directory import Directory

STILL = f"CN=Still,{PEOPLE}"
INNER, OUTER = f"CN=Inner,{TEAMS}", f"CN=Outer,{TEAMS}"


def found(connection: Any, base: str, condition: str, scope: str = ldap3.SUBTREE) -> list[str]:
    connection.search(base, condition, scope, attributes=["sAMAccountName"])
    assert connection.result["result"] == 0, connection.result
    entries = [entry["raw_attributes"] for entry in connection.response if entry["type"] == "searchResEntry"]
    return sorted(value.decode() for entry in entries for value in entry["sAMAccountName"])


def raw(connection: Any, name: str, attribute: str) -> bytes:
    assert connection.search(name, "(objectClass=*)", ldap3.BASE, attributes=[attribute])
    return bytes(connection.response[0]["raw_attributes"][attribute][0])


def in_filter(data: bytes) -> str:
    return "".join(f"\\{byte:02x}" for byte in data)


@pytest.mark.parametrize(
    ("condition", "accounts"),
    [
        ("(sAMAccountName=U001)", ["u001"]),
        ("(&(objectCategory=group)(sAMAccountName=inner))", ["Inner"]),
        ("(&(objectClass=user)(sAMAccountName=inner))", []),
        ("(&(objectCategory=person)(sAMAccountName=u00*))", [f"u00{digit}" for digit in range(10)]),
        ("(sAMAccountName=*u*01)", ["u001", "u101"]),
        ("(|(cn=Inner)(cn=Outer)(cn=Nobody))", ["Inner", "Outer"]),
        (f"(member={STILL})", ["Inner", "Locked"]),
        (f"(&(member={STILL.upper()})(!(cn=Locked)))", ["Inner"]),
        (f"(memberOf={INNER})", ["still", "u001"]),
        (f"(memberOf={OUTER})", ["Inner"]),
        (f"(memberOf:1.2.840.113556.1.4.1941:={OUTER})", ["Inner", "still", "u001"]),
        (f"(member:1.2.840.113556.1.4.1941:={STILL})", ["Inner", "Locked", "Outer"]),
        (f"(distinguishedName={INNER.lower()})", ["Inner"]),
        ("(distinguishedName=*Inner*)", []),
        ("(userAccountControl:1.2.840.113556.1.4.803:=2)", ["Guest", "krbtgt", "off"]),
        ("(&(groupType:1.2.840.113556.1.4.804:=4)(!(groupType:1.2.840.113556.1.4.803:=1))(cn=Lo*))", ["Local"]),
        ("(&(groupType:1.2.840.113556.1.4.803:=2147483648)(cn=Inner))", ["Inner"]),
        ("(&(adminCount=1)(objectClass=user))", ["Administrator", "boss", "krbtgt"]),
        ("(&(adminCount>=1)(cn=Domain*))", ["Domain Admins", "Domain Controllers"]),
        ("(primaryGroupID=x)", []),
        ("(nosuchattribute=1)", []),
        ("(member=garbage)", []),
        ("(objectSid=S-1-5-32-544)", ["Administrators"]),
        ("(objectSid=nonsense)", []),
        (f"(sAMAccountName={escape_filter_chars('Café (Köln) #1')})", ["Café (Köln) #1"]),
        (f"(cn={escape_filter_chars('a/b (x) *')})", ["odd0"]),
        (f"(cn={escape_filter_chars('back') + chr(92) + '5cslash'})", ["odd6"]),
    ],
)
def test_a_filter_finds(connection: Any, directory: Directory, condition: str, accounts: list[str]) -> None:
    assert found(connection, directory.base, condition) == accounts


@pytest.mark.parametrize(
    ("condition", "active_directory", "samba"),
    [
        ("(sAMAccountName=Cafe \\28Koln\\29 #1)", ["Café (Köln) #1"], []),
        ("(&(!(nosuchattribute=1))(cn=Inner))", [], ["Inner"]),
    ],
    ids=["accents do not count at AD", "not undefined is undefined at AD"],
)
def test_where_samba_finds_otherwise(
    connection: Any, kind: str, condition: str, active_directory: list[str], samba: list[str]
) -> None:
    assert found(connection, TEAMS, condition) == {"embedded": active_directory, "samba": samba}[kind]


def test_a_sid_is_found_as_text_as_bytes_and_as_base(connection: Any, directory: Directory) -> None:
    sid, data = directory.sid_of("still"), raw(connection, STILL, "objectSid")
    for condition in (f"(objectSid={sid})", f"(objectSid={in_filter(data)})"):
        assert found(connection, directory.base, condition) == ["still"]
    for base in (f"<SID={sid}>", f"<SID={data.hex()}>"):
        assert found(connection, base, "(objectClass=*)", ldap3.BASE) == ["still"]


def test_a_guid_is_found_as_text_as_bytes_and_as_base(connection: Any, directory: Directory) -> None:
    data = raw(connection, STILL, "objectGUID")
    guid = UUID(bytes_le=data)
    for condition in (f"(objectGUID={guid})", f"(objectGUID={in_filter(data)})"):
        assert found(connection, directory.base, condition) == ["still"]
    for base in (f"<GUID={guid}>", f"<GUID={data.hex()}>"):
        assert found(connection, base, "(objectClass=*)", ldap3.BASE) == ["still"]


@pytest.mark.parametrize(
    ("base", "active_directory", "samba"),
    [
        (f"CN=Nobody,{PEOPLE}", 32, 32),
        (f"CN=Nobody,OU=Nowhere,{PEOPLE}", 32, 32),
        ("<SID=S-1-5-21-1111111111-2222222222-3333333333-99999>", 32, 32),
        ("<GUID=6d2ed34e-5562-5ddc-b639-783187ed43cb>", 32, 32),
        ("<SID=garbage>", 34, 34),
        ("<GUID=garbage>", 34, 34),
        ("garbage", 34, 34),
        ("CN=x,,DC=lab,DC=example", 34, 34),
        ("DC=other,DC=example", 10, 32),
    ],
)
def test_a_base_that_is_not_there_is_told_apart(
    connection: Any, kind: str, base: str, active_directory: int, samba: int
) -> None:
    assert not connection.search(base, "(objectClass=*)", ldap3.BASE)
    assert connection.result["result"] == {"embedded": active_directory, "samba": samba}[kind]


def test_the_scope_bounds_the_search(connection: Any, directory: Directory) -> None:
    assert found(connection, TEAMS.upper(), "(cn=INNER)", ldap3.LEVEL) == ["Inner"]
    assert found(connection, directory.base, "(cn=Inner)", ldap3.LEVEL) == []
    assert found(connection, INNER, "(cn=Inner)", ldap3.BASE) == ["Inner"]
    assert found(connection, TEAMS, "(cn=Inner)", ldap3.BASE) == []


def test_a_search_from_the_head_also_brings_references(connection: Any, directory: Directory) -> None:
    connection.search(directory.base, "(cn=Inner)")
    assert {entry["type"] for entry in connection.response} == {"searchResEntry", "searchResRef"}
    connection.search(directory.base, "(cn=Inner)", controls=[("1.2.840.113556.1.4.1339", True, None)])
    assert {entry["type"] for entry in connection.response} == {"searchResEntry"}


def test_a_constructed_attribute_in_a_filter_is_refused_by_active_directory(
    connection: Any, directory: Directory, kind: str
) -> None:
    connection.search(directory.base, "(tokenGroups=*)")
    assert connection.result["result"] == {"embedded": 18, "samba": 0}[kind]
