from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.job_records import records
from runbook.audit import Audit
from runbook.directory import Answer, Group
from runbook.membership import Move, Reason
from runbook.outcome import DeadlinePassed
from runbook.record import Records
from runbook.sweep_apply import Written, write_moves
from runbook.worker import Worker
from tests.unit.runbook.domain import GONE, Domain, sid
from tests.unit.runbook.standins import PACKAGE_A, StandingClock, deadline_in, group
from tests.unit.runbook.test_job import ALONE

ONE, TWO, THREE = group("One", 2001), group("Two", 2002), group("Three", 2003)
LOST = Answer("lost", "the connection broke")
NO_RIGHT = Answer("declined", "the account has no right")


def add(number: int, where: Group = ONE) -> Move:
    return Move(where, sid(number), add=True, reason=Reason("granted", PACKAGE_A), name=f"person{number}")


def remove(number: int, where: Group = ONE) -> Move:
    return Move(where, sid(number), add=False, reason=Reason("over", PACKAGE_A), name=f"person{number}")


class Run:
    """Writes with a standing clock; `audit` is by outcome how many records were told, `lines` the output."""

    def __init__(self, domain: Domain, *moves: Move, seconds: float = 600, file: str = "") -> None:
        self.clock = StandingClock()
        self.lines: list[str] = []
        worker = Worker({}, self.clock, None, None, None, None, self.lines.append)  # type: ignore[arg-type]
        self.records = Records(self.lines.append)
        audit = Audit(ALONE, worker, self.records, file)
        self.written: Written = write_moves(moves, domain, deadline_in(seconds, self.clock), audit)
        audit.close()

    def audited(self) -> list[tuple[Any, Any, bool]]:
        told = records("\n".join(self.lines))
        return [(each["outcome"], each["sid"], each["action"] == "add") for each in told]

    def counts(self) -> dict[str, int]:
        found = self.written
        kinds = ("done", "already", "failed", "unknown", "untried")
        return {kind: len(getattr(found, kind)) for kind in kinds if getattr(found, kind)}


def test_a_group_is_one_modify() -> None:
    domain = Domain({ONE: [1, 2], TWO: [3]})

    run = Run(domain, add(3), remove(1), add(4), remove(3, TWO))

    assert domain.written == [("One", 2, 1), ("Two", 0, 1)]
    assert (domain.people(ONE), domain.people(TWO)) == ([2, 3, 4], [])
    assert (run.counts(), run.written.problems) == ({"done": 4}, [])
    assert run.audited() == [(("done"), move.sid, move.add) for move in run.written.done]


def test_many_values_are_chunks_with_the_additions_first() -> None:
    domain = Domain({ONE: range(700)}, people=2_000)

    run = Run(domain, *[remove(n) for n in range(700)], *[add(n) for n in range(1_000, 1_600)])

    assert domain.written == [("One", 500, 0), ("One", 100, 0), ("One", 0, 500), ("One", 0, 200)]
    assert run.counts() == {"done": 1_300}


def test_what_another_did_meanwhile_is_already_so_and_the_rest_is_written() -> None:
    domain = Domain({ONE: [1, 3]})

    run = Run(domain, add(2), add(3), remove(1), remove(4))

    assert domain.people(ONE) == [2, 3]
    assert run.counts() == {"done": 2, "already": 2}
    assert run.written.problems == []
    assert len(domain.written) == 2


def test_one_bad_value_does_not_block_the_rest_and_is_named() -> None:
    domain = Domain({ONE: [1]}, people=200)
    del domain.known[sid(77)]

    run = Run(domain, *[add(n) for n in range(2, 150)], remove(1))

    assert domain.people(ONE) == [n for n in range(2, 150) if n != 77]
    assert run.counts() == {"done": 148, "failed": 1}
    assert run.written.problems == ["group One: adding person77: unwillingToPerform: no such account"]
    assert len(domain.written) <= 20


def test_a_group_without_right_is_one_problem_and_the_next_goes_on() -> None:
    domain = Domain({ONE: range(600), TWO: []}, people=1_000)
    domain.scripted["One"] = [NO_RIGHT]

    run = Run(domain, add(700), *[remove(n) for n in range(600)], add(1, TWO))

    assert len(domain.people(ONE)) == 600
    assert domain.people(TWO) == [1]
    assert run.counts() == {"done": 1, "failed": 601}
    assert run.written.problems == ["group One: 601 changes: the account has no right"]


@pytest.mark.parametrize("happened", [True, False])
def test_a_lost_answer_is_looked_after_and_written_again_only_if_it_did_not_happen(happened: bool) -> None:  # noqa: FBT001 - both cases
    domain = Domain({ONE: [1]})
    domain.scripted["One"] = [LOST]
    domain.lost_but_done = {"One"} if happened else set()

    run = Run(domain, add(2), remove(1))

    assert domain.people(ONE) == [2]
    assert (run.counts(), run.written.problems) == ({"done": 2}, [])
    assert len(domain.written) == (1 if happened else 2)
    assert run.clock.slept == ([] if happened else [1.0])


def test_what_is_lost_three_times_ends_the_run() -> None:
    domain = Domain({ONE: [1], TWO: [1], THREE: []})
    domain.scripted["One"] = [LOST, LOST, LOST]

    run = Run(domain, remove(1), remove(1, TWO), add(1, THREE))

    assert (domain.people(ONE), domain.people(TWO), domain.people(THREE)) == ([1], [1], [])
    assert run.counts() == {"failed": 1, "untried": 2}
    assert run.written.problems[-1] == "2 changes in 2 groups were not tried; run it again"


def test_a_lost_answer_that_nobody_can_look_after_is_unknown_and_ends_the_run() -> None:
    domain = Domain({ONE: [1], TWO: [1]})
    domain.scripted["One"] = [LOST]
    domain.unreadable["One"] = GONE

    run = Run(domain, remove(1), remove(1, TWO))

    assert run.counts() == {"unknown": 1, "untried": 1}
    assert run.audited() == [("unknown", sid(1), False)]
    assert "the connection broke; AD: the connection broke twice" in run.written.problems[0]


def test_an_unclear_answer_that_nobody_can_look_after_ends_the_group_only() -> None:
    domain = Domain({ONE: [], TWO: [1]})
    domain.unreadable["One"] = GONE

    run = Run(domain, remove(1), remove(1, TWO))

    assert run.counts() == {"done": 1, "failed": 1}


def test_the_deadline_ends_it_between_two_modifies_and_the_rest_is_told() -> None:
    domain = Domain({ONE: [1], TWO: range(600), THREE: [1]}, people=1_000)
    run_clock: list[StandingClock] = []

    def slow(number: int) -> None:
        if number == 2:
            raise DeadlinePassed("the job's deadline passed before asking AD")

    domain.before_write = slow
    run = Run(domain, remove(1), *[remove(n, TWO) for n in range(600)], remove(1, THREE))

    assert not run_clock
    assert run.written.out_of_time
    assert run.counts() == {"done": 1, "untried": 601}
    assert run.written.problems[-1] == "601 changes in 2 groups were not tried; run it again"


def test_time_that_is_over_before_the_first_write_writes_nothing() -> None:
    domain = Domain({ONE: [1]})

    run = Run(domain, remove(1), seconds=0)

    assert domain.written == []
    assert run.written.out_of_time


def test_without_its_audit_nothing_is_removed(tmp_path: Path) -> None:
    domain = Domain({ONE: [1]})

    run = Run(domain, add(2), remove(1), file=str(tmp_path / "missing" / "audit.jsonl"))

    assert domain.people(ONE) == [1, 2]
    assert run.counts() == {"done": 1, "failed": 1}
    assert "nothing is removed without an audit" in run.written.problems[0]


def test_an_audit_that_breaks_on_the_way_ends_the_removals(tmp_path: Path) -> None:
    domain = Domain({ONE: [1], TWO: [1]})
    folder = tmp_path / "log"
    folder.mkdir()

    def vanish(_: int) -> None:
        for file in folder.iterdir():
            file.unlink()
        if folder.exists():
            folder.rmdir()

    domain.before_write = lambda number: vanish(number) if number == 1 else None
    run = Run(domain, remove(1), remove(1, TWO), file=str(folder / "audit.jsonl"))

    assert (domain.people(ONE), domain.people(TWO)) == ([], [1])
    assert run.counts() == {"done": 1, "failed": 1}


@st.composite
def troubles(draw: st.DrawFn) -> tuple[Domain, list[Move], list[str]]:
    """A domain that moved since the plan was made, with gone accounts, and answers that are lost or declined."""
    people = st.integers(0, 30)
    domain = Domain({where: draw(st.sets(people)) for where in (ONE, TWO)}, people=31)
    wanted = draw(st.dictionaries(st.tuples(st.sampled_from([ONE, TWO]), people), st.booleans()))
    moves = [add(n, where) if adding else remove(n, where) for (where, n), adding in wanted.items()]
    for gone in draw(st.sets(people, max_size=4)):
        del domain.known[sid(gone)]
    script = draw(st.lists(st.sampled_from(["lost", "lost but done", "declined", ""]), max_size=4))
    return domain, moves, script


@given(troubles())
def test_every_move_ends_once_and_what_is_told_is_what_happened(case: tuple[Domain, list[Move], list[str]]) -> None:
    domain, moves, script = case
    before = {guid: set(held) for guid, held in domain.held.items()}

    def trouble(number: int) -> None:
        kind = script[number - 1] if number <= len(script) else ""
        domain.lost_but_done = {"One", "Two"} if kind == "lost but done" else set()
        answer = {"lost": LOST, "lost but done": LOST, "declined": NO_RIGHT}.get(kind)
        domain.scripted = {"One": [answer], "Two": [answer]} if answer else {}

    domain.before_write = trouble
    run = Run(domain, *moves)

    written = run.written
    told = [*written.done, *written.already, *written.failed, *written.unknown, *written.untried]
    assert sorted(move.key() for move in told) == sorted(move.key() for move in moves)
    assert len(run.audited()) == len(moves) - len(written.untried)
    for move in [*written.done, *written.already]:
        assert (move.sid in domain.held[move.group.guid]) == move.add
    for move in [*written.failed, *written.untried]:
        assert (move.sid in domain.held[move.group.guid]) == (move.sid in before[move.group.guid])
    assert not written.unknown
    if not script and not any(move.add and move.sid not in domain.known for move in moves):
        assert not written.problems
