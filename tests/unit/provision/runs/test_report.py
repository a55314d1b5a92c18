"""Runs for people and for scripts."""

from __future__ import annotations

import json

from provision.runs import report
from provision.runs.history import History
from tests.fakes import guid
from tests.ran import JOB, REQUEST, RUN, USER, run


def test_a_row_tells_a_run_in_one_line() -> None:
    assert dict(zip(report.COLUMNS, report.row(run()), strict=True)) == {
        "time (UTC)": "2026-01-01 11:00:00",
        "catalog": "Finance",
        "run": "Failed",
        "job": "Failed",
        "outcome": "refused",
        "user": "ada@corp.example",
        "package": "Analyst",
        "id": RUN,
        "detail": "said",
    }


def test_what_is_not_known_is_a_dash() -> None:
    assert report.row(run("Running", "", ""))[3:5] == ("-", "-")


def test_json_holds_everything() -> None:
    history = History((run(added=["A"]), run("Running", "", "")), 2, more=True)

    document = json.loads(report.machine("test", "2026-01-01T00:00:00+00:00", history))
    first, second = document["runs"]

    assert {key: document[key] for key in ("version", "left_out", "more")} == {
        "version": 1,
        "left_out": 2,
        "more": True,
    }
    assert first["job"] == {"id": JOB, "status": "Failed"}
    assert first["user"] == {"id": USER, "name": "ada@corp.example"}
    assert first["package"] == {"id": guid("p1"), "name": "Analyst"}
    assert first["request"] == {"id": REQUEST, "state": "delivering", "status": "WaitingForCallback"}
    assert (first["failed"], first["added"], first["source"]) == (True, ["A"], "entitlement")
    assert (second["job"], second["user"], second["request"]) == (None, None, None)


def test_notes_say_what_is_missing() -> None:
    assert report.notes(History((), 0, more=False)) == []
    notes = report.notes(History((), 3, more=True))
    assert notes[0].startswith("3 runs without a job")
    assert "--limit" in notes[1]


def test_runs_that_come_one_by_one_are_one_line_each() -> None:
    (line,) = report.entries([run()], "text")
    (document,) = report.entries([run()], "json")

    assert line.endswith(f"{RUN}  said")
    assert json.loads(document)["run"] == RUN
    assert "\n" not in document
