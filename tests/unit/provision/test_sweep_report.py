"""What a sweep tells, for people and for scripts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provision import sweep_report
from provision.sweep_report import MOST_ROWS, Table
from tests.unit.provision.swept import CHECKSUM, PACKAGE, WRITERS, audit, group, move, output, told

NAMES = {PACKAGE: "Analyst"}


def _lines(*records: dict[str, Any], listed: bool = False, **facts: Any) -> list[str]:
    return sweep_report.text(sweep_report.blocks(told(*records, **facts), NAMES, unexplained=listed)).splitlines()


def test_each_change_is_a_row_with_its_reason_group_by_group() -> None:
    lines = _lines(
        group(WRITERS, "Writers"),
        group(),
        move("cem", "remove", "over", group=WRITERS),
        move("ben", "remove", "unexplained"),
        move("ada"),
        move("dea", "remove", "retired", withheld=True),
        {**move("eve", "remove", "undone"), "who": ""},
    )

    assert [line.split("  ")[0] for line in lines] == [
        "change",
        "add",
        "remove",
        "remove",
        "remove (withheld)",
        "remove",
    ]
    assert lines[1].split() == ["add", "Readers", "ada", "Analyst", "is", "assigned", "2026-01-02", "of-ada"]
    assert [
        word in line for line, word in zip(lines[2:], ("S-1-5-21-1-2-3-eve", "ben", "dea", "cem"), strict=True)
    ] == [True] * 4
    assert "takes back what was changed" in lines[2]
    assert "no live assignment gives it" in lines[3]
    assert "the group is retired" in lines[4]
    assert "the assignment of Analyst has ended" in lines[5]


def test_a_package_that_graph_does_not_name_goes_by_its_id() -> None:
    blocks = sweep_report.blocks(told(group(), move("ada")), {}, unexplained=False)

    assert f"{PACKAGE} is assigned" in sweep_report.text(blocks)


def test_what_was_written_is_told_with_how_it_ended() -> None:
    lines = _lines(audit("ada"), audit("ben", "remove", "failed"), audit("cem", "add", "already"))

    assert [line.split("  ")[0] for line in lines[1:]] == ["add", "add (already)", "remove (failed)"]
    assert "Readers" in lines[1]


def test_a_long_table_ends_after_some_rows_and_says_how_many_more_there_are() -> None:
    found = told(group(), *(move(f"u{number}") for number in range(MOST_ROWS + 7)))

    table, more = sweep_report.blocks(found, NAMES, unexplained=False)

    assert isinstance(table, Table)
    assert (len(table.rows), more) == (MOST_ROWS, "and 7 more; --json has all")


@pytest.mark.parametrize(
    ("number", "words"), [(1, "1 member that no live assignment explains stays"), (2, "2 members")]
)
def test_members_without_a_reason_are_counted_and_listed_when_asked(number: int, words: str) -> None:
    stays = [
        {"kind": "stays", "group": group()["group"], "sid": f"S-{n}", "who": "", "why": "unexplained"} for n in (1, 2)
    ]
    others = {"kind": "stays", "group": group()["group"], "sid": "S-9", "who": "", "why": "is privileged"}

    counted = _lines(group(), *stays[:number], others, unexplained=number)
    listed = _lines(group(), *stays[:number], others, unexplained=number, listed=True)

    assert [line.endswith("; --unexplained lists them") for line in counted] == [True]
    assert words in counted[0]
    assert words in listed[0]
    assert [line.split() for line in listed[2:]] == [["Readers", f"S-{n + 1}"] for n in range(number)]


def test_budgets_problems_and_who_is_missing_are_told_once_each() -> None:
    pending = {"kind": "pending", "user": "u1", "package": PACKAGE, "assignment": "a"}

    lines = _lines(
        pending, {"kind": "omitted", "count": 4}, outcome="partial", over=["too many"], problems=["too many", "x"]
    )

    assert lines == [
        "not in AD yet: user u1, assigned Analyst",
        "over budget: too many",
        "problem: x",
        "4 more did not fit into the job's output",
    ]


def test_json_has_everything() -> None:
    found = told(
        group(),
        move("ada"),
        {"kind": "stays", "group": "g", "sid": "S-1", "who": "x", "why": "is privileged"},
        adds=1,
        groups=1,
        server="ldaps://dc1",
    )

    document = json.loads(sweep_report.machine("test", found, NAMES, {"planned": None}))

    assert (document["version"], document["environment"], document["source"]) == (1, "test", "sweep")
    assert (document["outcome"], document["well"], document["checksum"]) == ("done", True, CHECKSUM)
    assert document["counts"] == {
        "adds": 1,
        "removes": 0,
        "withheld": 0,
        "unexplained": 0,
        "pending": 0,
        "groups": 1,
        "memberships": 0,
    }
    assert document["moves"] == [{key: value for key, value in move("ada").items() if key != "kind"}]
    assert document["packages"] == NAMES
    assert document["stays"] == [{"group": "g", "sid": "S-1", "who": "x", "why": "is privileged"}]
    assert (document["audit"], document["omitted"], document["planned"]) == ([], 0, None)


def test_a_job_without_a_result_is_no_plan() -> None:
    found = told()
    silent = type(found)(type(found.ended)("j", "Stopped", None, (), output()), (), {})

    assert (silent.checksum, silent.changes, silent.over, silent.problems) == ("", 0, (), ())
