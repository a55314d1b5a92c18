"""The planning of a sweep against an oracle and against what must always hold, in random worlds."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from runbook.membership import Move, SweepPlan
from runbook.safety import MODES, Budgets, Limit
from runbook.sweep_plan import moves_checksum
from tests.unit.runbook.sweep_oracle import MILDEST_FIRST, TABLE, Facts, judge
from tests.unit.runbook.sweep_worlds import MISSING, carried_out, planned, worlds

SAFETY_MD = Path(__file__).parents[3] / "docs" / "safety.md"
many, some = settings(max_examples=800, deadline=None), settings(max_examples=200, deadline=None)


def pairs(moves: tuple[Move, ...] | list[Move], *, add: bool) -> set[tuple[str, str]]:
    return {(move.group.guid, move.sid) for move in moves if move.add == add}


def every_move(plan: SweepPlan) -> list[Move]:
    return [move for each in plan.groups for move in (*each.add, *each.remove)]


def removals(plan: SweepPlan) -> set[tuple[str, str]]:
    """Also those that are withheld."""
    return pairs([*every_move(plan), *plan.withheld], add=False)


def test_the_oracles_table_is_that_of_the_document() -> None:
    section = SAFETY_MD.read_text("utf-8").partition("\n## Modes\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]

    assert rows[0] == ["the account", *(f"`{mode}`" for mode in MILDEST_FIRST)]
    assert {row[0]: tuple(row[1:]) for row in rows[2:]} == TABLE


@many
@given(worlds())
def test_a_plan_is_what_the_oracle_says(facts: Facts) -> None:
    plan, verdict = planned(facts), judge(facts)
    moves = every_move(plan)

    assert {each.group.guid for each in plan.groups} == verdict.swept
    assert pairs(moves, add=True) == verdict.add
    assert pairs(moves, add=False) == verdict.remove
    assert pairs(plan.withheld, add=True) == verdict.withheld_add
    assert pairs(plan.withheld, add=False) == verdict.withheld_remove
    assert len(moves) + len(plan.withheld) == len({move.key() for move in (*moves, *plan.withheld)})
    assert {grant.assignment_id for grant in plan.pending} == verdict.pending
    stays = {
        (each.group.guid, sid) for each in plan.groups for sid in (*each.unexplained, *(sid for sid, _ in each.left))
    }
    assert stays == verdict.stays
    assert {re.split(r"[ :]", each)[3] for each in plan.over if each.startswith("budget")} == verdict.over


@some
@given(worlds())
def test_the_problems_are_those_that_the_oracle_sees(facts: Facts) -> None:
    problems, troubled = planned(facts).problems, judge(facts).troubled

    assert [what for what in troubled if not any(what in problem for problem in problems)] == []
    mentioned = [each for each in problems if any(what in each for what in troubled)]
    assert set(problems) - set(mentioned) == (set() if facts.graph_whole else set(MISSING))


@some
@given(worlds())
def test_what_was_carried_out_is_not_planned_again(facts: Facts) -> None:
    first = planned(facts)
    second = planned(carried_out(facts, first))

    assert {move.key() for move in every_move(second)} <= {move.key() for move in first.withheld}
    if not first.withheld:
        assert every_move(second) == []


@some
@given(worlds())
def test_nobody_is_ever_removed_while_something_is_missing_of_graph(facts: Facts) -> None:
    plan = planned(replace(facts, graph_whole=False))

    assert pairs(every_move(plan), add=False) == set()


@some
@given(worlds(), st.data())
def test_a_list_that_lost_rows_and_says_so_takes_nobodys_access(facts: Facts, data: st.DataObject) -> None:
    known = data.draw(st.lists(st.sampled_from(facts.grants), unique=True)) if facts.grants else []
    plan = planned(replace(facts, grants=known, graph_whole=False))

    after = carried_out(facts, plan)
    assert all(after.members[guid] >= members for guid, members in facts.members.items())


@some
@given(worlds())
def test_the_milder_the_mode_the_fewer_leave(facts: Facts) -> None:
    free = replace(facts.safety, rules=(), budgets=Budgets(Limit(), Limit(), Limit()))
    packages = tuple(replace(each, mode="") for each in facts.mapping.packages)
    bare = replace(facts, mapping=replace(facts.mapping, packages=packages, retired=()))

    additive, managed, authoritative = (
        removals(planned(replace(bare, safety=replace(free, mode=mode)))) for mode in MODES
    )

    assert additive == set()
    assert managed <= authoritative


@some
@given(worlds())
def test_nothing_that_limits_a_run_changes_what_it_is_about(facts: Facts) -> None:
    """Budgets, minimums and a Graph that is not whole withhold; they neither add to a plan nor change its checksum."""
    free = replace(
        facts.safety,
        budgets=Budgets(Limit(), Limit(), Limit()),
        rules=tuple(replace(rule, least=0) for rule in facts.safety.rules),
    )
    limited, unlimited = planned(facts), planned(replace(facts, safety=free, graph_whole=True))

    assert limited.checksum == unlimited.checksum
    assert {move.key() for move in (*every_move(limited), *limited.withheld)} == {
        move.key() for move in (*every_move(unlimited), *unlimited.withheld)
    }


@some
@given(worlds(), st.data())
def test_checksums_are_equal_exactly_when_the_moves_are(facts: Facts, data: st.DataObject) -> None:
    plan = planned(facts)
    moves = [*every_move(plan), *plan.withheld]
    others = data.draw(st.lists(st.sampled_from(moves), unique_by=Move.key)) if moves else []

    assert moves_checksum(moves) == plan.checksum
    assert (moves_checksum(others) == plan.checksum) == (len(others) == len(moves))


@some
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_what_is_read_does_not_matter(facts: Facts, chance: Random) -> None:
    shuffled = list(facts.grants)
    chance.shuffle(shuffled)
    one, two = planned(facts), planned(replace(facts, grants=shuffled, groups=facts.groups[::-1]))

    assert (one.groups, one.withheld, one.checksum, one.over) == (two.groups, two.withheld, two.checksum, two.over)
    assert set(one.pending) == set(two.pending)


@some
@given(worlds())
def test_the_removals_of_a_run_are_always_within_its_budgets(facts: Facts) -> None:
    """Said once more, without the oracle: nobody loses more groups than the budget of a user lets go."""
    limit = facts.safety.budgets.user.count
    moves = every_move(planned(replace(facts, over_budget=False)))

    for sid in {move.sid for move in moves}:
        assert limit is None or sum(1 for move in moves if move.sid == sid and not move.add) <= limit
