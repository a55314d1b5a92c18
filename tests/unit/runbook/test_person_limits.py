"""What one person's job does not take away: by mode, budget, floor and lock; and what it says of each."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runbook.directory import Answer, Change, Group
from runbook.envelope import Envelope
from runbook.job import run
from runbook.membership import Members
from runbook.outcome import Failed, Outcome
from tests.unit.runbook.standins import PACKAGE_A, PACKAGE_B, PERSON_SID, USER, Memory, Wire
from tests.unit.runbook.test_job import ALONE, CALL, ONE, OTHER, SHARED, TWO, World, unused, worker_on

JOB = "12121212-1212-4212-8212-121212121212"
REMOVED = replace(CALL, event="removed")
NONE: dict[str, Any] = {"count": None, "percent": None, "minimum": None}
B_ENDED = ((PACKAGE_A, "delivered"), (PACKAGE_B, "expired"))


def budgets(**limits: dict[str, Any]) -> dict[str, Any]:
    return {"run": NONE, "group": NONE, "user": NONE} | {name: NONE | limit for name, limit in limits.items()}


# ---- modes


@pytest.mark.parametrize(
    ("mode", "removed", "said"),
    [
        ("authoritative", ("One", "Two"), "removed from One, Two"),
        ("managed", ("Two",), "removed from Two; stays in One: no assignment explains it (mode managed)"),
        (
            "additive",
            (),
            (
                "nothing to do; stays in One: no assignment explains it (mode additive); "
                "stays in Two: its assignment has ended (mode additive)"
            ),
        ),
    ],
)
def test_who_leaves_hangs_on_the_mode(mode: str, removed: tuple[str, ...], said: str) -> None:
    world = World(ONE, TWO, OTHER, rows=((PACKAGE_B, "expired"),))
    world.configure(mode=mode)

    outcome = world.run(ALONE)

    assert outcome.removed == removed
    assert outcome.detail.replace("; no live assignment", "") == said
    assert outcome.exit_code() == 0
    assert outcome.verified


@pytest.mark.parametrize("mode", ["managed", "authoritative"])
def test_a_removed_callout_takes_its_own_groups_although_nothing_is_listed(mode: str) -> None:
    world = World(ONE, SHARED, TWO)
    world.configure(mode=mode)

    outcome = world.run(REMOVED)

    assert outcome.removed == (("One", "Shared") if mode == "managed" else ("One", "Shared", "Two"))


def test_a_rule_for_a_group_counts_more_than_the_mode_of_all() -> None:
    world = World(ONE, TWO)
    world.configure(groups=[{"group": "LAB\\one", "mode": "additive"}])

    outcome = world.run(ALONE)

    assert (outcome.removed, world.directory.accounts()) == (("Two",), ["One"])


# ---- budgets


@pytest.mark.parametrize(
    ("limits", "over"),
    [
        ({"user": {"count": 0}}, "budget of the user"),
        ({"user": {"percent": 49}}, "budget of the user"),
        ({"run": {"count": 0}}, "budget of the run"),
        ({"group": {"count": 0}}, "budget of the group Two"),
        ({"user": {"count": 1}, "run": {"count": 1}, "group": {"count": 1}}, ""),
        ({"user": {"percent": 50}}, ""),
        ({"user": {"percent": 10, "minimum": 10}}, ""),
        ({"user": {"percent": 10, "minimum": 9}}, "budget of the user"),
        ({"run": {"percent": 10, "minimum": 1}, "group": {"percent": 10, "minimum": 1}}, ""),
    ],
)
def test_over_a_budget_nothing_is_removed_and_the_rest_is_made(limits: dict[str, Any], over: str) -> None:
    world = World(TWO, OTHER, SHARED, rows=B_ENDED)
    world.configure(budgets=budgets(**limits))

    outcome = world.run(ALONE)

    assert outcome.added == ("One",)
    assert outcome.removed == (() if over else ("Two",))
    assert outcome.outcome == ("partial" if over else "done")
    if over:
        assert outcome.problems[0].startswith(over)
        assert f"lockstep reconcile --user {USER} --apply --over-budget -e test" in outcome.problems[0]
        assert outcome.problems[1] == "therefore not removed from Two"


@pytest.mark.parametrize(("job", "removed"), [(JOB, ("Two",)), ("", ()), (USER, ())])
def test_only_the_job_that_the_settings_name_may_go_over(job: str, removed: tuple[str, ...]) -> None:
    world = World(TWO, rows=((PACKAGE_B, "expired"),))
    world.configure(budgets=budgets(user={"count": 0}), over_budget=f"{JOB} {ALONE.user}")

    assert world.run(replace(ALONE, job=job)).removed == removed


def test_an_envelope_without_a_job_is_not_named_by_settings_that_name_none() -> None:
    world = World(TWO, rows=((PACKAGE_B, "expired"),))
    world.configure(budgets=budgets(user={"count": 0}))

    assert world.run(replace(ALONE, job="")).removed == ()


# ---- groups that keep their members


class Peopled(Memory):
    """A directory that also tells who is in a group: so many in each, the person included."""

    def __init__(self, *members: Group, sizes: dict[str, int | Failed]) -> None:
        super().__init__((ONE, TWO, SHARED, OTHER), members)
        self.sizes = sizes
        self.read: list[str] = []

    def members_of(self, group: Group) -> Members:
        self.read.append(group.account)
        size = self.sizes[group.account]
        if isinstance(size, Failed):
            raise size
        return Members(frozenset({PERSON_SID, *(f"S-1-5-21-1-2-3-{5000 + n}" for n in range(size - 1))}))


class PeopledMemberships:
    """The same, as a job sees all domains."""

    def __init__(self, directory: Peopled) -> None:
        self._directory = directory
        self.members = directory.members_of

    def __getattr__(self, name: str) -> Any:
        return getattr(self._directory, name)


def kept(directory: Peopled, call: Envelope = ALONE, least: int = 3) -> Outcome:
    """A job where One and Two must keep members."""
    world = World(rows=B_ENDED)
    world.configure(
        groups=[
            {"group": "One", "mode": None, "minimum_members": least},
            {"group": "Two", "mode": None, "minimum_members": least},
        ]
    )
    worker = worker_on(world.clock, Wire(world.answers), unused, lambda *_: PeopledMemberships(directory))
    return run(call, worker)


@pytest.mark.parametrize(("size", "removed"), [(4, ("Two",)), (3, ())])
def test_a_group_that_must_keep_members_is_read_and_spares_nobody_it_needs(size: int, removed: tuple[str, ...]) -> None:
    directory = Peopled(ONE, TWO, SHARED, sizes={"Two": size})

    outcome = kept(directory)

    assert (outcome.removed, directory.read) == (removed, ["Two"])
    if not removed:
        assert outcome.problems == ("group Two has 3 members and must keep 3", "therefore not removed from Two")


def test_other_groups_are_left_all_the_same() -> None:
    directory = Peopled(ONE, TWO, SHARED, sizes={"One": 3, "Two": 9})

    outcome = kept(directory, replace(REMOVED, access_package=PACKAGE_A, assignment=""))

    assert (outcome.outcome, outcome.removed, directory.accounts()) == ("partial", ("Shared", "Two"), ["One"])


def test_a_group_whose_members_cannot_be_read_spares_nobody() -> None:
    directory = Peopled(ONE, TWO, SHARED, sizes={"Two": Failed("AD: reading the members of group Two failed")})

    outcome = kept(directory)

    assert (outcome.removed, outcome.problems[0]) == ((), "AD: reading the members of group Two failed")


def test_nothing_is_read_of_groups_that_nobody_leaves() -> None:
    directory = Peopled(ONE, SHARED, sizes={})

    assert kept(directory).outcome == "nothing_to_do"
    assert directory.read == []


# ---- names that are locked to groups


@pytest.mark.parametrize("member", [(), (ONE,), (TWO,), (ONE, TWO)])
def test_a_name_that_is_another_group_now_is_left_and_nothing_is_removed(member: tuple[Group, ...]) -> None:
    world = World(*member, rows=((PACKAGE_A, "delivered"), (PACKAGE_B, "expired")))
    world.configure(locks=[{"group": "One", "guid": OTHER.guid}])

    outcome = world.run(ALONE)

    assert world.directory.written == [("Shared", True)]
    assert "group 'One' is another one than the mapping was locked to" in outcome.problems[0]
    assert "OU=Groups" in outcome.problems[0], "the locked group is searched for, so that its new name is told"


def test_nobody_leaves_a_group_that_took_a_locked_name() -> None:
    world = World(ONE)
    world.configure(locks=[{"group": "One", "guid": OTHER.guid}])

    outcome = world.run(ALONE)

    assert (outcome.outcome, world.directory.accounts()) == ("refused", ["One"])


# ---- rules


@pytest.mark.parametrize(
    ("name", "removed"), [("LAB\\other", ("One", "Two")), (OTHER.guid, ("One", "Two")), ("Renamed", ())]
)
def test_a_rule_is_looked_up_also_for_a_group_that_is_not_mapped(name: str, removed: tuple[str, ...]) -> None:
    world = World(ONE, TWO)
    world.configure(groups=[{"group": name, "mode": "additive"}])

    outcome = world.run(ALONE)

    assert outcome.removed == removed
    assert bool(outcome.problems) is not bool(removed)


def test_a_rule_for_a_group_that_was_renamed_since_it_was_locked_keeps_everybody_in() -> None:
    world = World(ONE, TWO)
    world.configure(groups=[{"group": "Old", "mode": "additive"}], locks=[{"group": "Old", "guid": OTHER.guid}])

    outcome = world.run(ALONE)

    assert world.directory.written == []
    assert "group 'Old' was renamed; the locked one is 'CN=Other," in outcome.problems[0]


# ---- the audit


def test_each_change_is_written_down_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    world = World(OTHER, TWO, rows=((PACKAGE_B, "delivered"),))

    world.run(replace(ALONE, job=JOB))
    world.directory.members = {TWO.guid, OTHER.guid, SHARED.guid, ONE.guid}
    world.run(replace(CALL, job=JOB, event="removed", access_package=PACKAGE_A, request=USER))

    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("LOCKSTEP-RECORD ")]
    told = [
        (each["name"], each["action"], each["why"], each["package"], each["user"], each["request"], each["job"])
        for each in map(record, lines)
    ]
    assert told == [
        ("Shared", "add", "granted", PACKAGE_B, USER, "", JOB),
        ("One", "remove", "over", PACKAGE_A, USER, USER, JOB),
        ("Shared", "remove", "over", PACKAGE_A, USER, USER, JOB),
        ("Two", "remove", "unexplained", "", USER, USER, JOB),
    ]


def record(line: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(line.removeprefix("LOCKSTEP-RECORD "))
    return parsed


def test_what_cannot_be_written_down_is_not_taken_away(tmp_path: Path) -> None:
    world = World(TWO, rows=B_ENDED)
    world.configure(audit_file=str(tmp_path / "no" / "audit.jsonl"))

    outcome = world.run(ALONE)

    assert world.directory.written == [("One", True), ("Shared", True)]
    assert "audit.jsonl cannot be written" in outcome.problems[0]


def test_the_audit_file_has_every_change(tmp_path: Path) -> None:
    world = World(TWO, rows=B_ENDED)
    world.configure(audit_file=str(tmp_path / "audit.jsonl"))

    world.run(ALONE)

    assert (tmp_path / "audit.jsonl").read_text().count('"kind":"audit"') == 3


class Breaking(Memory):
    """A directory; while Shared is written, something happens to the audit file so that no line goes in any more."""

    def __init__(self, file: Path) -> None:
        super().__init__((ONE, TWO, SHARED, OTHER), (ONE, TWO, SHARED))
        self._file = file

    def change(self, change: Change, sid: str) -> Answer:
        if change.group == SHARED:
            self._file.unlink()
            self._file.mkdir()
        return super().change(change, sid)


def test_when_the_audit_file_breaks_in_the_middle_nothing_more_is_taken_away(tmp_path: Path) -> None:
    world = World()
    world.directory = Breaking(tmp_path / "audit.jsonl")
    world.configure(audit_file=str(tmp_path / "audit.jsonl"))

    outcome = world.run(ALONE)

    assert world.directory.written == [("One", False), ("Shared", False)]
    assert (outcome.outcome, outcome.removed) == ("partial", ("One", "Shared"))
    assert "audit.jsonl cannot be written" in outcome.problems[0]
    assert outcome.problems[1:] == ("therefore not removed from Two",)
