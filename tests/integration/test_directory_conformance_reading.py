"""Reading what was found, asked of both directories: the embedded one is held to the real one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import ldap3
import pytest

from provision.sandbox.directory.identifier import sid_text
from provision.sandbox.directory.population import PEOPLE, TEAMS

if TYPE_CHECKING:
    from provision.sandbox.directory import Directory
    from tests.integration.conftest import Connect

EXTENDED_DN = ("1.2.840.113556.1.4.529", True, b"\x30\x03\x02\x01\x01")
PAGED = "1.2.840.113556.1.4.319"
LARGE = f"CN=Large,{TEAMS}"
CROWD = {f"CN=User u{number:03},{PEOPLE}" for number in range(120)}


def read(connection: Any, name: str, *attributes: str, controls: list[Any] | None = None) -> dict[str, Any]:
    assert connection.search(name, "(objectClass=*)", ldap3.BASE, attributes=list(attributes), controls=controls)
    values: dict[str, Any] = connection.response[0]["raw_attributes"]
    return values


def texts(values: list[bytes]) -> set[str]:
    return {value.decode() for value in values}


@pytest.mark.parametrize("step", [7, 50, 60, 119, 120, 500])
def test_explicit_ranges_give_every_member_once(connection: Any, step: int) -> None:
    members: list[str] = []
    low, at_end = 0, False
    while not at_end:
        [(name, values)] = read(connection, LARGE, f"member;range={low}-{low + step - 1}").items()
        members += [value.decode() for value in values]
        at_end = name.endswith("-*")
        assert at_end or name == f"member;range={low}-{low + step - 1}"
        low += step
    assert len(members) == 120
    assert set(members) == CROWD


def test_a_range_that_is_asked_to_the_end_is_answered_with_a_star(connection: Any) -> None:
    assert list(read(connection, LARGE, "member;range=100-119")) == ["member;range=100-*"]
    assert list(read(connection, LARGE, "member;range=0-*")) == ["member;range=0-*"]


def test_a_range_of_an_empty_group_is_nothing(connection: Any, group: str) -> None:
    assert list(read(connection, group, "cn", "member;range=0-1499")) == ["cn"]


def test_members_are_read_with_their_sids(connection: Any, directory: Directory) -> None:
    values = read(connection, LARGE, "member;range=0-1499", controls=[EXTENDED_DN])["member;range=0-*"]
    pattern = re.compile(r"<GUID=[0-9a-f-]{36}>;<SID=(S-1-5-21-[0-9-]+)>;(CN=.*)")
    matches = [pattern.fullmatch(value) for value in texts(values)]
    assert {match[2] for match in matches if match} == CROWD
    assert {match[1] for match in matches if match} == {directory.sid_of(f"u{number:03}") for number in range(120)}


def test_the_entry_and_member_of_carry_sids_too(connection: Any, directory: Directory) -> None:
    values = read(connection, f"CN=Inner,{TEAMS}", "memberOf", controls=[EXTENDED_DN])
    assert f"<SID={directory.sid_of('Inner')}>;" in connection.response[0]["dn"]
    assert f"<SID={directory.sid_of('Outer')}>;CN=Outer,".encode() in values["memberOf"][0]


def test_what_is_no_principal_has_a_guid_only(connection: Any) -> None:
    read(connection, TEAMS, "ou", controls=[EXTENDED_DN])
    assert re.fullmatch(rf"<GUID=[0-9a-f-]{{36}}>;{TEAMS}", connection.response[0]["dn"])


def test_member_of_is_direct_and_without_the_primary_group(connection: Any) -> None:
    values = read(connection, f"CN=Still,{PEOPLE}", "memberOf", "primaryGroupID")
    assert texts(values["memberOf"]) == {f"CN={name},{TEAMS}" for name in ("Inner", "Locked")}
    assert values["primaryGroupID"] == [b"513"]


def test_token_groups_are_all_groups_and_the_primary_one(connection: Any, directory: Directory) -> None:
    values = read(connection, f"CN=Still,{PEOPLE}", "tokenGroups")["tokenGroups"]
    shown = {sid_text(value) for value in values}
    ours = {directory.sid_of(name) for name in ("Inner", "Outer", "Locked", "Domain Users")}
    assert ours <= shown
    assert directory.sid_of("Domain Admins") not in shown


@pytest.mark.parametrize(
    ("name", "effective"),
    [
        (f"CN=Inner,{TEAMS}", [b"member"]),
        (f"CN=Guarded,{TEAMS}", [b"member"]),
        (f"CN=Locked,{TEAMS}", None),
        ("CN=Domain Admins,CN=Users,DC=lab,DC=example", None),
        (TEAMS, None),
    ],
)
def test_effective_rights_tell_where_member_may_be_written(
    connection: Any, name: str, effective: list[bytes] | None
) -> None:
    assert read(connection, name, "allowedAttributesEffective").get("allowedAttributesEffective") == effective


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        (f"CN=Inner,{TEAMS}", {"groupType": [b"-2147483646"], "sAMAccountType": [b"268435456"], "adminCount": None}),
        (f"CN=Local,{TEAMS}", {"groupType": [b"-2147483644"], "sAMAccountType": [b"536870912"]}),
        (f"CN=Guarded,{TEAMS}", {"adminCount": [b"1"]}),
        ("CN=Domain Admins,CN=Users,DC=lab,DC=example", {"groupType": [b"-2147483646"], "adminCount": [b"1"]}),
        ("CN=Administrators,CN=Builtin,DC=lab,DC=example", {"groupType": [b"-2147483643"], "adminCount": [b"1"]}),
        (
            f"CN=Boss,{PEOPLE}",
            {"adminCount": [b"1"], "objectClass": [b"top", b"person", b"organizationalPerson", b"user"]},
        ),
        (
            f"CN=User u001,{PEOPLE}",
            {"sAMAccountName": [b"u001"], "userPrincipalName": [b"u001@lab.example"], "sAMAccountType": [b"805306368"]},
        ),
    ],
)
def test_attributes_have_the_values_of_active_directory(
    connection: Any, name: str, attributes: dict[str, list[bytes] | None]
) -> None:
    values = read(connection, name, *attributes)
    assert {attribute: values.get(attribute) for attribute in attributes} == attributes


@pytest.mark.parametrize(
    ("requested", "shown"), [(["1.1"], set()), (["CN", "nosuch"], {"cn"}), (["sAMAccountName"], {"sAMAccountName"})]
)
def test_the_attributes_shown_are_those_asked_for(connection: Any, requested: list[str], shown: set[str]) -> None:
    assert set(read(connection, LARGE, *requested)) == shown


def test_a_star_means_all_that_are_not_constructed(connection: Any) -> None:
    values = read(connection, f"CN=Inner,{TEAMS}", "*")
    assert {"cn", "objectSid", "objectGUID", "member", "memberOf", "groupType", "distinguishedName"} <= set(values)
    assert not {"allowedAttributesEffective", "tokenGroups"} & set(values)


def test_pages_give_every_entry_once(connection: Any) -> None:
    names: list[str] = []
    cookie = None
    while cookie != b"":
        connection.search(
            PEOPLE, "(sAMAccountName=u*)", ldap3.LEVEL, attributes=["cn"], paged_size=50, paged_cookie=cookie
        )
        assert len(connection.response) <= 50
        names += [entry["dn"] for entry in connection.response]
        cookie = connection.result["controls"][PAGED]["value"]["cookie"]
    assert len(names) == 120
    assert set(names) == CROWD


def test_a_cookie_belongs_to_its_connection(connection: Any, connect: Connect, directory: Directory, kind: str) -> None:
    connection.search(PEOPLE, "(objectClass=user)", attributes=["cn"], paged_size=50)
    cookie = connection.result["controls"][PAGED]["value"]["cookie"]
    other = connect(directory.url, directory.bind_user, directory.bind_password)
    assert other.bind()
    other.search(PEOPLE, "(objectClass=user)", attributes=["cn"], paged_size=50, paged_cookie=cookie)
    assert other.result["result"] == {"embedded": 12, "samba": 53}[kind]


def test_a_size_limit_counts_at_active_directory(connection: Any, kind: str) -> None:
    connection.search(PEOPLE, "(objectClass=user)", attributes=["cn"], size_limit=10)
    shown = (connection.result["result"], len(connection.response))
    assert shown == {"embedded": (4, 10), "samba": (0, 132)}[kind]
