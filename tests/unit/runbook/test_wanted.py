"""Without a callout's word, nothing but the live assignments of a whole list counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.directory import Seen
from runbook.entitlement import Assignment, Assignments
from runbook.reconcile import plan
from runbook.safety import Safety
from runbook.wanted import together, wanted
from tests.unit.runbook.standins import ASSIGNMENT, PACKAGE_A, PACKAGE_B, group, person
from tests.unit.runbook.test_reconcile import BOTH, ELSEWHERE, ONE, OTHER, SHARED, TWO, envelope, listed

CALL = replace(envelope(), source="reconcile", event="", access_package="", assignment="")


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        ([], "no live assignment"),
        ([("1", PACKAGE_A, "expired"), ("2", "", "deliveryfailed")], "no live assignment"),
        ([("1", ELSEWHERE, "delivered")], "no live assignment of a mapped access package"),
        ([("1", PACKAGE_A, "delivering")], ""),
    ],
)
def test_who_has_nothing_is_told_so(rows: list[tuple[str, str, str]], note: str) -> None:
    wish = wanted(CALL, listed(*rows), BOTH)

    assert (wish.note, wish.problems, wish.complete) == (note, (), True)


def test_a_list_that_is_not_whole_says_nothing_about_what_is_missing() -> None:
    wish = wanted(CALL, listed(problem="Graph: 503"), BOTH)

    assert (wish.note, wish.problems, wish.complete) == ("", ("Graph: 503",), False)


def test_what_has_ended_is_known_with_its_assignment() -> None:
    rows = listed(("1", PACKAGE_A, "expired"), ("2", PACKAGE_A, "delivered"), ("3", PACKAGE_B, "deliveryfailed"))

    wish = wanted(CALL, rows, BOTH)

    assert (set(wish.packages), set(wish.over)) == ({PACKAGE_A}, {PACKAGE_A, PACKAGE_B})
    assert wish.assignments == {PACKAGE_A: "2", PACKAGE_B: "3"}


@pytest.mark.parametrize("assignment", [ASSIGNMENT, ""])
@pytest.mark.parametrize("state", ["delivered", "expired", None])
def test_a_removed_callouts_package_is_over_whatever_the_list_says(assignment: str, state: str | None) -> None:
    rows = listed((ASSIGNMENT, PACKAGE_A, state)) if state else listed()

    wish = wanted(envelope("removed", assignment=assignment), rows, BOTH)

    assert (set(wish.packages), set(wish.over)) == (set(), {PACKAGE_A})
    assert wish.assignments == {PACKAGE_A: assignment}


def test_a_granted_callouts_package_is_given_by_its_own_assignment() -> None:
    wish = wanted(envelope(), listed(("1", PACKAGE_A, "expired")), BOTH)

    assert (set(wish.packages), set(wish.over)) == ({PACKAGE_A}, {PACKAGE_A})
    assert wish.assignments == {PACKAGE_A: ASSIGNMENT}


ROWS = st.lists(
    st.tuples(
        st.sampled_from("1234"), st.sampled_from([PACKAGE_A, PACKAGE_B]), st.sampled_from(["delivered", "expired"])
    ),
    max_size=4,
    unique_by=lambda row: row[0],
)


@given(ROWS, ROWS, st.sampled_from(["", "503"]), st.sampled_from(["", "404"]))
def test_what_either_look_has_as_live_is_live(one: list[Any], other: list[Any], first: str, second: str) -> None:
    both = together(listed(*one, problem=first), listed(*other, problem=second))

    live = {number for number, _, state in [*one, *other] if state == "delivered"}
    assert {row.assignment_id for row in both.rows if row.live()} == live
    assert {row.assignment_id for row in both.rows} == {number for number, _, _ in [*one, *other]}
    assert bool(both.problem) == bool(first or second)


GROUPS = (ONE, TWO, SHARED, OTHER)
GIVES = {PACKAGE_A: {"One", "Shared"}, PACKAGE_B: {"Two", "Shared"}, ELSEWHERE: set[str]()}
STATES = st.sampled_from(["delivering", "partiallydelivered", "delivered", "expired", "deliveryfailed"])


@given(
    rows=st.lists(st.tuples(st.sampled_from(sorted(GIVES)), STATES), max_size=4),
    members=st.sets(st.sampled_from(GROUPS)),
    problem=st.sampled_from(["", "", "half a page"]),
    protected=st.sampled_from([None, None, "One"]),
)
def test_managed_groups_become_those_of_the_list_or_nothing_is_taken(
    rows: list[tuple[str, str]], members: set[object], problem: str, protected: str | None
) -> None:
    found = tuple(group(g.account, 2000 + n, admin_count=g.account == protected) for n, g in enumerate(GROUPS))
    held = [each for each, original in zip(found, GROUPS, strict=True) if original in members]
    listing = Assignments(tuple(Assignment(str(n), *row) for n, row in enumerate(rows)), problem)
    live = {name for row in listing.rows if row.live() for name in GIVES[row.package_id]}

    outcome = plan(wanted(CALL, listing, BOTH), BOTH, Seen(person(*held), found), "LAB", Safety())

    added, removed = ({str(change.group) for change in changes} for changes in (outcome.add, outcome.remove))
    assert added <= live
    assert not removed & live
    assert "Other" not in added | removed
    if outcome.problems:
        assert removed == set()
    else:
        assert (({str(each) for each in held} | added) - removed) - {"Other"} == live
    assert not problem or outcome.problems
