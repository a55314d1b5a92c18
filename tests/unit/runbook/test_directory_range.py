from __future__ import annotations

import pytest

from runbook.directory_entry import sid_bytes
from runbook.directory_range import MemberRange, account_filters, range_attribute, read_account, read_range
from runbook.outcome import Failed
from tests.unit.runbook.standins import DOMAIN_SID, PERSON_SID

GUID = "1f2e3d4c-0001-4002-8003-abcdefabcdef"
BEFORE = MemberRange((f"{DOMAIN_SID}-1",), 0, b"last", 5)


def value(rid: int, guid: str = GUID) -> bytes:
    return f"<GUID={guid}>;<SID={DOMAIN_SID}-{rid}>;CN=<SID=x>\\, u{rid},DC=lab".encode()


def account_entry(**changes: list[bytes] | None) -> dict[str, list[bytes]]:
    entry: dict[str, list[bytes] | None] = {
        "objectClass": [b"top", b"person", b"User"],
        "objectSid": [sid_bytes(PERSON_SID)],
        "sAMAccountName": ["zoë".encode()],
        "userAccountControl": [b"512"],
        "primaryGroupID": [b"513"],
    }
    return {name.upper(): found for name, found in {**entry, **changes}.items() if found is not None}


def test_a_range_is_asked_for_by_its_first_and_last() -> None:
    assert range_attribute(1499, 1500) == "member;range=1499-2998"


def test_the_first_part_says_where_the_next_begins() -> None:
    nameless = f"<GUID={GUID}>;CN=Partner,DC=lab".encode()

    part = read_range({"MEMBER;RANGE=0-2": [value(7), nameless, value(8)]}, "One")

    assert part == MemberRange((f"{DOMAIN_SID}-7", f"{DOMAIN_SID}-8"), 1, value(8), 2)


def test_the_last_part_has_no_next_and_does_not_count_what_was_there_before() -> None:
    part = read_range({"member;range=5-*": [b"last", value(9)]}, "One", BEFORE)

    assert part == MemberRange((f"{DOMAIN_SID}-9",), 0, value(9), None)


@pytest.mark.parametrize(
    "attributes",
    [
        {"member;range=4-*": [b"last", value(9)]},
        {"member;range=6-*": [b"last", value(9)]},
        {"member;range=5-*": [b"another", value(9)]},
        {"member;range=5-*": []},
        {"member;range=5-7": [b"last", value(9)]},
        {"member": [b"last", value(9)]},
        {},
    ],
)
def test_a_part_that_does_not_go_on_exactly_means_a_change(attributes: dict[str, list[bytes]]) -> None:
    assert read_range(attributes, "One", BEFORE) is None


def test_a_first_part_that_is_none_means_a_change() -> None:
    assert read_range({"member;range=1-*": [value(9)]}, "One") is None


@pytest.mark.parametrize(
    ("attributes", "count"), [({}, 0), ({"member": [value(7), value(8)]}, 2), ({"objectGUID": [b"x"]}, 0)]
)
def test_a_server_that_ignores_ranges_gives_all_at_once(attributes: dict[str, list[bytes]], count: int) -> None:
    part = read_range(attributes, "One")

    assert part is not None
    assert (len(part.sids), part.next) == (count, None)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"member": []}, "without telling them"),
        ({"member": [value(7)], "member;range=0-*": [value(7)], "Member;Range=0-1": [value(7)]}, "2 ranges"),
        ({"member": [b"CN=Plain,DC=lab"]}, "control 529"),
        ({"member;range=0-*": [value(7), b"CN=Plain,DC=lab"]}, "control 529"),
        ({"member;range=0-*": [f"<GUID={GUID}>;<SID=010500000000>;CN=u".encode()]}, "control 529"),
        ({"member;range=0-*": [f"<GUID={GUID.replace('-', '')}>;CN=u".encode()]}, "control 529"),
    ],
)
def test_what_cannot_be_read_as_members_is_an_error(attributes: dict[str, list[bytes]], message: str) -> None:
    with pytest.raises(Failed, match=f"group One.*{message}"):
        read_range(attributes, "One")


def test_empty_values_beside_a_range_are_active_directorys_way_to_say_that_there_are_more() -> None:
    part = read_range({"member": [], "member;range=0-0": [value(7)]}, "One")

    assert part is not None
    assert (part.sids, part.next) == ((f"{DOMAIN_SID}-7",), 0)


def test_accounts_are_asked_for_in_small_filters() -> None:
    filters = account_filters(f"{DOMAIN_SID}-{number}" for number in range(201))

    assert [found.count("(objectSid=\\01\\05") for found in filters] == [100, 100, 1]
    assert account_filters([]) == []


@pytest.mark.parametrize(
    ("changes", "user"),
    [
        ({}, True),
        ({"objectClass": [b"top", b"user", b"inetOrgPerson"]}, True),
        ({"objectClass": [b"top", b"user", b"Computer"]}, False),
        ({"objectClass": [b"top", b"group"], "userAccountControl": None, "primaryGroupID": None}, False),
        ({"objectClass": [b"top", b"contact"], "userAccountControl": None, "primaryGroupID": None}, False),
    ],
)
def test_only_people_are_users(changes: dict[str, list[bytes] | None], *, user: bool) -> None:
    account = read_account("CN=x", account_entry(**changes))

    assert account is not None
    assert (account.user, account.sid, account.name, account.enabled) == (user, PERSON_SID, "zoë", True)
    assert account.primary_group == (f"{DOMAIN_SID}-513" if user else "")


def test_an_account_is_disabled_by_one_bit_and_privileged_by_its_mark() -> None:
    account = read_account("CN=x", account_entry(userAccountControl=[b"514"], adminCount=[b"1"]))

    assert account is not None
    assert (account.enabled, account.admin_count) == (False, True)


def test_what_stands_for_an_account_of_another_domain_is_none() -> None:
    assert read_account("CN=x", account_entry(objectClass=[b"top", b"foreignSecurityPrincipal"])) is None


@pytest.mark.parametrize("attribute", ["objectSid", "userAccountControl", "primaryGroupID"])
def test_an_account_that_is_not_whole_is_an_error(attribute: str) -> None:
    with pytest.raises(Failed, match=f"attribute {attribute.lower()} is not readable"):
        read_account("CN=x", account_entry(**{attribute: None}))
