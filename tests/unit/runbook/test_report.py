from __future__ import annotations

from typing import Any

import pytest

from runbook.apply import Applied
from runbook.reconcile import Plan
from runbook.report import report
from runbook.wanted import Wanted
from tests.unit.runbook.standins import group

ONE, TWO = group("One"), group("Two", 2001)
WISH = Wanted(frozenset(), frozenset())
HALF = Wanted(frozenset(), frozenset(), complete=False)

CASES: list[tuple[str, Wanted, Plan, dict[str, Any], str, str]] = [
    ("added", WISH, Plan(), {"added": [ONE, TWO]}, "done", "added to One, Two"),
    ("both", WISH, Plan(), {"added": [ONE], "removed": [TWO]}, "done", "added to One; removed from Two"),
    ("nothing", WISH, Plan(), {}, "nothing_to_do", "nothing to do"),
    ("kept", WISH, Plan(kept=(ONE,)), {}, "nothing_to_do", "nothing to do, already in One"),
    ("somebody else did it", WISH, Plan(), {"already": [ONE]}, "nothing_to_do", "nothing to do"),
    (
        "stale",
        Wanted(frozenset(), frozenset(), note="has expired"),
        Plan(),
        {},
        "nothing_to_do",
        "nothing to do; has expired",
    ),
    (
        "held back",
        WISH,
        Plan(problems=("no page 2",)),
        {"added": [ONE], "withheld": [TWO]},
        "partial",
        "added to One; no page 2; therefore not removed from Two",
    ),
    ("refused", WISH, Plan(problems=("One is privileged",)), {}, "refused", "One is privileged"),
    ("unread", HALF, Plan(problems=("no page 2",)), {}, "failed", "no page 2"),
    ("unwritten", WISH, Plan(), {"problems": ["no right"]}, "failed", "no right"),
    (
        "left by the mode",
        WISH,
        Plan(kept=(ONE,), stays=((TWO, "by hand"), (group("Three", 2002), "by hand"), (ONE, "ended"))),
        {},
        "nothing_to_do",
        "nothing to do, already in One; stays in Two, Three: by hand; stays in One: ended",
    ),
    (
        "late",
        WISH,
        Plan(),
        {"added": [ONE], "problems": ["too late"], "out_of_time": True},
        "timed_out",
        "added to One; too late",
    ),
]


@pytest.mark.parametrize(
    ("wish", "plan", "applied", "outcome", "detail"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_the_outcome_says_what_happened(
    wish: Wanted, plan: Plan, applied: dict[str, Any], outcome: str, detail: str
) -> None:
    told = report(wish, plan, Applied(**applied))

    assert (told.outcome, told.detail) == (outcome, detail)
    assert bool(told.problems) is (told.exit_code() == 1)
    assert not told.verified
    assert report(wish, plan, Applied(**applied), verified=True).verified is not bool(told.problems)
