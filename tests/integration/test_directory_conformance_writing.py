"""Writing `member`, asked of both directories: the embedded one is held to the real one.

The result codes are those that the runbook acts on. Their texts differ: only Active Directory (and the embedded
directory) begins each with the eight hex digits of a Win32 error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ldap3
import pytest
from ldap3.utils.dn import escape_rdn

from provision.sandbox.directory.population import PEOPLE, TEAMS

if TYPE_CHECKING:
    from provision.sandbox.directory import Directory

ADD, DELETE, REPLACE = ldap3.MODIFY_ADD, ldap3.MODIFY_DELETE, ldap3.MODIFY_REPLACE
U001, U002, U003 = (f"CN=User u00{number},{PEOPLE}" for number in (1, 2, 3))
NOBODY = f"CN=Nobody,{PEOPLE}"
UNKNOWN_SID = "<SID=S-1-5-21-1111111111-2222222222-3333333333-99999>"
UNKNOWN_GUID = "<GUID=6d2ed34e-5562-5ddc-b639-783187ed43cb>"
FOREIGN_SID = "<SID=S-1-5-21-9-9-9-1234>"
PERMISSIVE = "1.2.840.113556.1.4.1413"

Step = tuple[str, list[str]]


def change(connection: Any, group: str, *steps: Step, controls: list[Any] | None = None) -> int:
    connection.modify(group, {"member": list(steps)}, controls=controls)
    return int(connection.result["result"])


def members(connection: Any, group: str) -> list[str]:
    assert connection.search(group, "(objectClass=*)", ldap3.BASE, attributes=["member"])
    return sorted(value.decode() for value in connection.response[0]["raw_attributes"].get("member", []))


def test_members_come_and_go_by_sid(connection: Any, directory: Directory, group: str) -> None:
    one, two = (f"<SID={directory.sid_of(account)}>" for account in ("u001", "u002"))
    assert change(connection, group, (ADD, [one, two])) == 0
    assert members(connection, group) == [U001, U002]
    assert change(connection, group, (DELETE, [one]), (ADD, [U003])) == 0
    assert members(connection, group) == [U002, U003]
    assert change(connection, group, (DELETE, [two])) == 0
    assert members(connection, group) == [U003]


def test_the_directory_itself_tells_the_same(connection: Any, directory: Directory, group: str) -> None:
    account = group.partition(",")[0].removeprefix("CN=")
    before = directory.groups_of("u007")
    assert account not in before
    assert change(connection, group, (ADD, [f"<SID={directory.sid_of('u007')}>"])) == 0
    assert directory.groups_of("U007") == sorted([*before, account])
    assert change(connection, group, (DELETE, [f"CN=User u007,{PEOPLE}"])) == 0
    assert directory.groups_of("u007") == before


def test_a_group_can_be_named_by_sid(connection: Any, directory: Directory, group: str) -> None:
    account = group.partition(",")[0].removeprefix("CN=")
    assert change(connection, f"<SID={directory.sid_of(account)}>", (ADD, [U001])) == 0
    assert members(connection, group) == [U001]


@pytest.mark.parametrize(
    ("steps", "active_directory", "samba"),
    [
        ([(ADD, [U001])], 68, 68),
        ([(ADD, [U002, U001])], 68, 68),
        ([(DELETE, [U002])], 53, 53),
        ([(DELETE, [U001, U002])], 53, 53),
        ([(ADD, [U002]), (DELETE, [U003])], 53, 53),
        ([(ADD, [NOBODY])], 32, 32),
        ([(ADD, [U002, NOBODY])], 32, 32),
        ([(DELETE, [NOBODY])], 53, 53),
        ([(ADD, [UNKNOWN_SID])], 53, 53),
        ([(DELETE, [UNKNOWN_SID])], 53, 53),
        ([(ADD, [UNKNOWN_GUID])], 32, 32),
        ([(DELETE, [FOREIGN_SID])], 53, 53),
        ([(ADD, ["garbage"])], 34, 34),
        ([(ADD, ["<SID=garbage>"])], 34, 34),
        ([(REPLACE, [U002, U002])], 20, 68),
    ],
)
def test_a_refused_change_changes_nothing(  # noqa: PLR0917 - a table
    connection: Any, kind: str, group: str, steps: list[Step], active_directory: int, samba: int
) -> None:
    assert change(connection, group, (ADD, [U001])) == 0
    assert change(connection, group, *steps) == {"embedded": active_directory, "samba": samba}[kind]
    assert members(connection, group) == [U001]


def test_the_embedded_texts_begin_with_the_win32_error(connection: Any, kind: str, group: str) -> None:
    change(connection, group, (ADD, [U001]))
    change(connection, group, (ADD, [U001]))
    already = connection.result["message"]
    change(connection, group, (DELETE, [U002]))
    absent = connection.result["message"]
    expected = {"embedded": ("00000562", "00000561"), "samba": ("Attribut", "Attribut")}[kind]
    assert (already[:8], absent[:8]) == expected


@pytest.mark.parametrize("critical", [True, False])
@pytest.mark.parametrize(("step", "samba"), [((ADD, [U001, U002]), 68), ((DELETE, [U001, U002]), 53)])
def test_the_permissive_control_counts_at_active_directory_only(
    *, connection: Any, kind: str, group: str, step: Step, samba: int, critical: bool
) -> None:
    assert change(connection, group, (ADD, [U001])) == 0
    code = change(connection, group, step, controls=[(PERMISSIVE, critical, None)])
    assert code == {"embedded": 0, "samba": samba}[kind]
    applied = [U001, U002] if step[0] == ADD else []
    assert members(connection, group) == (applied if kind == "embedded" else [U001])


def test_one_value_twice_is_refused_by_active_directory_and_stored_twice_by_samba(
    connection: Any, kind: str, group: str
) -> None:
    assert change(connection, group, (ADD, [U001, U001])) == {"embedded": 20, "samba": 0}[kind]
    assert members(connection, group) == {"embedded": [], "samba": [U001, U001]}[kind]


def test_a_foreign_sid_is_refused_by_a_global_group_of_active_directory(connection: Any, kind: str, group: str) -> None:
    assert change(connection, group, (ADD, [FOREIGN_SID])) == {"embedded": 53, "samba": 0}[kind]


def test_a_foreign_sid_gets_a_placeholder_in_a_domain_local_group(connection: Any) -> None:
    local = f"CN=Local,{TEAMS}"
    assert change(connection, local, (ADD, ["<SID=S-1-5-21-8-8-8-1234>"])) == 0
    assert members(connection, local) == ["CN=S-1-5-21-8-8-8-1234,CN=ForeignSecurityPrincipals,DC=lab,DC=example"]


def test_a_wider_group_is_refused_by_active_directory(connection: Any, kind: str, group: str) -> None:
    assert change(connection, group, (ADD, [f"CN=Local,{TEAMS}"])) == {"embedded": 53, "samba": 0}[kind]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        (f"CN=Locked,{TEAMS}", U002, 50),
        (f"CN=Locked,{TEAMS}", U001, 50),
        ("CN=Domain Admins,CN=Users,DC=lab,DC=example", U002, 50),
        ("CN=Domain Users,CN=Users,DC=lab,DC=example", U002, 50),
        (TEAMS, U002, 50),
        (U003, U002, 50),
        (f"CN=Locked,{TEAMS}", NOBODY, 32),
        (f"CN=Nowhere,{TEAMS}", U002, 32),
        (UNKNOWN_SID, U002, 32),
        ("garbage", U002, 34),
    ],
)
def test_a_group_that_cannot_be_written_says_why(connection: Any, name: str, value: str, code: int) -> None:
    assert change(connection, name, (ADD, [value])) == code


def test_no_other_attribute_can_be_written(connection: Any, group: str) -> None:
    connection.modify(group, {"member": [(ADD, [U001])], "description": [(REPLACE, ["x"])]})
    assert connection.result["result"] == 50
    assert members(connection, group) == []


def test_replace_with_nothing_empties_the_group(connection: Any, group: str) -> None:
    assert change(connection, group, (REPLACE, [U001, U002])) == 0
    assert members(connection, group) == [U001, U002]
    assert change(connection, group, (REPLACE, [])) == 0
    assert members(connection, group) == []


def test_a_disabled_account_can_be_a_member(connection: Any, group: str) -> None:
    assert change(connection, group, (ADD, [f"CN=Off,{PEOPLE}"])) == 0


def test_the_same_change_twice_in_one_request_counts_in_order(connection: Any, group: str) -> None:
    assert change(connection, group, (ADD, [U001]), (DELETE, [U001])) == 0
    assert members(connection, group) == []


@pytest.mark.parametrize(
    "name", ["a/b (x) *", "#hash", "=eq;semi", 'q "u" <o>', "plus + less", "日本 太郎", "back\\slash", "Ada, Zoë"]
)
def test_odd_names_come_and_go(connection: Any, directory: Directory, group: str, name: str) -> None:
    assert change(connection, group, (ADD, [f"CN={escape_rdn(name)},{PEOPLE}"])) == 0
    [written] = members(connection, group)
    connection.search(written, "(objectClass=*)", ldap3.BASE, attributes=["cn", "sAMAccountName"])
    [entry] = connection.response
    assert entry["raw_attributes"]["cn"] == [name.encode()]
    account = entry["raw_attributes"]["sAMAccountName"][0].decode()
    assert change(connection, group, (DELETE, [f"<SID={directory.sid_of(account)}>"])) == 0
    assert members(connection, group) == []


def test_hundreds_of_values_go_in_one_change(connection: Any, directory: Directory, group: str) -> None:
    sids = [f"<SID={directory.sid_of(f'u{number:03}')}>" for number in range(120)]
    assert change(connection, group, (ADD, sids)) == 0
    assert len(members(connection, group)) == 120
    assert change(connection, group, (DELETE, sids)) == 0
    assert members(connection, group) == []
