from __future__ import annotations

import pytest

from provision.sandbox import seed
from provision.sandbox.directory.control import Controls
from provision.sandbox.directory.domain import Domain, populated
from provision.sandbox.directory.filter import Clause
from provision.sandbox.directory.name import Name
from provision.sandbox.directory.population import Account, Group, Population
from provision.sandbox.directory.refusal import Refused
from provision.sandbox.directory.request import Search
from provision.sandbox.directory.response import Found
from provision.sandbox.directory.selection import View

PEOPLE, GROUPS = f"OU=People,{seed.BASE}", f"OU=Groups,{seed.BASE}"


@pytest.fixture
def domain() -> Domain:
    """Ten people, all in `Large`; `Small` has three; `Empty` nobody."""
    accounts = tuple(Account(f"u{number}", f"User {number}") for number in range(10))
    names = tuple(account.account for account in accounts)
    groups = (Group("Large", names), Group("Small", names[:3]), Group("Empty"), Group("Locked", writable=False))
    return populated(Population(accounts, groups))


def show(
    domain: Domain, name: str, *attributes: str, controls: Controls | None = None, types_only: bool = False
) -> Found:
    """The entry as a client sees it, four values at a time."""
    account, entry = domain.store.by_account(seed.BIND_ACCOUNT), domain.store.by_name(Name.parse(name))
    assert account is not None
    assert entry is not None
    request = Search(name, "base", 0, types_only, Clause("objectClass", "present"), attributes)
    return View(domain.store, account, 4, request, controls or Controls()).show(entry)


def one(domain: Domain, group: str, *attributes: str, controls: Controls | None = None) -> dict[str, tuple[bytes, ...]]:
    return dict(show(domain, f"CN={group},{GROUPS}", *attributes, controls=controls).attributes)


def test_more_values_than_the_limit_come_in_parts_unasked(domain: Domain) -> None:
    shown = one(domain, "Large", "member")
    assert [(name, len(values)) for name, values in shown.items()] == [("member;range=0-3", 4)]
    assert list(one(domain, "Small", "member")) == ["member"]


@pytest.mark.parametrize(
    ("asked_for", "name", "count"),
    [
        ("member;range=0-1", "member;range=0-1", 2),
        ("member;range=0-99", "member;range=0-3", 4),
        ("member;range=0-*", "member;range=0-3", 4),
        ("member;range=8-99", "member;range=8-*", 2),
        ("member;range=8-9", "member;range=8-*", 2),
        ("MEMBER;RANGE=9-9", "member;range=9-*", 1),
    ],
)
def test_a_range_is_answered_as_far_as_the_limit_goes(domain: Domain, asked_for: str, name: str, count: int) -> None:
    assert [(key, len(values)) for key, values in one(domain, "Large", asked_for).items()] == [(name, count)]


@pytest.mark.parametrize("part", ["10-*", "10-19", "5-3"])
def test_a_range_behind_the_end_is_an_error_unless_the_control_says_no(domain: Domain, part: str) -> None:
    with pytest.raises(Refused) as refused:
        one(domain, "Large", f"member;range={part}")
    assert refused.value.result.code == 1
    assert one(domain, "Large", f"member;range={part}", controls=Controls(range_no_error=True)) == {}


def test_a_range_of_an_empty_group_is_nothing(domain: Domain) -> None:
    assert one(domain, "Empty", "member;range=0-1499") == {}


def test_extended_names_carry_guid_and_sid(domain: Domain) -> None:
    group, user = domain.store.by_account("Small"), domain.store.by_account("u0")
    assert group is not None
    assert user is not None
    found = show(domain, f"CN=Small,{GROUPS}", "member", controls=Controls(names="text"))
    assert found.name == f"<GUID={group.guid}>;<SID={group.sid}>;CN=Small,{GROUPS}"
    assert found.attributes[0][1][0].decode() == f"<GUID={user.guid}>;<SID={user.sid}>;CN=User 0,{PEOPLE}"


def test_extended_names_in_hex_hold_the_bytes(domain: Domain) -> None:
    group = domain.store.by_account("Small")
    assert group is not None
    found = show(domain, f"CN=Small,{GROUPS}", "cn", controls=Controls(names="hex"))
    assert found.name.startswith(f"<GUID={group.guid.bytes_le.hex()}>;<SID=0105")


def test_an_extended_name_of_what_is_no_principal_has_no_sid(domain: Domain) -> None:
    found = show(domain, GROUPS, "ou", controls=Controls(names="text"))
    assert "SID" not in found.name


@pytest.mark.parametrize(
    ("attributes", "present", "absent"),
    [
        ((), "cn", "allowedAttributesEffective"),
        (("*",), "member", "allowedAttributesEffective"),
        (("*", "allowedAttributesEffective"), "allowedAttributesEffective", "tokenGroups"),
        (("1.1",), "", "cn"),
        (("CN", "nosuch"), "cn", "nosuch"),
    ],
)
def test_the_attributes_shown_are_those_asked_for(
    domain: Domain, attributes: tuple[str, ...], present: str, absent: str
) -> None:
    shown = one(domain, "Small", *attributes)
    assert absent not in shown
    assert not present or present in shown


def test_effective_rights_show_member_only_where_it_may_be_written(domain: Domain) -> None:
    shown = [one(domain, group, "allowedAttributesEffective") for group in ("Small", "Locked")]
    assert shown == [{"allowedAttributesEffective": (b"member",)}, {}]


def test_token_groups_are_the_sids_of_all_groups_and_of_the_primary_one(domain: Domain) -> None:
    found = show(domain, f"CN=User 0,{PEOPLE}", "tokenGroups")
    wanted = {domain.store.by_account(group) for group in ("Large", "Small", "Domain Users")}
    assert set(found.attributes[0][1]) == {entry.attributes["objectsid"][0] for entry in wanted if entry}


def test_types_only_has_no_values(domain: Domain) -> None:
    found = show(domain, GROUPS, "ou", types_only=True)
    assert found.attributes == (("ou", ()),)
