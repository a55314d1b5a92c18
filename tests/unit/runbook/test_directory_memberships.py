from __future__ import annotations

import uuid

import pytest

from runbook.directory_entry import EXTENDED_DN, PERMISSIVE_MODIFY
from runbook.directory_memberships import LdapMemberships
from runbook.directory_range import MEMBERS_ARE_SHOWN
from runbook.outcome import DeadlinePassed, Failed
from tests.unit.runbook.standins import DOMAIN_SID, StandingClock, deadline_in, group
from tests.unit.runbook.test_directory_range import account_entry, value
from tests.unit.runbook.test_directory_session import BROKEN, SETTINGS, Network, Step

ONE, TWO = group("One"), group("Two", 2001)
SIDS = tuple(f"{DOMAIN_SID}-{rid}" for rid in range(7000, 7003))


def members(*rids: int, first: int = 0, more: bool = False) -> Step:
    """An answer with these members, `more` of which follow."""
    name = f"member;range={first}-{first + len(rids) - 1 if more else '*'}"
    return 0, [("CN=One", {name: [value(rid) for rid in rids]})]


def wire(*connections: list[Step], step: int = 3, seconds: float = 600) -> tuple[LdapMemberships, Network]:
    network = Network(*connections)
    return LdapMemberships(SETTINGS, network, deadline_in(seconds), step), network


def rids(found: frozenset[str]) -> list[int]:
    return sorted(int(sid.rpartition("-")[2]) for sid in found)


def test_a_group_is_read_range_by_range_each_with_the_last_of_the_one_before() -> None:
    ad, network = wire([members(1, 2, 3, more=True), members(3, 4, 5, first=2, more=True), members(5, 6, first=4)])

    assert rids(ad.members(ONE).sids) == [1, 2, 3, 4, 5, 6]
    asked = network.connections[0].asked
    assert [each[4]["attributes"] for each in asked] == [[f"member;range={n}-{n + 2}"] for n in (0, 2, 4)]
    assert {each[:4] for each in asked} == {("search", f"<GUID={ONE.guid}>", MEMBERS_ARE_SHOWN, "BASE")}
    assert all(each[4]["controls"] == [EXTENDED_DN] for each in asked)


def test_a_server_that_gives_less_than_was_asked_for_is_asked_for_the_rest() -> None:
    ad, network = wire([members(1, 2, more=True), members(2, 3, first=1)])

    assert rids(ad.members(ONE).sids) == [1, 2, 3]
    assert network.connections[0].asked[1][4]["attributes"] == ["member;range=1-3"]


@pytest.mark.parametrize(
    "changed",
    [
        (1, []),  # past the end
        (32, []),  # gone
        (0, [("CN=One", {})]),
        members(9, 4, first=2),
    ],
)
def test_a_group_that_changed_meanwhile_is_read_again(changed: Step) -> None:
    ad, _ = wire([members(1, 2, 3, more=True), changed, members(1, 2)])

    assert rids(ad.members(ONE).sids) == [1, 2]


def test_a_group_that_becomes_unreadable_meanwhile_is_an_error() -> None:
    with pytest.raises(Failed, match="does not show"):
        wire([members(1, 2, 3, more=True), (0, [])])[0].members(ONE)


def test_a_group_that_never_stands_still_is_given_up() -> None:
    ad, _ = wire([members(1, 2, 3, more=True), (1, [])] * 3)

    with pytest.raises(Failed, match="group One was changed each time"):
        ad.members(ONE)


def test_the_rest_of_a_group_is_not_taken_from_another_server() -> None:
    network = Network([members(1, 2, 3, more=True), BROKEN], [members(3, 8, first=2), members(1, 2)])
    turns = iter(SETTINGS.servers)
    ad = LdapMemberships(SETTINGS, lambda _: network((next(turns),)), deadline_in(600), 3)

    assert rids(ad.members(ONE).sids) == [1, 2]


@pytest.mark.parametrize("code", [1, 4, 10, 11, 32, 50, 51, 52, 80])
def test_a_first_answer_that_is_no_success_is_an_error(code: int) -> None:
    ad, _ = wire([(code, [("CN=One", {"member;range=0-*": [value(1)]})])])

    with pytest.raises(Failed, match="reading the members of group One failed: said 0000 x"):
        ad.members(ONE)


@pytest.mark.parametrize("entries", [0, 2])
def test_a_group_that_does_not_come_exactly_once_is_an_error(entries: int) -> None:
    ad, _ = wire([(0, [("CN=One", {"member;range=0-*": [value(1)]})] * entries)])

    with pytest.raises(Failed, match="does not show the members of group One"):
        ad.members(ONE)


def test_a_connection_that_breaks_twice_is_an_error() -> None:
    ad, _ = wire([BROKEN], [BROKEN])

    with pytest.raises(Failed, match="broke twice"):
        ad.members(ONE)


def test_expected_groups_come_with_one_search() -> None:
    both = [
        ("CN=Two", {"objectGUID": [uuid.UUID(TWO.guid).bytes_le], "member;range=0-*": [value(2)]}),
        ("CN=One", {"objectGUID": [uuid.UUID(ONE.guid).bytes_le]}),
    ]
    ad, network = wire([(0, both)])
    ad.expect((ONE, TWO))

    assert (len(ad.members(ONE)), rids(ad.members(TWO).sids)) == (0, [2])
    (asked,) = network.connections[0].asked
    assert asked[1:4:2] == (SETTINGS.base, "SUBTREE")
    assert MEMBERS_ARE_SHOWN in asked[2]


@pytest.mark.parametrize(
    "together",
    [
        (4, [("CN=One", {"objectGUID": [uuid.UUID(ONE.guid).bytes_le], "member;range=0-*": []})]),
        (52, []),
        (0, []),
        (0, [("CN=One", {"objectGUID": [uuid.UUID(ONE.guid).bytes_le], "member": [b"CN=Plain"]})]),
        (0, [("CN=One", {"member;range=0-*": [value(1)]})]),
        (0, [("CN=One", {"objectGUID": [uuid.UUID(ONE.guid).bytes_le], "member;range=0-0": [value(1)]})]),
    ],
)
def test_what_is_not_told_wholly_for_many_is_asked_for_one(together: Step) -> None:
    ad, network = wire([together, members(1, 2)])
    ad.expect((ONE, TWO))

    assert rids(ad.members(ONE).sids) == [1, 2]
    assert network.connections[0].asked[1][1] == f"<GUID={ONE.guid}>"


@pytest.mark.parametrize("code", [4, 10, 11, 32, 52])
def test_a_search_of_accounts_that_does_not_end_well_is_an_error(code: int) -> None:
    ad, _ = wire([(code, [("CN=x", account_entry())])])

    with pytest.raises(Failed, match="searching accounts under DC=lab,DC=example failed"):
        ad.accounts(frozenset(SIDS))


def test_a_write_is_one_modify_that_names_everybody_by_sid_and_once() -> None:
    ad, network = wire([(0, [])])

    assert ad.write(ONE, (SIDS[0], SIDS[1], SIDS[0]), (SIDS[2],)).kind == "done"
    assert network.connections[0].asked == [
        (
            "modify",
            f"<GUID={ONE.guid}>",
            {
                "member": [
                    ("MODIFY_DELETE", [f"<SID={SIDS[2]}>"]),
                    ("MODIFY_ADD", [f"<SID={SIDS[0]}>", f"<SID={SIDS[1]}>"]),
                ]
            },
            {"controls": [PERMISSIVE_MODIFY]},
        )
    ]


@pytest.mark.parametrize(("code", "kind"), [(53, "unclear"), (68, "unclear"), (51, "lost"), (50, "declined")])
def test_a_write_that_is_answered_otherwise_says_so(code: int, kind: str) -> None:
    assert wire([(code, [])])[0].write(ONE, SIDS, ()).kind == kind


def test_after_a_write_everything_is_read_from_the_server_that_was_written_to() -> None:
    ad, network = wire([BROKEN], [members(1)])

    assert ad.write(ONE, SIDS, ()).kind == "lost"
    assert rids(ad.members(ONE).sids) == [1]
    assert network.offered == [("dc1", "dc2"), ("dc1",)]


def test_nothing_is_asked_or_written_after_the_deadline() -> None:
    clock = StandingClock()
    network = Network([members(1)])
    ad = LdapMemberships(SETTINGS, network, deadline_in(5, clock))
    clock.seconds = 6

    for act in (lambda: ad.members(ONE), lambda: ad.accounts(frozenset(SIDS)), lambda: ad.write(ONE, SIDS, ())):
        with pytest.raises(DeadlinePassed):
            act()
    assert network.connections[0].asked == []
