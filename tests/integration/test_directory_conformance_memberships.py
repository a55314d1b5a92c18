"""Whole groups, many accounts and bulk writes through the runbook's own wire, asked of both directories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.directory.population import TEAMS
from runbook.deadline import Deadline
from runbook.directory import Group
from runbook.directory_connection import connect
from runbook.directory_memberships import LdapMemberships
from runbook.directory_session import Connector
from runbook.group_name import parse_group_name
from runbook.identity import Secret
from runbook.main import SystemClock
from runbook.outcome import Failed
from runbook.settings import DirectoryServer, DirectorySettings

FOREIGN = "S-1-5-21-7-7-7"
UNKNOWN = "S-1-5-21-1111111111-2222222222-3333333333-99999"

OpenWire = Callable[..., LdapMemberships]


class Meddling:
    """An ldap3 connection before every search of which something may happen in the directory."""

    def __init__(self, connection: Any, before: Callable[[int], None]) -> None:
        self._connection = connection
        self._before = before
        self._searches = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def search(self, *asked: Any, **more: Any) -> bool:
        self._searches += 1
        self._before(self._searches)
        done: bool = self._connection.search(*asked, **more)
        return done


@pytest.fixture
def open_wire(directory: Any, certificates: CertificateAuthority) -> Iterator[OpenWire]:
    """Opens the runbook's wire, with so many members in a range; `before` is called with the number of each search."""
    opened: list[LdapMemberships] = []
    port = int(directory.url.rpartition(":")[2])
    server = DirectoryServer("localhost", port, start_tls=False, certificate_name="localhost")
    ca_file = str(certificates.ca_file)
    settings = DirectorySettings((server,), directory.base, "LAB", ca_file, "simple", directory.bind_user, None)
    deadline = Deadline(datetime.now(UTC) + timedelta(seconds=190), SystemClock())

    def open_one(step: int = 1500, before: Callable[[int], None] | None = None) -> LdapMemberships:
        def connector(servers: tuple[DirectoryServer, ...]) -> tuple[DirectoryServer, Any]:
            chosen, connection = connect(servers, settings, Secret(directory.bind_password), deadline)
            return chosen, Meddling(connection, before) if before else connection

        wanted: Connector = connector
        opened.append(LdapMemberships(settings, wanted, deadline, step))
        return opened[-1]

    yield open_one
    for wire in opened:
        wire.close()


@pytest.fixture
def wire(open_wire: OpenWire) -> LdapMemberships:
    """As a sweep opens it."""
    return open_wire()


def found(wire: LdapMemberships, *names: str) -> list[Group]:
    groups = wire.groups(frozenset(map(parse_group_name, names)), frozenset())
    return sorted(groups, key=lambda group: group.account)


def one(wire: LdapMemberships, name: str) -> Group:
    (group,) = found(wire, name)
    return group


def crowd(directory: Any, first: int = 0, last: int = 119) -> tuple[str, ...]:
    return tuple(directory.sid_of(f"u{number:03}") for number in range(first, last + 1))


@pytest.mark.parametrize("step", [7, 40, 60, 119, 120, 1500])
def test_every_member_is_read_once_whatever_the_range(open_wire: OpenWire, directory: Any, step: int) -> None:
    wire = open_wire(step)

    members = wire.members(one(wire, "Large"))

    assert (members.sids, members.nameless) == (frozenset(crowd(directory)), 0)


def test_members_that_are_no_people_are_read_too(wire: LdapMemberships, directory: Any) -> None:
    members = wire.members(one(wire, "Mixed"))

    assert members.sids == {directory.sid_of(account) for account in ("u001", "off", "Guarded", "pc1$")}
    assert (members.nameless, len(members)) == (1, 5)


def test_an_empty_group_has_no_members(wire: LdapMemberships, group: str) -> None:
    assert len(wire.members(one(wire, group))) == 0


def test_a_group_whose_members_may_not_be_read_is_no_empty_group(wire: LdapMemberships, kind: str) -> None:
    """Samba knows no undefined filters: there such a group looks empty, so that nobody can be removed from it."""
    hidden, large = found(wire, "Hidden", "Large")
    if kind == "samba":
        assert len(wire.members(hidden)) == 0
        return

    for expected in ((), (large, hidden)):
        wire.expect(expected)
        with pytest.raises(Failed, match="does not show the members of group Hidden"):
            wire.members(hidden)


def test_a_group_that_is_gone_is_no_empty_group(wire: LdapMemberships) -> None:
    with pytest.raises(Failed, match="reading the members of group Gone failed"):
        wire.members(Group("6d2ed34e-5562-5ddc-b639-783187ed43cb", f"{FOREIGN}-1", "CN=Gone", "Gone"))


def test_expected_groups_are_read_together_and_each_as_alone(open_wire: OpenWire) -> None:
    searches: list[int] = []
    wire = open_wire(60, searches.append)
    groups = found(wire, "Large", "Inner", "Mixed", "Guarded", "Locked")
    alone = {group: wire.members(group) for group in groups}
    searches.clear()

    wire.expect(groups)
    together = {group: wire.members(group) for group in groups}

    assert together == alone
    assert len(searches) == 1 + 3  # all at once, and the one that is larger than a range again
    assert wire.members(groups[0]) == alone[groups[0]]


def test_what_was_read_ahead_does_not_outlive_a_write(wire: LdapMemberships, directory: Any, group: str) -> None:
    target, other = one(wire, group), one(wire, "Inner")
    wire.expect((other, target))
    wire.members(other)

    assert wire.write(target, crowd(directory, 1, 1), ()).kind == "done"
    assert wire.members(target).sids == frozenset(crowd(directory, 1, 1))


@pytest.mark.parametrize("change", ["grows", "loses its first", "shrinks", "is emptied"])
def test_a_group_that_changes_between_two_ranges_is_read_whole(
    open_wire: OpenWire, wire: LdapMemberships, directory: Any, group: str, change: str
) -> None:
    target, before = one(wire, group), crowd(directory, 0, 59)
    assert wire.write(target, before, ()).kind == "done"
    add, remove = {
        "grows": (crowd(directory, 60, 89), ()),
        "loses its first": ((), crowd(directory, 0, 4)),
        "shrinks": ((), crowd(directory, 0, 29)),
        "is emptied": ((), before),
    }[change]

    def meddle(search: int) -> None:
        if search == 2:
            assert wire.write(target, add, remove).kind == "done"

    members = open_wire(40, meddle).members(target)

    assert members.sids == frozenset(before + add) - frozenset(remove)


def test_a_group_that_changes_all_the_time_is_given_up(
    open_wire: OpenWire, wire: LdapMemberships, directory: Any, group: str
) -> None:
    target, half = one(wire, group), crowd(directory, 0, 49)
    assert wire.write(target, half, ()).kind == "done"

    def meddle(search: int) -> None:
        """The rest is gone when it is asked for, and back when all is asked for again."""
        change = ((), half) if search % 2 == 0 else (half, ()) if search > 1 else None
        assert change is None or wire.write(target, *change).kind == "done"

    with pytest.raises(Failed, match="changed each time"):
        open_wire(40, meddle).members(target)


def test_accounts_tell_what_protects_them(wire: LdapMemberships, directory: Any) -> None:
    names = ("u001", "off", "boss", "Inner", "pc1$", "Administrator")
    sids = {name: directory.sid_of(name) for name in names}

    known = wire.accounts(frozenset([*sids.values(), UNKNOWN, f"{FOREIGN}-1"]))

    assert known.keys() == set(sids.values())
    accounts = {name: known[sid] for name, sid in sids.items()}
    assert [accounts[name].name for name in names] == list(names)
    assert {name for name in names if accounts[name].user} == {"u001", "off", "boss", "Administrator"}
    assert {name for name in names if not accounts[name].enabled} == {"off"}
    assert {name for name in names if accounts[name].admin_count} >= {"boss"}
    assert not accounts["u001"].admin_count
    assert accounts["u001"].primary_group == f"{directory.sid_of('u001').rpartition('-')[0]}-513"
    assert accounts["Inner"].primary_group == ""


def test_more_accounts_than_one_filter_takes(wire: LdapMemberships, directory: Any) -> None:
    assert wire.accounts(frozenset(crowd(directory))).keys() == set(crowd(directory))
    assert wire.accounts(frozenset()) == {}


def test_one_write_adds_and_removes(wire: LdapMemberships, directory: Any, group: str) -> None:
    target, sids = one(wire, group), crowd(directory)
    assert wire.write(target, sids[:60], ()).kind == "done"

    assert wire.write(target, (*sids[60:], *sids[60:]), (*sids[:30], sids[0])).kind == "done"

    assert wire.members(target).sids == frozenset(sids[30:])
    assert wire.write(target, (), sids[30:]).kind == "done"
    assert len(wire.members(target)) == 0


@pytest.mark.parametrize("case", ["a member", "no member"])
def test_a_write_that_is_partly_so_already_ends_as_wanted_or_is_unclear(
    wire: LdapMemberships, directory: Any, kind: str, group: str, case: str
) -> None:
    target, (first, second, third) = one(wire, group), crowd(directory, 1, 3)
    assert wire.write(target, (first,), ()).kind == "done"
    add, remove = ((first, second), ()) if case == "a member" else ((second,), (first, third))

    answer = wire.write(target, add, remove)

    assert answer.kind == {"embedded": "done", "samba": "unclear"}[kind]  # the control counts at AD only
    wanted = frozenset((first, *add)) - frozenset(remove)
    assert wire.members(target).sids == (wanted if kind == "embedded" else {first})


def test_a_write_with_one_account_that_is_not_there_changes_nothing(
    wire: LdapMemberships, directory: Any, group: str
) -> None:
    target, (first, second) = one(wire, group), crowd(directory, 1, 2)
    assert wire.write(target, (first,), ()).kind == "done"

    for add, remove in (((second, UNKNOWN), ()), ((second,), (UNKNOWN,)), ((second, UNKNOWN), (first,))):
        answer = wire.write(target, add, remove)
        assert answer.kind == "unclear"
        assert answer.reason
        assert wire.members(target).sids == {first}


def test_a_group_that_may_not_be_written_says_so(wire: LdapMemberships, directory: Any) -> None:
    answer = wire.write(one(wire, "Locked"), crowd(directory, 3, 3), ())

    assert (answer.kind, "has no right to change its members" in answer.reason) == ("declined", True)


def test_foreign_members_come_and_go_by_sid(wire: LdapMemberships) -> None:
    local, sids = one(wire, "Local"), tuple(f"{FOREIGN}-{number}" for number in range(2000, 2501))
    before = wire.members(local).sids

    assert wire.write(local, sids, ()).kind == "done"
    assert wire.members(local).sids == before | frozenset(sids)
    assert wire.accounts(frozenset(sids[:3])) == {}
    assert wire.write(local, (), sids).kind == "done"
    assert wire.members(local).sids == before


def test_a_group_that_outgrows_one_range_while_it_is_read(
    open_wire: OpenWire, wire: LdapMemberships, kind: str
) -> None:
    """At AD's own 1,500; Samba, which has no such limit and takes long for so many, is asked for less at a time."""
    step = {"embedded": 1500, "samba": 150}[kind]
    local, sids = one(wire, "Local"), [f"{FOREIGN}-{number}" for number in range(3000, 3000 + step + 20)]
    before = wire.members(local).sids
    for start in range(0, step - 10, 500):
        assert wire.write(local, tuple(sids[start : min(start + 500, step - 10)]), ()).kind == "done"

    def grow(search: int) -> None:
        if search == 2:
            assert wire.write(local, tuple(sids[step - 10 :]), ()).kind == "done"

    reader = open_wire(step, grow)
    assert reader.members(local).sids == before.union(sids[: step - 10])
    assert reader.members(local).sids == before.union(sids)
    reader.expect((local,))
    assert reader.members(local).sids == before.union(sids)
    for start in range(0, len(sids), 500):
        assert wire.write(local, (), tuple(sids[start : start + 500])).kind == "done"


def test_groups_tell_what_they_are(wire: LdapMemberships) -> None:
    large, mailing, local = found(wire, "Local", "List", "Large")

    assert (local.scope, local.security, local.domain) == ("domain local", True, "lab")
    assert (mailing.scope, mailing.security) == ("global", False)
    assert (large.scope, large.security) == ("global", True)
    assert large.dn == f"CN=Large,{TEAMS}"


def test_a_connection_that_ends_while_reading_is_opened_again(
    open_wire: OpenWire, wire: LdapMemberships, directory: Any
) -> None:
    large = one(wire, "Large")

    def hang_up(search: int) -> None:
        if search == 2:
            broken.close()

    broken = open_wire(40, hang_up)

    assert broken.members(large).sids == frozenset(crowd(directory))
