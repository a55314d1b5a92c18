"""Others write at the same time: the job looks before it takes away, reads back, and puts right once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.directory import Change, Person
from runbook.outcome import DeadlinePassed, Failed, Outcome
from tests.unit.runbook.standins import ASSIGNMENT, PACKAGE_A, PACKAGE_B, USER, Memory, reply
from tests.unit.runbook.test_job import ALONE, CALL, LIST, ONE, OTHER, SHARED, TWO, World

REMOVED = replace(CALL, event="removed")
GROUPS = (ONE, TWO, SHARED, OTHER)


def listed(*rows: tuple[str, str]) -> Any:
    """A whole list of assignments: (package, state) each."""
    return reply(
        200,
        {
            "value": [
                {
                    "id": f"{ASSIGNMENT[:-2]}{package[-2:]}",
                    "state": state,
                    "accessPackage": {"id": package},
                    "target": {"objectId": USER},
                }
                for package, state in rows
            ]
        },
    )


class Busy(Memory):
    """A directory in which others write: `before` each numbered reading of the person, what is in it is done."""

    def __init__(self, *members: Any) -> None:
        super().__init__(GROUPS, members)
        self.before: dict[int, Callable[[], object]] = {}

    def person(self, sid: str) -> Person:
        self.before.get(self.operations.count("person") + 1, lambda: None)()
        return super().person(sid)


class Raced(World):
    """A world in which others write too; `lists` are the assignments, as they are read one after another."""

    directory: Busy

    def __init__(self, *members: Any, lists: tuple[Any, ...]) -> None:
        super().__init__()
        self.directory = Busy(*members)
        self.answers[LIST] = list(lists)


# ---- before anything is taken away


def test_a_grant_that_the_list_shows_a_moment_later_keeps_its_groups() -> None:
    there = Raced(ONE, SHARED, TWO, lists=(listed((PACKAGE_A, "delivered")), listed((PACKAGE_B, "delivering"))))

    outcome = there.run(ALONE)

    assert (outcome.outcome, there.directory.written) == ("nothing_to_do", [])
    assert outcome.kept == ("One", "Shared", "Two"), "what either list has as live counts"


def test_only_what_nothing_explains_is_worth_a_pause() -> None:
    ended = listed((PACKAGE_A, "expired"))
    explained = Raced(ONE, lists=(ended,))
    unexplained = Raced(TWO, lists=(ended,))
    granted = Raced(lists=(listed((PACKAGE_A, "delivered")),))

    for there in (explained, unexplained, granted):
        there.run(ALONE)

    assert explained.directory.operations == ["person", "groups", "change", "person"]
    assert (explained.clock.slept, unexplained.clock.slept, granted.clock.slept) == ([], [3.0], [])
    assert [sum(url.startswith(LIST) for url in each.wire.urls) for each in (explained, unexplained, granted)] == [
        3,
        3,
        2,
    ]


def test_without_a_second_look_nothing_is_taken_away() -> None:
    there = Raced(ONE, TWO, lists=(listed((PACKAGE_B, "delivered")), reply(403, {})))

    outcome = there.run(REMOVED)

    assert (outcome.outcome, there.directory.written) == ("partial", [("Shared", True)])
    assert "therefore not removed from One" in outcome.detail
    assert not outcome.verified


def test_no_time_for_a_second_look_is_no_look() -> None:
    there = Raced(TWO, lists=(listed(),))
    there.clock.seconds = 588.5

    with pytest.raises(DeadlinePassed, match="second look"):
        there.run(ALONE)

    assert there.directory.written == []


# ---- after the writes


def test_what_another_takes_away_meanwhile_is_given_again() -> None:
    there = Raced(lists=(listed((PACKAGE_A, "delivered")),))
    there.directory.before[2] = there.directory.members.clear

    outcome = there.run()

    assert (outcome.outcome, outcome.detail) == ("done", "added to One, Shared")
    assert outcome.verified
    assert there.directory.accounts() == ["One", "Shared"]
    assert there.directory.operations.count("person") == 3


def test_what_another_gives_back_meanwhile_is_taken_away_again() -> None:
    there = Raced(ONE, OTHER, lists=(listed((PACKAGE_A, "expired")),))
    there.directory.before[2] = lambda: there.directory.members.add(ONE.guid)

    outcome = there.run(REMOVED)

    assert (outcome.outcome, outcome.removed, outcome.verified) == ("done", ("One",), True)
    assert there.directory.written == [("One", False)] * 2


def test_what_entra_says_by_then_counts() -> None:
    """A package that was granted while the other ended: its own job has given the group back, and that stays."""
    ended = listed((PACKAGE_A, "expired"))
    there = Raced(ONE, SHARED, lists=(ended, ended, listed((PACKAGE_A, "expired"), (PACKAGE_B, "delivering"))))
    there.directory.before[2] = lambda: there.directory.members.add(SHARED.guid)

    outcome = there.run(REMOVED)

    assert there.directory.accounts() == ["Shared", "Two"]
    assert (outcome.added, outcome.removed, outcome.kept) == (("Two",), ("One",), ("Shared",))


def test_an_addition_whose_assignment_ends_meanwhile_is_taken_back() -> None:
    """The job of the callout that ended it had found nothing to take away yet."""
    live, ended = listed((PACKAGE_A, "delivered")), listed((PACKAGE_A, "expired"))
    there = Raced(lists=(live, ended))

    outcome = there.run(ALONE)

    assert there.directory.accounts() == []
    assert (outcome.outcome, outcome.removed, outcome.verified) == ("done", ("One", "Shared"), True)


def test_a_removal_whose_access_package_is_granted_meanwhile_is_taken_back() -> None:
    ended = listed((PACKAGE_A, "expired"))
    there = Raced(ONE, lists=(ended, ended, listed((PACKAGE_B, "delivering"))))

    outcome = there.run(ALONE)

    assert there.directory.accounts() == ["Shared", "Two"]
    assert (outcome.outcome, outcome.removed, outcome.verified) == ("done", ("One",), True)


@pytest.mark.parametrize("later", [(), ((PACKAGE_B, "delivered"),)])
def test_an_addition_is_not_taken_back_because_the_list_lacks_its_assignment(later: tuple[Any, ...]) -> None:
    """A list may come back with rows missing; what has ended is listed as expired."""
    there = Raced(lists=(listed((PACKAGE_A, "delivered")), listed(*later)))

    there.run(ALONE)

    assert {"One", "Shared"} <= set(there.directory.accounts())
    assert not any(not add for _, add in there.directory.written)


def test_without_a_whole_list_after_the_writes_nothing_is_called_verified() -> None:
    there = Raced(lists=(listed((PACKAGE_A, "delivered")), reply(403, {})))

    outcome = there.run(ALONE)

    assert (outcome.outcome, outcome.added, outcome.verified) == ("done", ("One", "Shared"), False)


def test_a_group_the_person_had_and_has_lost_meanwhile_is_given_again() -> None:
    there = Raced(SHARED, lists=(listed((PACKAGE_A, "delivered")),))
    there.directory.before[2] = lambda: there.directory.members.discard(SHARED.guid)

    outcome = there.run()

    assert (outcome.outcome, outcome.added, outcome.kept) == ("done", ("One", "Shared"), ())
    assert there.directory.accounts() == ["One", "Shared"]


def test_whoever_undoes_it_twice_is_told_and_not_fought() -> None:
    there = Raced(lists=(listed((PACKAGE_A, "delivered")),))
    for reading in (2, 3, 4):
        there.directory.before[reading] = lambda: there.directory.members.discard(ONE.guid)

    outcome = there.run()

    assert outcome.outcome == "partial"
    assert outcome.problems == ("One: changed by somebody else meanwhile",)
    assert not outcome.verified
    assert there.directory.written.count(("One", True)) == 2


def test_a_person_who_becomes_privileged_meanwhile_is_left_and_what_was_done_is_told() -> None:
    there = Raced(lists=(listed((PACKAGE_A, "delivered")),))

    def promote() -> None:
        there.directory.members.clear()
        there.directory.account = replace(there.directory.account, admin_count=True)

    there.directory.before[2] = promote

    outcome = there.run()

    assert (outcome.outcome, outcome.added, outcome.verified) == ("partial", ("One", "Shared"), False)
    assert "changed by somebody else meanwhile: account S-1-5-21-1-2-3-1104 is privileged" in outcome.detail


def test_what_cannot_be_read_back_was_done_and_is_not_called_verified() -> None:
    there = Raced(lists=(listed((PACKAGE_A, "delivered")),))
    there.directory.reading, there.directory.readable_times = Failed("AD is gone"), 1

    outcome = there.run()

    assert (outcome.outcome, outcome.detail, outcome.verified) == ("done", "added to One, Shared", False)


@pytest.mark.parametrize("readable", [1, 2, 3])
def test_a_second_round_that_cannot_be_read_back_loses_nothing_of_what_it_did(readable: int) -> None:
    there = Raced(lists=(listed((PACKAGE_A, "delivered")),))
    there.directory.before[2] = lambda: there.directory.members.discard(ONE.guid)
    there.directory.reading, there.directory.readable_times = Failed("AD is gone"), readable

    outcome = there.run()

    assert (outcome.outcome, set(outcome.added)) == ("done", {"One", "Shared"})
    assert outcome.verified is (readable == 3)


# ---- two jobs for one user, and somebody at the keyboard, in any order


class Meddled(Memory):
    """A directory in which something else happens before some of its operations, one thing each."""

    def __init__(self, members: set[Any], meddling: dict[int, Callable[[], object]]) -> None:
        super().__init__(GROUPS, members)
        self._meddling = meddling

    def _meddle(self) -> None:
        self._meddling.pop(len(self.operations) + 1, lambda: None)()

    def person(self, sid: str) -> Person:
        self._meddle()
        return super().person(sid)

    def groups(self, names: Any, guids: Any) -> Any:
        self._meddle()
        return super().groups(names, guids)

    def change(self, change: Change, sid: str) -> Any:
        self._meddle()
        return super().change(change, sid)


MANAGED = {PACKAGE_A: {"One", "Shared"}, PACKAGE_B: {"Two", "Shared"}}
STATES = st.sampled_from(["delivering", "delivered", "expired"])


@given(
    rows=st.dictionaries(st.sampled_from(sorted(MANAGED)), STATES),
    members=st.sets(st.sampled_from(GROUPS)),
    edits=st.dictionaries(st.integers(2, 6), st.tuples(st.sampled_from(GROUPS), st.booleans()), max_size=2),
)
def test_what_is_called_verified_is_so_whatever_others_do(
    rows: dict[str, str], members: set[Any], edits: dict[int, tuple[Any, bool]]
) -> None:
    there = World()
    there.answers[LIST] = listed(*rows.items())
    before = {group.account for group in members}

    def edit(group: Any, *, add: bool) -> None:
        (there.directory.members.add if add else there.directory.members.discard)(group.guid)

    meddling: dict[int, Callable[[], object]] = {
        at: partial(edit, group, add=add) for at, (group, add) in edits.items()
    }
    there.directory = Meddled(members, meddling)

    outcome = there.run(ALONE)

    live = {name for package, state in rows.items() if state != "expired" for name in MANAGED[package]}
    by_hand = {group.account for at, (group, _) in edits.items() if at not in meddling}
    after = set(there.directory.accounts())
    if outcome.verified and not by_hand:
        assert after - {"Other"} == live
    if outcome.verified and (outcome.added or outcome.removed):
        assert live <= after
        unseen = {name for name in by_hand if name not in live | before}  # came after the person was first read
        assert after - {"Other"} - unseen == live
    assert outcome.verified or outcome.problems


@pytest.mark.parametrize("first", ["granted", "removed"])
@pytest.mark.parametrize("at", range(1, 8))
def test_two_jobs_for_one_user_end_where_entra_is(first: str, at: int) -> None:
    """B is granted while A ends, and both give Shared: one job runs wholly in between two operations of the other."""
    there = World()
    there.answers[LIST] = listed((PACKAGE_A, "expired"), (PACKAGE_B, "delivering"))
    calls = {"granted": replace(CALL, access_package=PACKAGE_B, assignment=f"{ASSIGNMENT[:-2]}0b"), "removed": REMOVED}
    inner: list[Outcome] = []
    other = calls.pop("removed" if first == "granted" else "granted")
    directory = Meddled({ONE, SHARED}, {at: lambda: inner.append(there.run(other))})
    there.directory = directory

    outer = there.run(calls[first])

    assert directory.accounts() == ["Shared", "Two"]
    assert outer.exit_code() == 0
    assert [each.exit_code() for each in inner] == [0] * len(inner)
