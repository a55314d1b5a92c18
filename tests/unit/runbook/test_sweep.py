"""A sweep from envelope to outcome, with stand-ins for the wires: what is written, what is withheld, what is told."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from provision.job_records import records
from runbook.audit_file import append_audit
from runbook.directory import Answer, Group
from runbook.envelope import Envelope
from runbook.membership import Members
from runbook.outcome import DeadlinePassed, Failed, Outcome, Refused
from runbook.sweep import sweep
from runbook.worker import Worker
from tests.unit.runbook.domain import GONE, Domain, sid
from tests.unit.runbook.standins import PACKAGE_A, PACKAGE_B, StandingClock, Wire, group, reply
from tests.unit.runbook.test_everybody import USERS, account, listing, row, user
from tests.unit.runbook.test_job import ALONE, ARM, ENVIRON, SETTINGS, VAULT, variable

ONE, TWO, SHARED, OLD = (group(name, 2000 + n) for n, name in enumerate(("One", "Two", "Shared", "Old")))
JOB = "12121212-1212-4212-8212-121212121212"
LOOK = replace(ALONE, source="sweep", user="", job=JOB)
GENEROUS: dict[str, dict[str, int]] = {limit: {} for limit in ("run", "group", "user")}
PACKAGES: list[dict[str, Any]] = [
    {"AccessPackageID": PACKAGE_A, "ADGroups": ["One", "Shared"]},
    {"AccessPackageID": PACKAGE_B, "ADGroups": ["Two", "Shared"]},
]


class World:
    """People 1 and 2 hold A, 3 holds B, 4's A is over; AD is as it should be but for One (lacks 2, has 4 and 5)."""

    def __init__(self, **safety: Any) -> None:
        self.domain = Domain({ONE: [1, 4, 5], TWO: [3], SHARED: [1, 2, 3], OLD: [1, 9]})
        self.rows = {
            PACKAGE_A: [row(1, copied=sid(1)), row(2, copied=sid(2)), row(4, state="expired", copied=sid(4))],
            PACKAGE_B: [row(3, PACKAGE_B, copied=sid(3))],
        }
        self.people = [account(number, sid(number)) for number in range(1, 10)]
        self.mapping: dict[str, Any] = {"AccessPackages": PACKAGES}
        self.settings: dict[str, Any] = {
            **SETTINGS,
            "safety": {**SETTINGS["safety"], "budgets": GENEROUS, **safety},
        }
        self.answers: dict[str, Any] = {}
        self.clock = StandingClock()
        self.lines: list[str] = []

    def run(self, call: Envelope = LOOK, **changes: Any) -> Outcome:
        mapping = json.dumps(self.mapping)
        digest = hashlib.sha256(mapping.encode()).hexdigest()
        source = {"source": "variable", "name": "map", "sha256": digest}
        answers = {
            "http://127.0.0.1/token": reply(200, {"access_token": "T"}),
            f"{ARM}/subs/x/variables/settings": variable(json.dumps({**self.settings, "mapping": source})),
            f"{ARM}/subs/x/variables/map": variable(mapping),
            VAULT: reply(200, {"value": "hunter2"}),
            **{listing(package): reply(200, {"value": rows}) for package, rows in self.rows.items()},
            USERS: reply(200, {"value": self.people}),
            **self.answers,
        }
        self.lines = []

        def unused(*_: Any) -> Any:
            pytest.fail("a sweep looks at everybody")

        worker = Worker(ENVIRON, self.clock, Wire(answers), unused, unused, lambda *_: self.domain, self.lines.append)
        return sweep(replace(call, **changes), worker)

    def apply(self, **changes: Any) -> Outcome:
        """What was looked at is applied."""
        return self.run(apply=True, checksum=self.run().facts["checksum"], **changes)

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [dict(each) for each in records("\n".join(self.lines)) if each["kind"] == kind]

    def members(self) -> dict[str, list[int]]:
        return {each.account: self.domain.people(each) for each in self.domain.all_groups}


BEFORE = {"One": [1, 4, 5], "Two": [3], "Shared": [1, 2, 3], "Old": [1, 9]}
AFTER = {**BEFORE, "One": [1, 2]}


def test_a_dry_run_tells_everything_and_writes_nothing() -> None:
    world = World()

    outcome = world.run()

    assert (outcome.outcome, outcome.detail) == ("done", "would add 1, remove 2 memberships in 1 group")
    assert outcome.facts == {
        "checksum": outcome.facts["checksum"],
        "adds": 1,
        "removes": 2,
        "withheld": 0,
        "unexplained": 0,
        "pending": 0,
        "over": [],
        "groups": 3,
        "memberships": 7,
        "applied": False,
        "server": "ldaps://dc1:636",
        "seconds": dict.fromkeys(("begin", "members", "assignments", "plan", "accounts", "tell"), 0.0),
    }
    assert (world.members(), world.domain.written, world.domain.closed) == (BEFORE, [], True)
    assert [each["name"] for each in world.told("group")] == ["One", "Shared", "Two"]
    assert [(each["action"], each["sid"], each["why"], each["who"]) for each in world.told("move")] == [
        ("add", sid(2), "granted", "person2"),
        ("remove", sid(4), "over", "person4"),
        ("remove", sid(5), "unexplained", "person5"),
    ]
    assert world.told("audit") == []


def test_apply_does_what_was_agreed_to_and_confirms_it() -> None:
    world = World()

    outcome = world.apply()

    assert (outcome.outcome, outcome.verified, outcome.exit_code()) == ("done", True, 0)
    assert outcome.detail == "added 1, removed 2 memberships in 1 group"
    assert (outcome.added, outcome.removed, outcome.facts["applied"]) == (("One",), ("One",), True)
    assert world.members() == AFTER
    assert world.domain.written == [("One", 1, 2)]
    audited = [(each["action"], each["sid"], each["outcome"], each["job"]) for each in world.told("audit")]
    assert audited == [("add", sid(2), "done", JOB), ("remove", sid(4), "done", JOB), ("remove", sid(5), "done", JOB)]


def test_a_second_run_finds_nothing_to_do() -> None:
    world = World()
    world.apply()

    outcome = world.apply()

    assert (outcome.outcome, outcome.verified, outcome.detail) == ("nothing_to_do", True, "nothing was changed")
    assert world.run().outcome == "nothing_to_do"
    assert len(world.domain.written) == 1


def test_nothing_is_done_when_the_world_moved() -> None:
    world = World()
    agreed = world.run().facts["checksum"]
    world.domain.held[TWO.guid].add(sid(8))

    outcome = world.run(apply=True, checksum=agreed)

    assert outcome.outcome == "refused"
    assert f"checksum {agreed}, now {outcome.facts['checksum']}" in outcome.detail
    assert outcome.facts["applied"] is False
    assert world.domain.written == []


@pytest.mark.parametrize("checksum", ["", "0" * 16])
def test_nothing_is_done_without_the_right_checksum(checksum: str) -> None:
    world = World()

    assert world.run(apply=True, checksum=checksum).outcome == "refused"
    assert world.domain.written == []


def test_a_schedule_needs_no_checksum_but_the_settings_leave() -> None:
    world = World()
    nightly = replace(LOOK, job="", deadline=None, minutes=60, apply=True)
    with pytest.raises(Refused, match="do not let a schedule apply"):
        world.run(nightly)
    assert world.run(nightly, apply=False).outcome == "done"
    assert world.members() == BEFORE

    world.settings["scheduled_sweep"] = True

    assert world.run(nightly).outcome == "done"
    assert world.members() == AFTER


def test_a_schedule_that_has_a_checksum_is_held_to_it() -> None:
    world = World()
    world.settings["scheduled_sweep"] = True

    assert world.run(job="", deadline=None, minutes=60, apply=True, checksum="0" * 16).outcome == "refused"
    assert world.members() == BEFORE


def test_over_budget_nothing_is_removed_and_additions_only_if_asked() -> None:
    world = World(budgets={**GENEROUS, "run": {"count": 1}})

    looked = world.run()
    outcome = world.apply()

    assert (looked.outcome, looked.exit_code(), looked.facts["withheld"]) == ("partial", 1, 3)
    assert "--over-budget" in looked.facts["over"][0]
    assert outcome.outcome == "partial"
    assert world.members() == BEFORE
    assert [each["action"] for each in world.told("move")] == ["add", "remove", "remove"]
    assert all(each["withheld"] for each in world.told("move"))
    assert world.apply(adds_over_budget=True).facts["adds"] == 1
    assert world.members() == {**BEFORE, "One": [1, 2, 4, 5]}


@pytest.mark.parametrize(
    ("allowed", "after"),
    [
        (f"{JOB} CHECKSUM", AFTER),
        (f"{JOB} 0123456789abcdef", BEFORE),
        (JOB, BEFORE),
        (f"{JOB.replace('1', '3')} CHECKSUM", BEFORE),
        ("", BEFORE),
    ],
)
def test_only_what_the_settings_name_may_go_over_a_budget(allowed: str, after: dict[str, list[int]]) -> None:
    world = World(budgets={**GENEROUS, "run": {"count": 1}})
    world.settings["over_budget"] = allowed.replace("CHECKSUM", world.run().facts["checksum"])

    world.apply()

    assert world.members() == after


def test_a_plan_that_nobody_agreed_to_stays_within_the_budgets_whatever_job_it_says_it_is() -> None:
    """Whoever may start jobs sees which job may go over the budgets, and could start a sweep under its id."""
    world = World(budgets={**GENEROUS, "run": {"count": 1}})
    world.settings |= {"over_budget": JOB, "scheduled_sweep": True}

    assert world.run(job=JOB, deadline=None, minutes=60, apply=True).outcome == "partial"
    assert world.members() == BEFORE


def test_a_job_without_an_id_is_not_the_one_that_no_setting_names() -> None:
    world = World(budgets={**GENEROUS, "run": {"count": 1}})
    world.settings |= {"over_budget": "", "scheduled_sweep": True}

    assert world.run(job="", deadline=None, minutes=60, apply=True).outcome == "partial"
    assert world.members() == BEFORE


@pytest.mark.parametrize(
    "broken",
    [
        {listing(PACKAGE_B): reply(200, b"")},
        {listing(PACKAGE_B): reply(200, {"value": [], "@odata.nextLink": "https://evil.example/"})},
        {listing(PACKAGE_B): OSError("reset")},
        {USERS: reply(503, {})},
        {USERS: reply(200, {"value": [{}]})},
        {USERS: reply(200, {"value": []}), "https://graph.microsoft.com/v1.0/users/" + user(1): reply(200, {})},
    ],
)
def test_what_graph_did_not_tell_wholly_removes_nobody(broken: dict[str, Any]) -> None:
    world = World()
    world.answers = broken

    looked = world.run()
    outcome = world.apply()

    assert looked.outcome == outcome.outcome == "partial"
    assert not [name for name, numbers in BEFORE.items() if set(numbers) - set(world.members()[name])]
    assert outcome.facts["removes"] == 0
    removals = [each for each in world.told("move") if each["action"] == "remove"]
    assert {each["sid"] for each in removals} >= {sid(4), sid(5)}
    assert all(each["withheld"] for each in removals)


def test_what_whole_pages_said_is_still_given() -> None:
    world = World()
    world.answers = {listing(PACKAGE_B): reply(500, {})}

    world.apply()

    assert world.members() == {**BEFORE, "One": [1, 2, 4, 5]}


def test_a_group_that_cannot_be_read_is_left_alone_and_others_go_on() -> None:
    world = World()
    world.domain.held[TWO.guid].add(sid(8))
    world.domain.unreadable["One"] = GONE

    outcome = world.apply()

    assert outcome.outcome == "partial"
    assert "group One: AD: the connection broke twice while reading; it is left alone" in outcome.problems
    assert world.members() == BEFORE


def test_when_no_group_can_be_read_the_job_fails_before_any_write() -> None:
    world = World()
    groups = {group(f"G{number}", 2100 + number): [1] for number in range(9)}
    world.domain = Domain(groups)
    world.mapping = {"AccessPackages": [{"AccessPackageID": PACKAGE_A, "ADGroups": [g.account for g in groups]}]}
    world.domain.unreadable = {each.account: GONE for each in groups}

    with pytest.raises(Failed):
        world.run()

    assert world.domain.reads == 5
    assert world.domain.closed


def test_accounts_that_cannot_be_read_fail_the_job() -> None:
    world = World()
    world.domain.unreadable["accounts"] = GONE

    with pytest.raises(Failed):
        world.run()


def test_hand_made_members_stay_in_managed_mode_and_are_listed_by_name() -> None:
    world = World(mode="managed")

    outcome = world.apply()

    assert world.members() == {**BEFORE, "One": [1, 2, 5]}
    assert (outcome.outcome, outcome.facts["unexplained"]) == ("done", 1)
    world.run()
    assert [(each["sid"], each["who"], each["why"]) for each in world.told("stays")] == [
        (sid(5), "person5", "unexplained")
    ]


def test_names_that_ad_does_not_tell_are_left_out() -> None:
    world = World(mode="additive")
    world.domain.held[ONE.guid].add(sid(2))
    world.domain.unreadable["accounts"] = GONE

    assert world.run().outcome == "nothing_to_do"
    assert [each["who"] for each in world.told("stays")] == ["", ""]


def test_people_who_are_not_in_ad_yet_are_pending_and_no_problem() -> None:
    world = World()
    world.rows[PACKAGE_B].append(row(30, PACKAGE_B))
    world.people.append(account(30))

    outcome = world.apply()

    assert (outcome.outcome, outcome.facts["pending"]) == ("done", 1)
    assert world.told("pending") == [{"kind": "pending", "user": user(30), "package": PACKAGE_B, "assignment": "a30"}]


def test_a_retired_group_is_emptied() -> None:
    world = World()
    world.mapping["RetiredGroups"] = ["Old"]

    outcome = world.apply()

    assert (outcome.outcome, outcome.verified) == ("done", True)
    assert world.members() == {**AFTER, "Old": []}


def test_whoever_got_an_assignment_while_the_job_wrote_is_given_back() -> None:
    world = World()
    held = reply(200, {"value": world.rows[PACKAGE_A]})
    again = reply(200, {"value": [*world.rows[PACKAGE_A], row(5, copied=sid(5))]})
    world.answers[listing(PACKAGE_A)] = [held, held, again]

    outcome = world.apply()

    assert world.members() == {**BEFORE, "One": [1, 2, 5]}
    assert (outcome.outcome, outcome.verified) == ("done", True)
    assert (outcome.facts["adds"], outcome.facts["removes"]) == (1, 1)
    assert [(each["action"], each["sid"]) for each in world.told("audit")][-1] == ("add", sid(5))


def test_whose_assignment_ended_while_the_job_wrote_is_taken_out_again() -> None:
    world = World()
    held = reply(200, {"value": world.rows[PACKAGE_A]})
    over = reply(200, {"value": [world.rows[PACKAGE_A][0], row(2, state="expired", copied=sid(2))]})
    world.answers[listing(PACKAGE_A)] = [held, held, over]

    outcome = world.apply()

    assert world.members() == {**BEFORE, "One": [1]}
    assert (outcome.outcome, outcome.verified, outcome.facts["adds"]) == ("done", True, 0)


def test_in_mode_additive_not_even_the_job_s_own_addition_is_taken_out_again() -> None:
    world = World(mode="additive")
    held = reply(200, {"value": world.rows[PACKAGE_A]})
    over = reply(200, {"value": [world.rows[PACKAGE_A][0], row(2, state="expired", copied=sid(2))]})
    world.answers[listing(PACKAGE_A)] = [held, held, over]

    outcome = world.apply()

    assert world.members() == {**BEFORE, "One": [1, 2, 4, 5]}
    assert (outcome.outcome, outcome.verified, outcome.facts["adds"]) == ("done", True, 1)


def test_a_list_that_lacks_who_was_just_added_takes_nobody_out_again() -> None:
    world = World()
    held = reply(200, {"value": world.rows[PACKAGE_A]})
    short = reply(200, {"value": [row for row in world.rows[PACKAGE_A] if row["id"] != "A2"]})
    world.answers[listing(PACKAGE_A)] = [held, held, short]

    outcome = world.apply()

    assert world.members() == AFTER
    assert (outcome.outcome, outcome.verified) == ("partial", False)
    assert "group One: the assignment of person2 is not listed any more" in outcome.detail


@pytest.mark.parametrize("short_at", [0, 1])
def test_nobody_leaves_on_a_schedule_whom_one_of_two_looks_lists(short_at: int) -> None:
    world = World()
    world.settings["scheduled_sweep"] = True
    whole = reply(200, {"value": world.rows[PACKAGE_A]})
    short = reply(200, {"value": [row for row in world.rows[PACKAGE_A] if row["id"] != "A1"]})
    world.answers[listing(PACKAGE_A)] = [short, whole, whole] if short_at == 0 else [whole, short, whole]

    outcome = world.run(job="", deadline=None, minutes=60, apply=True)

    assert world.members() == AFTER
    assert (outcome.outcome, outcome.verified, outcome.facts["removes"]) == ("done", True, 2)
    assert sid(1) not in {each["sid"] for each in world.told("audit")}


def test_a_second_look_that_is_not_whole_lets_nobody_leave_on_a_schedule() -> None:
    world = World()
    world.settings["scheduled_sweep"] = True
    whole = reply(200, {"value": world.rows[PACKAGE_A]})
    world.answers[listing(PACKAGE_A)] = [whole, reply(403, {}), whole]

    outcome = world.run(job="", deadline=None, minutes=60, apply=True)

    assert world.members()["One"] == [1, 2, 4, 5]
    assert (outcome.outcome, outcome.verified) == ("partial", False)


def test_a_change_by_hand_while_the_job_wrote_is_put_right() -> None:
    world = World()

    def meddle(number: int) -> None:
        if number == 2:
            world.domain.held[ONE.guid] |= {sid(4)}
            world.domain.held[ONE.guid] -= {sid(2)}

    world.domain.held[TWO.guid].add(sid(8))
    world.domain.before_write = meddle

    outcome = world.apply()

    assert world.members() == AFTER
    assert (outcome.outcome, outcome.verified) == ("done", True)


def test_what_is_changed_again_and_again_ends_and_is_not_verified() -> None:
    world = World()
    read = world.domain.members

    def meddling(asked: Group) -> Members:
        if world.domain.written:
            world.domain.held[ONE.guid].add(sid(4))
        return read(asked)

    world.domain.members = meddling  # type: ignore[method-assign, assignment]

    outcome = world.apply()

    assert (outcome.outcome, outcome.verified) == ("partial", False)
    assert "1 memberships change again and again; something else writes them too" in outcome.problems
    assert len(world.domain.written) == 3


def test_what_cannot_be_read_back_is_not_verified_and_nothing_more_is_removed() -> None:
    world = World()
    held = reply(200, {"value": world.rows[PACKAGE_A]})
    world.answers[listing(PACKAGE_A)] = [held, held, reply(200, b'{"value": [')]

    outcome = world.apply()

    assert world.members() == AFTER
    assert (outcome.outcome, outcome.verified) == ("partial", False)
    assert "what was written could not be confirmed" in outcome.detail


def test_a_deadline_between_two_groups_tells_what_was_done() -> None:
    world = World()
    world.domain.held[TWO.guid].add(sid(8))

    def late(number: int) -> None:
        if number == 2:
            raise DeadlinePassed("the job's deadline passed before asking AD")

    world.domain.before_write = late

    outcome = world.apply()

    assert (outcome.outcome, outcome.verified) == ("timed_out", False)
    assert outcome.detail.startswith("added 1, removed 2 memberships in 1 group; the job's deadline passed")
    assert world.members() == {**AFTER, "Two": [3, 8]}
    assert len(world.told("audit")) == 3


def test_a_write_that_ad_declines_is_partial_and_named() -> None:
    world = World()
    world.domain.held[TWO.guid].add(sid(8))
    world.domain.scripted["One"] = [Answer("declined", "the account has no right")]

    outcome = world.apply()

    assert outcome.outcome == "partial"
    assert "group One: 3 changes: the account has no right" in outcome.problems
    assert world.members() == {**BEFORE, "Two": [3]}
    assert [each["outcome"] for each in world.told("audit")] == ["failed"] * 3 + ["done"]


def test_when_every_write_is_declined_the_job_failed() -> None:
    world = World()
    world.domain.scripted["One"] = [Answer("declined", "the account has no right")]

    assert world.apply().outcome == "failed"


def test_each_change_is_in_the_audit_file_too(tmp_path: Path) -> None:
    world = World()
    file = tmp_path / "audit.jsonl"
    world.settings["audit_file"] = str(file)
    append_audit(str(file), [{"kind": "audit", "job": "an earlier one"}])

    assert world.run().outcome == "done"
    assert len(file.read_text().splitlines()) == 1
    world.apply()

    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["job"] for line in lines] == ["an earlier one", JOB, JOB, JOB]
    assert [{**line, "previous": ""} for line in lines[1:]] == [
        {**each, "previous": ""} for each in world.told("audit")
    ]


def test_without_the_audit_file_that_was_asked_for_nobody_is_removed(tmp_path: Path) -> None:
    world = World()
    world.settings["audit_file"] = str(tmp_path / "none" / "audit.jsonl")

    outcome = world.apply()

    assert outcome.outcome == "partial"
    assert "cannot be written" in outcome.detail
    assert world.members() == {**BEFORE, "One": [1, 2, 4, 5]}


def test_a_locked_name_that_means_another_group_now_is_left_alone() -> None:
    world = World(locks=[{"group": "One", "guid": OLD.guid}])

    outcome = world.apply()

    assert outcome.outcome == "partial"
    assert world.members() == BEFORE
