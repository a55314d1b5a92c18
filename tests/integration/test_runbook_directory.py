"""The runbook's LDAP wire against the sandbox's directories: answers that a stand-in could only repeat."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.directory.population import TEAMS
from runbook.apply import apply
from runbook.deadline import Deadline
from runbook.directory import Change, Group
from runbook.directory_session import LdapDirectory, open_directory
from runbook.group_name import parse_group_name
from runbook.identity import Secret
from runbook.main import SystemClock
from runbook.outcome import Refused
from runbook.reconcile import Plan
from runbook.settings import DirectoryServer, DirectorySettings


@pytest.fixture
def deadline() -> Deadline:
    """A minute."""
    return Deadline(datetime.now(UTC) + timedelta(seconds=70), SystemClock())


@pytest.fixture
def wire(directory: Any, certificates: CertificateAuthority, deadline: Deadline) -> LdapDirectory:
    """The runbook's connection."""
    server = DirectoryServer(
        "localhost", int(directory.url.rpartition(":")[2]), start_tls=False, certificate_name="localhost"
    )
    ca_file = str(certificates.ca_file)
    settings = DirectorySettings((server,), directory.base, "LAB", ca_file, "simple", directory.bind_user, None)
    return open_directory(settings, Secret(directory.bind_password), deadline)


def found(wire: LdapDirectory, name: str) -> Group:
    (group,) = wire.groups(frozenset({parse_group_name(name)}), frozenset())
    return group


def test_a_membership_goes_in_and_out_and_twice_is_not_an_error(
    wire: LdapDirectory, directory: Any, group: str, deadline: Deadline
) -> None:
    sid = directory.sid_of("u050")
    one = found(wire, group)
    add, remove = Change(one, add=True), Change(one, add=False)

    assert wire.change(add, sid).kind == "done"
    assert one.guid in wire.person(sid).member_of
    assert wire.change(add, sid).kind in {"done", "unclear"}
    twice = apply(Plan(add=(add,)), sid, wire, deadline)
    assert (twice.problems, len(twice.added) + len(twice.already)) == ([], 1)

    assert wire.change(remove, sid).kind == "done"
    assert one.guid not in wire.person(sid).member_of
    twice = apply(Plan(remove=(remove,)), sid, wire, deadline)
    assert (twice.problems, len(twice.removed) + len(twice.already)) == ([], 1)
    wire.close()


def test_a_rule_of_ad_is_a_problem_and_not_taken_for_already_so(
    wire: LdapDirectory, group: str, deadline: Deadline, directory: Any
) -> None:
    ghost = directory.sid_of("u050").rpartition("-")[0] + "-999999"

    answer = wire.change(Change(found(wire, group), add=True), ghost)

    assert answer.kind in {"unclear", "declined"}
    assert answer.reason
    applied = apply(Plan(add=(Change(found(wire, group), add=True),)), ghost, wire, deadline)
    assert len(applied.problems) == 1
    wire.close()


def test_people_are_read_with_all_their_groups(wire: LdapDirectory, directory: Any) -> None:
    person = wire.person(directory.sid_of("u001"))
    groups = wire.groups(frozenset(), person.member_of)

    assert sorted(str(group) for group in groups) == directory.groups_of("u001")
    assert person.primary_group.endswith("-513")
    assert wire.person(directory.sid_of("boss")).admin_count
    wire.close()


def test_groups_are_no_people(wire: LdapDirectory, directory: Any) -> None:
    with pytest.raises(Refused, match="no user account"):
        wire.person(directory.sid_of("Inner"))
    wire.close()


@pytest.mark.parametrize("name", ["Café (Köln) #1", "CAFÉ (KÖLN) #1", f"CN=Café \\28Köln\\29 \\#1,{TEAMS}"])
def test_odd_names_are_found(wire: LdapDirectory, name: str) -> None:
    assert found(wire, name).account == "Café (Köln) #1"
    wire.close()


def test_marks_of_protection_are_read(wire: LdapDirectory) -> None:
    assert found(wire, "Guarded").admin_count
    assert not found(wire, "Large").admin_count
    wire.close()


def test_a_broken_connection_is_opened_again(wire: LdapDirectory, directory: Any) -> None:
    sid = directory.sid_of("u001")
    before = wire.person(sid)
    wire.close()

    assert wire.person(sid) == before
    wire.close()
