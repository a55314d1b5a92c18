"""What a job tells of a person's groups: the walk upward, the records, and people who are not in AD."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from runbook.directory import Group
from runbook.directory_nesting import Nesting
from runbook.envelope import Envelope
from runbook.explain import explain, walk
from runbook.outcome import RECORD_MARK, Outcome
from runbook.worker import Worker
from tests.unit.runbook.standins import (
    DOMAIN_SID,
    NOON,
    PACKAGE_A,
    PACKAGE_B,
    PERSON_SID,
    USER,
    Memory,
    StandingClock,
    Wire,
    group,
    reply,
)

ARM, GRAPH = "https://arm", "https://graph.microsoft.com"
MAPPING = json.dumps(
    {
        "AccessPackages": [
            {"AccessPackageID": PACKAGE_A, "ADGroups": ["Direct", "Outer"]},
            {"AccessPackageID": PACKAGE_B, "ADGroups": ["Direct", "Lacked", "Absent"], "Mode": "additive"},
        ],
        "RetiredGroups": ["Old"],
    }
)
SETTINGS: dict[str, Any] = {
    "version": 1,
    "environment": "test",
    "graph": GRAPH,
    "graph_audience": GRAPH,
    "mapping": {"source": "variable", "name": "map", "sha256": hashlib.sha256(MAPPING.encode()).hexdigest()},
    "directory": {
        "servers": [{"url": "ldaps://dc1"}],
        "base": "DC=lab,DC=example",
        "domain": "LAB",
        "bind": {"method": "kerberos"},
    },
    "key_vault_audience": "https://vault.azure.net",
    "safety": {"protected_groups": ["Lacked"], "protected_users": []},
}
CALL = Envelope("explain", "test", NOON + timedelta(minutes=10), ARM, "https://arm/", "/subs/x", "settings", USER)
DIRECT, INNER, OUTER, LACKED, OLD, OWN = (
    group(name, 2000 + number) for number, name in enumerate(("Direct", "Inner", "Outer", "Lacked", "Old", "Domain"))
)
PRIMARY = replace(OWN, sid=f"{DOMAIN_SID}-513")
ALL = (DIRECT, INNER, OUTER, LACKED, OLD, PRIMARY)


class Nested:
    """A `NestingDirectory` of these memberships of groups in groups; those in `hidden` are not shown."""

    def __init__(self, inside: dict[Group, Sequence[Group]], hidden: Sequence[Group] = ()) -> None:
        self._inside = inside
        self._hidden = hidden
        self.asked: list[frozenset[str]] = []
        self.closed = False

    def nestings(self, guids: frozenset[str]) -> tuple[Nesting, ...]:
        self.asked.append(guids)
        known = {*self._inside, *(above for each in self._inside.values() for above in each)} - {*self._hidden}
        return tuple(
            Nesting(one, frozenset(above.guid for above in self._inside.get(one, ())))
            for one in known
            if one.guid in guids
        )

    def close(self) -> None:
        self.closed = True

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"an explanation asks only for nestings, not {name}")


def names(found: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    return {chain.group.account: chain.via for chain in found.values()}


def test_groups_are_followed_upward_with_one_question_for_each_level() -> None:
    directory = Nested({DIRECT: [INNER], INNER: [OUTER], OUTER: [LACKED]})

    found, problems = walk(frozenset({DIRECT.guid}), [directory])

    assert names(found) == {
        "Direct": (),
        "Inner": ("Direct",),
        "Outer": ("Direct", "Inner"),
        "Lacked": ("Direct", "Inner", "Outer"),
    }
    assert problems == ()
    assert len(directory.asked) == 4


def test_groups_that_are_in_each_other_are_told_once() -> None:
    directory = Nested({DIRECT: [INNER], INNER: [DIRECT, OUTER], OUTER: [INNER]})

    found, problems = walk(frozenset({DIRECT.guid}), [directory])

    assert names(found) == {"Direct": (), "Inner": ("Direct",), "Outer": ("Direct", "Inner")}
    assert problems == ()


def test_of_several_ways_the_shortest_is_told() -> None:
    directory = Nested({DIRECT: [INNER, OUTER], INNER: [OUTER], LACKED: [DIRECT]})

    found, _ = walk(frozenset({DIRECT.guid, LACKED.guid}), [directory])

    assert names(found)["Outer"] == ("Direct",)
    assert names(found)["Direct"] == ()


def test_a_chain_without_end_is_cut_and_told() -> None:
    tower = [group(f"Level {number:02}", 3000 + number) for number in range(30)]
    directory = Nested({one: [above] for one, above in itertools.pairwise(tower)})

    found, (problem,) = walk(frozenset({tower[0].guid}), [directory])

    assert len(found) == 20
    assert "deeper than 20 levels" in problem


def test_several_domains_are_asked_and_what_none_of_them_shows_is_told() -> None:
    here, there = Nested({DIRECT: [INNER, OUTER]}, hidden=[INNER, OUTER]), Nested({INNER: [LACKED]})

    found, (problem,) = walk(frozenset({DIRECT.guid}), [here, there])

    assert names(found) == {"Direct": (), "Inner": ("Direct",), "Lacked": ("Direct", "Inner")}
    assert problem.startswith("1 of the groups")


class World:
    """A worker whose wires are stand-ins."""

    def __init__(self, *members: Group, sid: str = PERSON_SID) -> None:
        self.directory = Memory(ALL, members)
        self.nested = Nested({DIRECT: [INNER], INNER: [OUTER], PRIMARY: []})
        self.told: list[str] = []
        self.sid = sid

    def run(self) -> Outcome:
        clock = StandingClock()
        answers: dict[str, Any] = {
            "http://127.0.0.1/token": reply(200, {"access_token": "T"}),
            f"{ARM}/subs/x/variables/settings": reply(200, {"properties": {"value": json.dumps(json.dumps(SETTINGS))}}),
            f"{ARM}/subs/x/variables/map": reply(200, {"properties": {"value": json.dumps(MAPPING)}}),
            f"{GRAPH}/v1.0/users/{USER}": reply(200, {"id": USER, "onPremisesSecurityIdentifier": self.sid}),
        }
        environ = {"IDENTITY_ENDPOINT": "http://127.0.0.1/token", "IDENTITY_HEADER": "h"}

        def unused(*_: Any) -> Any:
            pytest.fail("an explanation of one domain needs neither")

        worker = Worker(environ, clock, Wire(answers), lambda *_: self.directory, unused, unused, self.told.append)
        return explain(CALL, worker, lambda *_: self.nested)

    def records(self) -> dict[str, dict[str, Any]]:
        found = [json.loads(line.removeprefix(RECORD_MARK)) for line in self.told if line.startswith(RECORD_MARK)]
        return {record["name"]: record for record in found}


def test_every_group_is_told_with_how_the_person_is_in_it_and_what_gives_it() -> None:
    world = World(DIRECT)

    outcome = world.run()
    told = world.records()

    assert (outcome.outcome, outcome.facts["account"]) == ("done", PERSON_SID)
    assert outcome.detail == "in 2 of 4 managed groups, 1 of them by nesting only, in 2 others"
    assert {name: (one["kind"], one.get("direct"), one.get("via")) for name, one in told.items()} == {
        "Direct": ("holds", True, []),
        "Inner": ("holds", False, ["Direct"]),
        "Outer": ("holds", False, ["Direct", "Inner"]),
        "Domain": ("holds", True, []),
        "Lacked": ("lacks", None, None),
        "Old": ("lacks", None, None),
        "Absent": ("lacks", None, None),
    }
    assert told["Direct"]["packages"] == [PACKAGE_A, PACKAGE_B]
    assert (told["Direct"]["mode"], told["Outer"]["mode"]) == ("additive", "authoritative")
    assert (told["Inner"]["managed"], told["Inner"]["packages"], told["Inner"]["mode"]) == (False, [], "")
    assert [name for name, one in told.items() if one.get("primary")] == ["Domain"]
    assert told["Lacked"]["protected"] == "is in the list protected_groups"
    assert told["Old"]["retired"]
    assert "does not exist" in told["Absent"]["doubt"]
    assert world.directory.closed
    assert world.nested.closed
    assert world.directory.written == []


@pytest.mark.parametrize(
    ("sid", "said"), [("", "no AD account"), (f"{DOMAIN_SID}-9999", f"no {DOMAIN_SID}-9999")], ids=["entra", "ad"]
)
def test_whoever_is_not_in_ad_is_told_as_such_with_the_managed_groups(sid: str, said: str) -> None:
    world = World(DIRECT, sid=sid)

    outcome = world.run()

    assert outcome.outcome == "done"
    assert said in outcome.facts["absent"]
    assert {record["kind"] for record in world.records().values()} == {"lacks"}
    assert {"Direct", "Outer", "Lacked"} <= world.records().keys()


def test_what_ad_does_not_show_makes_it_partial() -> None:
    world = World(DIRECT)
    world.nested = Nested({DIRECT: [INNER], PRIMARY: []}, hidden=[INNER])

    outcome = world.run()

    assert (outcome.outcome, outcome.exit_code()) == ("partial", 1)
    assert "is not shown" in outcome.problems[0]
