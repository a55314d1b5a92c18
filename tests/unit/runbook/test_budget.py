"""When a set of removals is over a budget, and what is said then."""

from __future__ import annotations

import pytest

from runbook.budget import budgets_exceeded
from runbook.directory import Group
from runbook.membership import Members, Move, Reason
from runbook.safety import Budgets, Limit
from tests.unit.runbook.standins import group
from tests.unit.runbook.sweep_examples import ANN, OTHER, TEAM, sid

FREE = Limit()


def removals(where: Group, count: int, first: int = 5000) -> list[Move]:
    return [Move(where, sid(first + n), add=False, reason=Reason("unexplained"), name=f"user{n}") for n in range(count)]


def people(count: int, nameless: int = 0) -> Members:
    return Members(frozenset(sid(5000 + n) for n in range(count)), nameless)


def over(budgets: Budgets, moves: list[Move], members: dict[str, Members]) -> tuple[str, ...]:
    return budgets_exceeded(budgets, moves, members, "say so")


@pytest.mark.parametrize(
    ("limit", "taken", "held", "told"),
    [
        (Limit(count=3), 3, 10, ""),
        (Limit(count=3), 4, 10, "4 of 10 memberships would go, at most 3 may"),
        (Limit(count=0), 0, 10, ""),
        (Limit(count=0), 1, 10, "1 of 10 memberships would go, at most 0 may"),
        (Limit(percent=25), 5, 20, ""),
        (Limit(percent=25), 6, 20, "6 of 20 memberships would go, at most 5 (25 %) may"),
        (Limit(percent=25), 5, 19, "5 of 19 memberships would go, at most 4 (25 %) may"),
        (Limit(percent=25, minimum=20), 5, 5, ""),
        (Limit(percent=25, minimum=20), 5, 19, ""),
        (Limit(percent=25, minimum=20), 6, 6, "6 of 6 memberships would go, at most 5 (25 % of 20) may"),
        (Limit(percent=25, minimum=20), 19, 19, "19 of 19 memberships would go, at most 5 (25 % of 20) may"),
        (Limit(percent=25, minimum=20), 6, 20, "6 of 20 memberships would go, at most 5 (25 %) may"),
        (Limit(percent=100), 20, 20, ""),
        (Limit(count=4, percent=50), 5, 8, "5 of 8 memberships would go, at most 4 may"),
        (Limit(count=9, percent=50), 5, 8, "5 of 8 memberships would go, at most 4 (50 %) may"),
        (Limit(count=0, percent=10, minimum=50), 4, 8, "4 of 8 memberships would go, at most 0 may"),
        (Limit(count=3, percent=100, minimum=50), 8, 8, "8 of 8 memberships would go, at most 3 may"),
        (Limit(), 20, 20, ""),
    ],
)
def test_the_budget_of_the_run(limit: Limit, taken: int, held: int, told: str) -> None:
    sentences = over(Budgets(limit, FREE, FREE), removals(TEAM, taken), {TEAM.guid: people(held)})

    ending = "; nobody is removed from any group. To allow it once: say so"
    assert sentences == ((f"budget of the run: {told}{ending}",) if told else ())


def test_the_run_counts_the_memberships_of_all_groups_that_were_read_and_members_without_a_name() -> None:
    members = {TEAM.guid: people(10, nameless=5), OTHER.guid: people(5)}

    assert over(Budgets(Limit(percent=50), FREE, FREE), removals(TEAM, 10), members) == ()
    assert "11 of 20" in over(Budgets(Limit(percent=50), FREE, FREE), removals(TEAM, 11), members)[0]


def test_the_budget_of_a_group_is_of_its_own_members() -> None:
    members = {TEAM.guid: people(20), OTHER.guid: people(100)}
    moves = [*removals(TEAM, 6), *removals(OTHER, 25)]

    (sentence,) = over(Budgets(FREE, Limit(percent=25), FREE), moves, members)

    assert sentence.startswith("budget of the group Team: 6 of 20 members would go, at most 5 (25 %) may")


def test_the_budget_of_a_user_is_of_the_groups_that_the_account_is_in() -> None:
    """The first user is in three groups, the others in one or two; groups of which nobody leaves count too."""
    third = group("Third", 2002)
    members = {TEAM.guid: people(2), OTHER.guid: people(2), third.guid: people(1)}
    moves = [*removals(TEAM, 2), *removals(OTHER, 2)]

    assert over(Budgets(FREE, FREE, Limit(count=1, percent=100)), removals(TEAM, 2), members) == ()
    sentences = over(Budgets(FREE, FREE, Limit(percent=60)), moves, members)

    assert [each.partition(" would")[0] for each in sentences] == [
        "budget of the user user0: 2 of 3 managed groups",
        "budget of the user user1: 2 of 2 managed groups",
    ]


def test_an_account_without_a_name_is_told_by_its_sid() -> None:
    moves = [Move(TEAM, ANN, add=False, reason=Reason("unexplained"))]

    assert ANN in over(Budgets(FREE, FREE, Limit(count=0)), moves, {TEAM.guid: people(1)})[0]


def test_of_many_groups_over_their_budget_the_worst_are_told() -> None:
    groups = [group(f"Team {n}", 2000 + n) for n in range(9)]
    moves = [move for n, each in enumerate(groups) for move in removals(each, n + 1)]

    sentences = over(Budgets(FREE, Limit(count=1), FREE), moves, {each.guid: people(20) for each in groups})

    assert [each.partition(":")[0] for each in sentences[:5]] == [
        f"budget of the group Team {n}" for n in range(8, 3, -1)
    ]
    assert [each.partition(";")[0] for each in sentences[5:]] == ["and 3 more like this one"]


def test_every_budget_is_told() -> None:
    none = Limit(count=0)

    assert len(over(Budgets(none, none, none), removals(TEAM, 1), {TEAM.guid: people(1)})) == 3


def test_the_defaults_stop_a_run_that_takes_more_than_a_tenth() -> None:
    members = {group(f"Team {n}", 2000 + n).guid: people(100) for n in range(10)}
    first = group("Team 0", 2000)

    assert over(Budgets(), removals(first, 25), members) == ()
    assert len(over(Budgets(), removals(first, 26), members)) == 1
    assert len(over(Budgets(), removals(first, 101), members)) == 2


@pytest.mark.parametrize("sizes", [(6,), (3, 3), (10, 10, 10, 10), (5,) * 9])
def test_the_defaults_stop_a_small_environment_from_being_emptied(sizes: tuple[int, ...]) -> None:
    """A list of assignments that is empty, whole and wrong looks as if nobody had anything any more."""
    groups = [group(f"Team {n}", 2000 + n) for n in range(len(sizes))]
    moves = [move for each, size in zip(groups, sizes, strict=True) for move in removals(each, size)]

    sentences = over(Budgets(), moves, {each.guid: people(size) for each, size in zip(groups, sizes, strict=True)})

    assert sentences[0].startswith(f"budget of the run: {sum(sizes)} of {sum(sizes)} memberships would go, at most 5")


@pytest.mark.parametrize("size", [1, 2, 5])
def test_the_defaults_let_the_last_few_leave_a_group(size: int) -> None:
    members = {TEAM.guid: people(size), OTHER.guid: people(100)}

    assert over(Budgets(), removals(TEAM, size), members) == ()
