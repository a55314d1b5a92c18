"""Which groups a person is in, directly and through others: the uploaded file beside both directories."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provision.explain.membership import Membership, seen
from provision.job_records import records
from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.directory.population import PEOPLE, TEAMS
from tests.integration.runbook_world import READERS, USER, Ended, World


@pytest.fixture
def world(directory: Any, certificates: CertificateAuthority, script: Path) -> Iterator[World]:
    """An Azure around the uploaded runbook, and the directory that all tests of conformance share."""
    made = World(directory, certificates, script)
    yield made
    made.server.stop()


@pytest.fixture
def scratch(scratch_numbers: Iterator[int]) -> list[str]:
    """The names of four empty groups that may be written."""
    return [f"Scratch {next(scratch_numbers):03}" for _ in "1234"]


def explained(world: World, account: str) -> tuple[Ended, dict[str, Membership]]:
    """The job's end, and what it told of each group."""
    world.person(world.directory.sid_of(account))
    ended = world.ask("explain", user=USER)
    return ended, {group.name: group for group in seen(records(ended.output), ended.result).groups}


def join(connection: Any, group: str, *members: str) -> None:
    """Puts these into the group, as somebody at a domain controller would."""
    changes = {"member": [("MODIFY_ADD", list(members))]}
    assert connection.modify(f"CN={group},{TEAMS}", changes), connection.result


def test_direct_and_nested_groups_are_told_with_the_way_to_them(world: World) -> None:
    world.map("Outer", "Inner", "Large", "Local")

    ended, groups = explained(world, "still")

    assert (ended.code, ended.result["outcome"]) == (0, "done"), ended.output
    assert ended.result["account"] == world.directory.sid_of("still")
    wanted = ("Inner", "Locked", "Outer", "Domain Users")
    assert [(groups[name].member, groups[name].via, groups[name].managed) for name in wanted] == [
        ("direct", (), True),
        ("direct", (), False),
        ("nested", ("Inner",), True),
        ("primary", (), False),
    ]
    assert {groups[name].packages for name in ("Inner", "Outer", "Large")} == {(READERS,)}
    assert groups["Outer"].mode == "authoritative"
    assert groups["Large"].member == groups["Local"].member == ""
    assert "does not exist" in groups["Finance_Readers"].doubt
    assert ended.result["detail"].startswith("in 2 of 4 managed groups, 1 of them by nesting only, in ")


def test_a_long_chain_is_followed_and_a_circle_ends(world: World, connection: Any, scratch: list[str]) -> None:
    one, two, three, four = scratch
    join(connection, one, f"CN=User u119,{PEOPLE}")
    join(connection, two, f"CN={one},{TEAMS}")
    join(connection, three, f"CN={two},{TEAMS}")
    join(connection, four, f"CN={three},{TEAMS}")
    join(connection, one, f"CN={four},{TEAMS}")
    world.map(four)

    ended, groups = explained(world, "u119")

    assert ended.result["outcome"] == "done", ended.output
    assert [(groups[name].member, groups[name].via) for name in scratch] == [
        ("direct", ()),
        ("nested", (one,)),
        ("nested", (one, two)),
        ("nested", (one, two, three)),
    ]


def test_nothing_is_written(world: World) -> None:
    world.map("Outer", "Inner")
    before = world.directory.groups_of("still")

    explained(world, "still")

    assert world.directory.groups_of("still") == before
    assert all(not path.endswith("assignments") for path in world.azure.requests)


@pytest.mark.parametrize("sid", [None, "S-1-5-21-1111111111-2222222222-3333333333-99999"], ids=["entra", "ad"])
def test_whoever_has_no_account_is_explained_as_such(world: World, sid: str | None) -> None:
    world.map("Outer")
    world.person(sid)

    ended = world.ask("explain", user=USER)
    groups = seen(records(ended.output), ended.result).groups

    assert (ended.code, ended.result["outcome"]) == (0, "done"), ended.output
    assert ended.result["absent"]
    assert [group.name for group in groups if not group.doubt] == ["Outer"]
    assert not any(group.member for group in groups)
