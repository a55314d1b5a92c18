from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.apply import Applied, apply
from runbook.directory import Answer, Change, Group
from runbook.outcome import Failed
from runbook.reconcile import Plan
from tests.unit.runbook.standins import PERSON_SID, Memory, StandingClock, deadline_in, group

ONE, TWO, THREE = (group(name, 2000 + n) for n, name in enumerate(("One", "Two", "Three")))
PLAN = Plan(add=(Change(ONE, add=True), Change(TWO, add=True)), remove=(Change(THREE, add=False),))
UNCLEAR = Answer("unclear", "AD says no")
LOST = Answer("lost", "the connection broke")
DECLINED = Answer("declined", "no right")


def directory(**scripts: list[Answer]) -> Memory:
    memory = Memory((ONE, TWO, THREE), (THREE,))
    memory.scripted = scripts
    return memory


def names(groups: list[Group]) -> list[str]:
    return [each.account for each in groups]


def carry_out(memory: Memory, seconds: float = 600, clock: StandingClock | None = None) -> Applied:
    return apply(PLAN, PERSON_SID, memory, deadline_in(seconds, clock))


def test_one_write_for_each_group_and_no_read() -> None:
    memory = directory()

    applied = carry_out(memory)

    assert (names(applied.added), names(applied.removed), applied.problems) == (["One", "Two"], ["Three"], [])
    assert memory.operations == ["change"] * 3
    assert memory.accounts() == ["One", "Two"]


def test_a_failed_addition_forbids_the_removals() -> None:
    memory = directory(One=[DECLINED])

    applied = carry_out(memory)

    assert (names(applied.added), names(applied.removed)) == (["Two"], [])
    assert names(applied.withheld) == ["Three"]
    assert applied.problems == ["adding the person to One failed: no right"]
    assert memory.accounts() == ["Three", "Two"]


def test_already_so_is_found_by_reading_and_is_no_problem() -> None:
    memory = directory(One=[UNCLEAR], Two=[UNCLEAR])
    memory.members |= {ONE.guid, TWO.guid}

    applied = carry_out(memory)

    assert (names(applied.already), applied.added, applied.problems) == (["One", "Two"], [], [])
    assert memory.operations == ["change", "change", "person", "change"]
    assert names(applied.removed) == ["Three"]


def test_a_rule_of_ad_is_told_from_already_so() -> None:
    applied = carry_out(directory(One=[UNCLEAR]))

    assert applied.problems == ["adding the person to One failed: AD says no"]


def test_a_lost_answer_of_a_write_that_happened_counts_as_done() -> None:
    memory = directory(One=[LOST])
    memory.lost_but_done = {"One"}

    applied = carry_out(memory)

    assert names(applied.added) == ["Two", "One"]
    assert memory.written.count(("One", True)) == 1
    assert applied.problems == []


def test_a_lost_write_that_did_not_happen_is_made_once_more() -> None:
    clock = StandingClock()
    memory = directory(One=[LOST])

    applied = carry_out(memory, clock=clock)

    assert names(applied.added) == ["Two", "One"]
    assert memory.written.count(("One", True)) == 2
    assert clock.slept == [1.0]


def test_a_write_that_is_lost_twice_is_a_problem() -> None:
    applied = carry_out(directory(One=[LOST, LOST]))

    assert applied.problems == ["adding the person to One failed: AD was not there to take it, twice"]
    assert names(applied.withheld) == ["Three"]


def test_when_reading_fails_nobody_claims_to_know() -> None:
    memory = directory(One=[LOST])
    memory.reading, memory.readable_times = Failed("AD is gone"), 0

    applied = carry_out(memory)

    assert applied.problems == ["adding the person to One failed: AD is gone; whether it happened is not known"]
    assert names(applied.added) == ["Two"]


def test_it_tells_of_each_change_how_it_ended() -> None:
    ended: list[tuple[str, bool, str]] = []

    def told(change: Change, ending: str) -> str:
        ended.append((str(change.group), change.add, ending))
        return ""

    memory = directory(One=[UNCLEAR], Two=[LOST, LOST], Three=[])
    memory.members.add(ONE.guid)

    applied = apply(PLAN, PERSON_SID, memory, deadline_in(600), told)

    assert ended == [("One", True, "already"), ("Two", True, "failed")]
    assert [str(change.group) for change in applied.settled] == ["One"]

    memory.reading, memory.readable_times, memory.scripted = Failed("AD is gone"), 0, {"Two": [LOST]}
    apply(PLAN, PERSON_SID, memory, deadline_in(600), told)
    assert ended[2:] == [("One", True, "done"), ("Two", True, "unknown")]


LEAVING = Plan(add=(Change(ONE, add=True),), remove=(Change(TWO, add=False), Change(THREE, add=False)))


@pytest.mark.parametrize(
    ("breaks_after", "removed", "withheld"),
    [("One", [], ["Two", "Three"]), ("Two", ["Two"], ["Three"]), ("Three", ["Two", "Three"], [])],
)
def test_when_the_audit_breaks_nothing_more_is_removed(
    breaks_after: str, removed: list[str], withheld: list[str]
) -> None:
    memory = directory()
    memory.members.add(TWO.guid)

    applied = apply(
        LEAVING, PERSON_SID, memory, deadline_in(600), lambda c, _: "no audit" if str(c.group) == breaks_after else ""
    )

    assert (names(applied.added), names(applied.removed)) == (["One"], removed)
    assert names(applied.withheld) == withheld
    assert applied.problems == (["no audit"] if withheld else [])
    assert memory.accounts() == sorted(["One", *withheld])


def test_a_lost_removal_is_not_tried_again_when_the_audit_has_broken() -> None:
    memory = directory(Two=[LOST])
    memory.members.add(TWO.guid)

    applied = apply(LEAVING, PERSON_SID, memory, deadline_in(600), lambda c, _: "no audit" if c.group == THREE else "")

    assert (names(applied.removed), names(applied.withheld), applied.problems) == (["Three"], ["Two"], ["no audit"])
    assert memory.written.count(("Two", False)) == 1


def test_of_two_rounds_the_later_word_counts() -> None:
    first = Applied(
        added=[ONE],
        removed=[TWO, THREE],
        settled=[Change(ONE, add=True), Change(TWO, add=False)],
        problems=["no right"],
    )
    second = Applied(added=[TWO], removed=[ONE], settled=[Change(ONE, add=False), Change(TWO, add=True)])

    both = first.then(second, [])

    assert (both.added, both.removed, both.problems) == ([TWO], [THREE, ONE], [])
    assert both.settled == second.settled
    assert first.then(second, [Change(THREE, add=False)]).removed == [ONE], "what others undid was not done by us"


class SlowMemory(Memory):
    """A directory in which every write takes its time."""

    def __init__(self, clock: StandingClock, seconds: float) -> None:
        super().__init__((ONE, TWO, THREE), (THREE,))
        self._clock = clock
        self._seconds = seconds

    def change(self, change: Change, sid: str) -> Answer:
        self._clock.seconds += self._seconds
        return super().change(change, sid)


@pytest.mark.parametrize(
    ("seconds", "added", "problems"),
    [(25, ["One"], 1), (15, ["One", "Two"], 1), (9, ["One", "Two"], 0)],
)
def test_after_the_deadline_nothing_is_written_any_more(seconds: float, added: list[str], problems: int) -> None:
    clock = StandingClock()
    memory = SlowMemory(clock, seconds)

    applied = apply(PLAN, PERSON_SID, memory, deadline_in(25, clock))

    assert names(applied.added) == added
    assert len(applied.problems) == problems
    assert applied.out_of_time is bool(problems)
    assert len(memory.written) == len(applied.added) + len(applied.removed)


def test_a_deadline_after_a_lost_write_says_what_is_not_known() -> None:
    clock = StandingClock()
    memory = SlowMemory(clock, 25)
    memory.scripted = {"One": [LOST]}

    applied = apply(PLAN, PERSON_SID, memory, deadline_in(25, clock))

    assert applied.out_of_time
    assert "One failed" in applied.problems[0]
    assert "not known" in applied.problems[0]
    assert "Two failed" in applied.problems[1]
    assert names(applied.withheld) == ["Three"]


ANSWERS = st.lists(st.sampled_from([Answer("done"), UNCLEAR, LOST, DECLINED]), max_size=2)


@given(
    ANSWERS, ANSWERS, ANSWERS, st.sets(st.sampled_from(["One", "Two", "Three"])), st.sets(st.sampled_from([ONE, TWO]))
)
def test_whatever_ad_answers_the_account_of_it_is_true(
    one: list[Answer], two: list[Answer], three: list[Answer], silent: set[str], held: set[Group]
) -> None:
    memory = directory(One=list(one), Two=list(two), Three=list(three))
    memory.lost_but_done = silent
    memory.members |= {each.guid for each in held}

    applied = carry_out(memory)

    after = memory.accounts()
    assert set(names(applied.added)) <= set(after)
    assert not set(names(applied.removed)) & set(after)
    assert ("Three", False) not in memory.written or not any("adding" in problem for problem in applied.problems)
    settled = names([*applied.added, *applied.removed, *applied.already, *applied.withheld])
    assert len(settled) + sum("failed" in problem for problem in applied.problems) == 3
