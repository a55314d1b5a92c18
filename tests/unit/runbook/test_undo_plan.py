"""What an undo takes back, what it leaves, and whom it obeys: the planning by examples."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from runbook.directory import Group
from runbook.envelope import Envelope
from runbook.group_index import GroupIndex
from runbook.membership import Members, Reason, SweepPlan
from runbook.outcome import Failed, Refused
from runbook.safety import Budgets, Limit, Safety
from runbook.sweep_scope import sweep_scope
from runbook.undo_plan import CHANGED_SINCE, Undoing, read_undoings, undo_draft, undo_plan
from tests.unit.runbook.standins import DOMAIN_SID, NOON, group
from tests.unit.runbook.sweep_examples import (
    ANN,
    BEN,
    CEM,
    DEA,
    OTHER,
    PACKAGE,
    TEAM,
    account,
    mapping,
    only,
    rule,
    safety,
    told,
    words,
)

JOB, UNDONE = "12121212-1212-4212-8212-121212121212", "34343434-3434-4434-8434-343434343434"
ENVELOPE = Envelope("undo", "test", NOON, "https://arm", "https://arm/", "/subs/x", "settings", job=JOB, undone=UNDONE)
NAME = "lockstep-test-undo"
BOTH = mapping(a=["Team"], b=["Other"])


def added(to: Group, sid: str) -> Undoing:
    return Undoing(to.guid, sid, added=True, reason=Reason("undone", PACKAGE["a"], "grant-1", "somebody"))


def removed(of: Group, sid: str) -> Undoing:
    return replace(added(of, sid), added=False)


def planned(
    members: dict[Group, set[str]],
    *undoings: Undoing,
    limits: Safety | None = None,
    packages: Any = BOTH,
    unread: Iterable[Group] = (),
    known: Iterable[Any] = (),
    **allowed: bool,
) -> SweepPlan:
    """The plan in a directory with these groups; `known` accounts take the place of the ordinary ones."""
    limits = limits or safety()
    scope = sweep_scope(packages, limits, GroupIndex(members, "LAB"))
    failed = {each.guid: f"group {each}: unreadable" for each in unread}
    read = {each.guid: Members(frozenset(sids)) for each, sids in members.items() if each.guid not in failed}
    draft = undo_draft(undoings, scope, members, read, failed, limits)
    accounts = {who: account(who) for who in (ANN, BEN, CEM) if who in draft.sids}
    accounts |= {each.sid: each for each in known if each.sid in draft.sids}
    envelope = replace(ENVELOPE, adds_over_budget=allowed.get("adds_over_budget", False))
    return undo_plan(draft, accounts, limits, envelope, over_budget=allowed.get("over_budget", False))


def test_what_was_added_leaves_and_what_was_removed_comes_back() -> None:
    plan = planned({TEAM: {ANN, BEN}, OTHER: {CEM}}, added(TEAM, ANN), removed(OTHER, BEN))

    assert told(plan) == ["Other +ben", "Team -ann"]
    assert (plan.problems, plan.withheld, plan.over) == ((), (), ())
    for group_plan in plan.groups:
        for move in (*group_plan.add, *group_plan.remove):
            assert replace(move.reason, since="") == Reason("undone", PACKAGE["a"], "grant-1", "somebody")


def test_what_somebody_has_changed_since_is_left_and_is_no_problem() -> None:
    plan = planned({TEAM: {BEN}}, added(TEAM, ANN), removed(TEAM, BEN))

    assert (told(plan), plan.problems) == ([], ())
    assert only(plan).left == ((ANN, CHANGED_SINCE), (BEN, CHANGED_SINCE))


def test_groups_without_a_change_to_undo_are_not_looked_at() -> None:
    plan = planned({TEAM: {ANN}, OTHER: {BEN}}, added(TEAM, ANN))

    assert [str(each.group) for each in plan.groups] == ["Team"]


@pytest.mark.parametrize(
    ("there", "packages", "limits", "said"),
    [
        ({OTHER: {ANN}}, mapping(b=["Other"]), safety(), "does not exist in AD any more"),
        ({TEAM: {ANN}, OTHER: {ANN}}, mapping(b=["Other"]), safety(), "is not for certain one that the mapping names"),
        (
            {TEAM: {ANN}, OTHER: {ANN}, group("Team", 2009): set()},
            BOTH,
            safety(),
            "is not for certain one that the mapping names",
        ),
        (
            {replace(TEAM, admin_count=True): {ANN}, OTHER: {ANN}},
            BOTH,
            safety(),
            "is privileged (adminCount=1); nothing is undone in it",
        ),
        (
            {TEAM: {ANN}, OTHER: {ANN}},
            BOTH,
            safety(protected_groups=(rule("Team").name,)),
            "is in the list protected_groups; nothing is undone in it",
        ),
    ],
    ids=["gone", "not mapped", "two of that name", "privileged", "own list"],
)
def test_a_group_in_doubt_is_left_alone_and_the_others_go_on(
    there: dict[Group, set[str]], packages: Any, limits: Safety, said: str
) -> None:
    plan = planned(there, added(TEAM, ANN), added(OTHER, ANN), packages=packages, limits=limits)

    assert told(plan) == ["Other -ann"]
    assert len(plan.problems) == 1
    assert said in plan.problems[0]


def test_a_group_whose_members_cannot_be_read_is_left_alone() -> None:
    plan = planned({TEAM: {ANN}, OTHER: {ANN}}, added(TEAM, ANN), added(OTHER, ANN), unread=[TEAM])

    assert (told(plan), plan.problems) == (["Other -ann"], ("group Team: unreadable",))


def test_a_retired_group_is_filled_again() -> None:
    plan = planned({TEAM: set(), OTHER: set()}, removed(TEAM, ANN), packages=mapping(b=["Other"], retired=["Team"]))

    assert told(plan) == ["Team +ann"]


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"admin_count": True}, "is privileged"),
        ({"user": False}, "is no user account"),
    ],
)
def test_nobody_is_touched_who_is_protected_and_that_is_a_problem(facts: dict[str, bool], said: str) -> None:
    who = account(ANN, **facts)

    leaving = planned({TEAM: {ANN, BEN}}, added(TEAM, ANN), added(TEAM, BEN), known=[who])
    coming = planned({TEAM: set()}, removed(TEAM, ANN), removed(TEAM, BEN), known=[who])

    assert (told(leaving), told(coming)) == (["Team -ben"], ["Team +ben"])
    assert [len(plan.problems) for plan in (leaving, coming)] == [1, 1]
    assert said in leaving.problems[0]
    assert said in coming.problems[0]


def test_who_is_in_the_list_of_protected_users_is_not_touched() -> None:
    plan = planned({TEAM: {ANN}}, added(TEAM, ANN), limits=safety(protected_users=frozenset({ANN})))

    assert told(plan) == []
    assert "is in the list protected_users; it stays in group Team" in plan.problems[0]


def test_who_is_gone_from_ad_is_not_put_back_and_that_is_a_problem() -> None:
    plan = planned({TEAM: set()}, removed(TEAM, DEA), removed(TEAM, ANN))

    assert told(plan) == ["Team +ann"]
    assert plan.problems == (f"account {DEA} is not in AD any more; it is not put back into group Team",)


def test_nobody_leaves_the_primary_group() -> None:
    plan = planned({TEAM: {ANN}}, added(TEAM, ANN), known=[account(ANN, primary_group=TEAM.sid)])

    assert told(plan) == []
    assert "primary group" in plan.problems[0]


ONE_ONLY = safety(budgets=Budgets(run=Limit(count=1), group=Limit(), user=Limit()))
TWO_LEAVE = ({TEAM: {ANN, BEN}, OTHER: set()}, added(TEAM, ANN), added(TEAM, BEN), removed(OTHER, CEM))


def test_over_budget_nothing_is_done_and_the_way_to_allow_it_is_told() -> None:
    plan = planned(*TWO_LEAVE, limits=ONE_ONLY)

    assert told(plan) == []
    assert sorted(words(plan.withheld)) == ["Other +cem", "Team -ann", "Team -ben"]
    assert {move.reason.kind for move in plan.withheld} == {"undone"}
    assert f"lockstep undo {UNDONE} -e test --apply --checksum {plan.checksum} --over-budget" in plan.over[0]


def test_over_budget_additions_are_made_if_asked_and_all_of_it_if_allowed() -> None:
    adds = planned(*TWO_LEAVE, limits=ONE_ONLY, adds_over_budget=True)
    everything = planned(*TWO_LEAVE, limits=ONE_ONLY, over_budget=True)

    assert told(adds) == ["Other +cem"]
    assert told(everything) == ["Other +cem", "Team -ann", "Team -ben"]
    assert len({plan.checksum for plan in (adds, everything, planned(*TWO_LEAVE, limits=ONE_ONLY))}) == 1


def test_a_group_keeps_its_minimum_even_when_budgets_are_lifted() -> None:
    plan = planned(
        {TEAM: {ANN}}, added(TEAM, ANN), limits=safety("authoritative", rule("Team", least=1)), over_budget=True
    )

    assert (told(plan), words(plan.withheld)) == ([], ["Team -ann"])
    assert "must keep 1" in plan.problems[0]


def test_a_rule_for_a_group_that_is_not_there_keeps_everybody() -> None:
    plan = planned(
        {TEAM: {ANN, BEN}}, added(TEAM, ANN), removed(TEAM, CEM), limits=safety("managed", rule("Gone", least=5))
    )

    assert (told(plan), words(plan.withheld)) == (["Team +cem"], ["Team -ann"])


def variable(changes: object = (), **members: Any) -> str:
    lines = "\n".join(json.dumps(each) for each in changes) if isinstance(changes, list | tuple) else str(changes)
    packed = base64.b64encode(zlib.compress(lines.encode())).decode()
    return json.dumps({"job": JOB, "undone": UNDONE, "changes": packed, **members})


CHANGE = {
    "group": TEAM.guid.upper(),
    "sid": ANN.lower(),
    "action": "add",
    "user": "u",
    "package": "p",
    "assignment": "",
}


def test_the_changes_come_from_the_variable() -> None:
    found = read_undoings(variable([CHANGE, {**CHANGE, "action": "remove"}]), NAME, ENVELOPE)

    first = Undoing(TEAM.guid, ANN, added=True, reason=Reason("undone", "p", "", "u"))
    assert found == (first, replace(first, added=False))


@pytest.mark.parametrize("members", [{"job": UNDONE}, {"undone": JOB}])
def test_a_variable_for_another_job_is_refused(members: dict[str, str]) -> None:
    with pytest.raises(Refused, match=f"this is job {JOB}, asked to undo {UNDONE}"):
        read_undoings(variable([CHANGE], **members), NAME, ENVELOPE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "{}",
        variable(job="x"),
        variable(changes=[{**CHANGE, "action": "toggle"}]),
        variable(changes=[{**CHANGE, "sid": f"{DOMAIN_SID}-5)(x"}]),
        variable(changes=[{**CHANGE, "group": "Team"}]),
        variable(changes=[[]]),
        variable(changes="not json"),
        json.dumps({"job": JOB, "undone": UNDONE, "changes": "%%"}),
        json.dumps({"job": JOB, "undone": UNDONE, "changes": "AAAA"}),
    ],
)
def test_a_variable_that_is_not_whole_undoes_nothing(text: str) -> None:
    with pytest.raises(Failed, match=NAME):
        read_undoings(text, NAME, ENVELOPE)
