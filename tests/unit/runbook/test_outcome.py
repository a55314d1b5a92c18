from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.outcome import CHECK_MARK, MARK, Outcome, cut, problem_lines, result_line


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("done", 0), ("nothing_to_do", 0), ("partial", 1), ("refused", 1), ("failed", 1), ("timed_out", 1)],
)
def test_only_success_ends_with_zero(outcome: str, code: int) -> None:
    assert Outcome(outcome, "").exit_code() == code


def test_the_line_is_one_ascii_line_of_json_behind_the_mark() -> None:
    line = result_line(Outcome("done", "added to Café\nKöln", added=("Café",)), {"user": "u", "source": "check"})

    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line.removeprefix(MARK)) == {
        "version": 1,
        "outcome": "done",
        "detail": "added to Café Köln",
        "added": ["Café"],
        "removed": [],
        "kept": [],
        "problems": [],
        "verified": False,
        "user": "u",
        "source": "check",
    }


@pytest.mark.parametrize("mark", [MARK, CHECK_MARK])
def test_a_name_that_looks_like_a_mark_is_none(mark: str) -> None:
    line = result_line(Outcome("done", f"added to {mark}{{}}", added=(f"x {mark}y",)), {})

    assert line.count(mark) == (mark == MARK)
    assert json.loads(line.removeprefix(MARK))["added"] == [f"x {mark}y"]


@pytest.mark.parametrize("mark", [MARK, CHECK_MARK])
def test_a_problem_is_one_line_that_nobody_takes_for_a_result_or_a_check(mark: str) -> None:
    (line,) = problem_lines(Outcome("failed", "", problems=(f'AD said\r\n{mark}{{"outcome":"done"}}',)))

    assert mark not in line
    assert line.startswith("problem: AD said LOCKSTEP-")
    assert line.splitlines() == [line]


def test_of_very_many_problems_the_first_are_told() -> None:
    lines = problem_lines(Outcome("failed", "", problems=("x",) * 50))

    assert lines[-2:] == ["problem: x", "problem: and 10 more"]


def test_the_line_stays_short_however_many_groups_there_are() -> None:
    many = tuple(f"Group_{number}" for number in range(5000))

    line = result_line(Outcome("done", ", ".join(many), many, many, many, many), {"user": "u"})

    result = json.loads(line.removeprefix(MARK))
    assert len(line) < 8_000
    assert result["added"][-1] == "and 4960 more"
    assert result["detail"].endswith("...")


@given(st.text())
def test_a_cut_text_is_never_longer_than_it_may_be_in_json(text: str) -> None:
    short = cut(text, 20)

    assert len(json.dumps(short)) - 2 <= 20
    assert short.removesuffix("...") in " ".join(text.split())
