"""Somebody who is not in AD yet: waited for within bounds, then pending; never taken for somebody without access."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from runbook.directory import Person
from runbook.envelope import Envelope
from runbook.outcome import Absent, Pending, Refused
from tests.unit.runbook.standins import NOON, PACKAGE_A, PERSON_SID, USER, Memory, reply
from tests.unit.runbook.test_job import ALONE, CALL, GRAPH, ONE, OTHER, SHARED, TWO, World

ENTRA = f"{GRAPH}/v1.0/users/{USER}"
NO_ACCOUNT = reply(200, {"id": USER, "onPremisesSecurityIdentifier": None})
ACCOUNT = reply(200, {"id": USER, "onPremisesSecurityIdentifier": PERSON_SID})


class Late(Memory):
    """A directory that has the person after so many looks."""

    def __init__(self, looks: int) -> None:
        super().__init__((ONE, TWO, SHARED, OTHER))
        self.looks = looks

    def person(self, sid: str) -> Person:
        self.looks -= 1
        if self.looks > 0:
            raise Absent(f"AD has no account with SID {sid}")
        return super().person(sid)


def world(wait: int, *entra: Any, looks: int = 1, sweep: bool = False) -> World:
    there = World(rows=((PACKAGE_A, "delivering"),))
    there.directory = Late(looks)
    there.answers[ENTRA] = list(entra) or ACCOUNT
    there.configure(account_wait=wait, scheduled_sweep=sweep)
    return there


@pytest.mark.parametrize("call", [CALL, ALONE, replace(ALONE, source="lifecycle")], ids=lambda call: call.source)
def test_an_account_that_entra_learns_of_later_is_waited_for(call: Envelope) -> None:
    there = world(120, NO_ACCOUNT, NO_ACCOUNT, ACCOUNT)

    assert there.run(call).detail == "added to One, Shared"
    assert there.clock.slept == [15, 15]


def test_an_account_that_comes_to_ad_later_is_waited_for_within_the_same_time() -> None:
    there = world(60, NO_ACCOUNT, ACCOUNT, looks=3)

    assert there.run().outcome == "done"
    assert there.clock.slept == [15, 15, 15]


@pytest.mark.parametrize(
    ("wait", "slept"), [(0, []), (10, [10]), (40, [15, 15, 10]), (60, [15] * 4), (3600, [15.0] * 37 + [5.0])]
)
def test_the_waiting_ends_in_time(wait: int, slept: list[float]) -> None:
    there = world(wait, NO_ACCOUNT)

    with pytest.raises(Pending, match="no AD account"):
        there.run()

    assert there.clock.slept == slept
    assert there.clock.seconds <= 600 - 10 - 30
    assert there.directory.operations == []


def test_without_enough_time_nobody_is_waited_for() -> None:
    there = world(120, looks=5)

    with pytest.raises(Pending, match="AD has no account"):
        there.run(replace(CALL, deadline=NOON + timedelta(seconds=35)))

    assert there.clock.slept == []
    assert there.directory.written == []
    assert there.directory.closed


def test_it_says_who_makes_it_good() -> None:
    said = []
    for sweep in (True, False):
        with pytest.raises(Pending) as pending:
            world(0, NO_ACCOUNT, sweep=sweep).run()
        said.append(str(pending.value))

    assert said[0].endswith("; nothing was changed; the next sweep picks it up")
    assert said[1].endswith(
        f"; nothing was changed; run 'lockstep reconcile --user {USER} -e test' when the account is there"
    )


@pytest.mark.parametrize("there", [world(120, NO_ACCOUNT), world(120, looks=9)], ids=["entra", "ad"])
def test_who_is_removed_is_neither_waited_for_nor_taken_for_done(there: World) -> None:
    with pytest.raises(Absent):
        there.run(replace(CALL, event="removed"))

    assert there.clock.slept == []


def test_who_does_not_exist_in_entra_is_not_waited_for() -> None:
    there = world(120, reply(404, {}))

    with pytest.raises(Refused, match="does not exist"):
        there.run()

    assert there.clock.slept == []
