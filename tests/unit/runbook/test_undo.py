"""An undo from envelope to outcome, with stand-ins for the wires: whom it obeys, what is written, what is told."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from provision.job_records import records
from provision.runs.record import Job
from provision.undo_changes import undoable
from runbook.directory import Answer, Group
from runbook.membership import Members
from runbook.outcome import Failed, Outcome, Refused
from runbook.undo import undo
from runbook.worker import Worker
from tests.unit.runbook.domain import Domain, sid
from tests.unit.runbook.standins import StandingClock, Wire, reply
from tests.unit.runbook.test_job import ALONE, ARM, ENVIRON, SETTINGS, VAULT, variable
from tests.unit.runbook.test_sweep import GENEROUS, ONE, PACKAGES, SHARED, TWO
from tests.unit.runbook.test_sweep import World as Sweeping

JOB, UNDONE = "13131313-1313-4313-8313-131313131313", "12121212-1212-4212-8212-121212121212"
LOOK = replace(ALONE, source="undo", user="", job=JOB, undone=UNDONE)
VARIABLE = f"{ARM}/subs/x/variables/lockstep-test-undo"


class World:
    """A sweep has added 2 to One, and removed 4 and 5; `changes` is what it has told, `domain` what it has left."""

    def __init__(self, **safety: Any) -> None:
        before = Sweeping()
        assert before.apply().outcome == "done"
        text = "\n".join([*before.lines, 'LOCKSTEP-RESULT {"outcome": "done"}'])
        self.domain: Domain = before.domain
        self.written = len(self.domain.written)
        self.value = undoable("test", Job(UNDONE, "Completed", {"environment": "test"}, text)).value(JOB)
        self.settings: dict[str, Any] = {
            **SETTINGS,
            "safety": {**SETTINGS["safety"], "budgets": GENEROUS, **safety},
        }
        self.clock = StandingClock()
        self.lines: list[str] = []
        self.wire = Wire({})

    def run(self, **changes: Any) -> Outcome:
        mapping = json.dumps({"AccessPackages": PACKAGES})
        digest = hashlib.sha256(mapping.encode()).hexdigest()
        source = {"source": "variable", "name": "map", "sha256": digest}
        self.wire = Wire(
            {
                "http://127.0.0.1/token": reply(200, {"access_token": "T"}),
                f"{ARM}/subs/x/variables/settings": variable(json.dumps({**self.settings, "mapping": source})),
                f"{ARM}/subs/x/variables/map": variable(mapping),
                VARIABLE: reply(200, {"properties": {"value": json.dumps(self.value)}}),
                VAULT: reply(200, {"value": "hunter2"}),
            }
        )
        self.lines = []

        def unused(*_: Any) -> Any:
            pytest.fail("an undo looks at whole groups")

        worker = Worker(ENVIRON, self.clock, self.wire, unused, unused, lambda *_: self.domain, self.lines.append)
        return undo(replace(LOOK, **changes), worker)

    def apply(self) -> Outcome:
        """What was looked at is applied."""
        return self.run(apply=True, checksum=self.run().facts["checksum"])

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [dict(each) for each in records("\n".join(self.lines)) if each["kind"] == kind]

    @property
    def one(self) -> list[int]:
        return self.domain.people(ONE)


def test_a_dry_run_tells_what_would_be_taken_back_and_writes_nothing() -> None:
    world = World()

    outcome = world.run()

    assert (outcome.outcome, outcome.detail) == ("done", "would add 2, remove 1 memberships in 1 group")
    assert [(each["action"], each["sid"], each["why"]) for each in world.told("move")] == [
        ("add", sid(4), "undone"),
        ("add", sid(5), "undone"),
        ("remove", sid(2), "undone"),
    ]
    assert (world.one, len(world.domain.written), world.domain.closed) == ([1, 2], world.written, True)


def test_what_was_agreed_to_is_taken_back_and_read_back_without_asking_entra() -> None:
    world = World()

    outcome = world.apply()

    assert (outcome.outcome, outcome.verified, outcome.facts["applied"]) == ("done", True, True)
    assert world.one == [1, 4, 5]
    assert {(each["why"], each["outcome"], each["job"]) for each in world.told("audit")} == {("undone", "done", JOB)}
    assert [url for url in world.wire.urls if url.startswith("https://graph")] == []


def test_a_second_run_finds_nothing_to_take_back() -> None:
    world = World()
    world.apply()

    outcome = world.apply()

    assert outcome.outcome == "nothing_to_do"
    assert outcome.detail == "nothing was changed; 3 changed since, and left"


@pytest.mark.parametrize("checksum", ["", "0" * 16])
def test_nothing_is_done_without_the_right_checksum(checksum: str) -> None:
    world = World()

    outcome = world.run(apply=True, checksum=checksum)

    assert outcome.outcome == "refused"
    assert f"look again with 'lockstep undo {UNDONE}'" in outcome.detail
    assert (world.one, world.told("audit")) == ([1, 2], [])


def test_what_changed_between_the_look_and_the_job_is_refused() -> None:
    world = World()
    agreed = world.run().facts["checksum"]
    world.domain.held[ONE.guid].add(sid(4))

    assert world.run(apply=True, checksum=agreed).outcome == "refused"
    assert world.one == [1, 2, 4]


@pytest.mark.parametrize("changes", [{"job": UNDONE}, {"undone": JOB}])
def test_a_job_that_the_variable_does_not_name_is_refused(changes: dict[str, str]) -> None:
    world = World()

    with pytest.raises(Refused, match="lockstep-test-undo"):
        world.run(apply=True, checksum="0" * 16, **changes)

    assert world.one == [1, 2]


def test_without_the_variable_nothing_is_done() -> None:
    world = World()
    world.value = {}

    with pytest.raises(Failed, match="lockstep-test-undo"):
        world.run()


def test_budgets_hold_unless_the_settings_name_this_job() -> None:
    limits = {**GENEROUS, "run": {"count": 0}}
    held, named, others = (World(budgets=limits) for _ in range(3))
    checksum = named.run().facts["checksum"]
    named.settings["over_budget"] = f"{JOB} {checksum}"
    others.settings["over_budget"] = f"{UNDONE} {checksum}"

    outcomes = [world.apply().outcome for world in (held, named, others)]

    assert outcomes == ["partial", "done", "partial"]
    assert [world.one for world in (held, named, others)] == [[1, 2], [1, 4, 5], [1, 2]]
    assert [each["withheld"] for each in held.told("move")] == [True] * 3


def test_what_does_not_stay_as_it_was_written_is_told() -> None:
    class Fickle(Domain):
        """Somebody writes against it."""

        def write(self, group: Group, add: tuple[str, ...], remove: tuple[str, ...]) -> Answer:
            answer = super().write(group, add, remove)
            self.held[group.guid].add(sid(2))
            return answer

    world = World()
    world.domain = Fickle({ONE: [1, 2], TWO: [3], SHARED: [1, 2, 3]})

    outcome = world.apply()

    assert (outcome.outcome, outcome.verified) == ("partial", False)
    assert "1 memberships are not as they were written" in outcome.problems[0]


def test_what_cannot_be_read_back_is_told() -> None:
    class Closing(Domain):
        """Tells who is in a group until somebody writes."""

        def members(self, group: Group) -> Members:
            if self.written:
                raise Failed("AD is gone")
            return super().members(group)

    world = World()
    world.domain = Closing({ONE: [1, 2], TWO: [3], SHARED: [1, 2, 3]})

    outcome = world.apply()

    assert (outcome.outcome, outcome.verified) == ("partial", False)
    assert "what was written could not be confirmed: AD is gone" in outcome.problems


def test_a_group_that_cannot_be_read_is_left() -> None:
    class Shut(Domain):
        """Shows nobody's members."""

        def members(self, group: Group) -> Members:
            raise Failed(f"{group} is shut")

    world = World()
    world.domain = Shut({ONE: [1, 2], TWO: [3], SHARED: [1, 2, 3]})

    outcome = world.run()

    assert outcome.outcome == "failed"
    assert "group One: One is shut; nothing is undone in it" in outcome.problems


def test_without_an_audit_file_that_was_asked_for_nobody_is_removed() -> None:
    world = World()
    world.settings["audit_file"] = "/nowhere/at/all"

    outcome = world.apply()

    assert (world.one, outcome.outcome) == ([1, 2, 4, 5], "partial")
    assert "nothing is removed without an audit: audit file /nowhere/at/all cannot be written" in outcome.detail
