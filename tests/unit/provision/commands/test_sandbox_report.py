from __future__ import annotations

from typing import Any

from provision.commands.sandbox_report import activation_rows, job_rows, request_rows, status_rows

REQUEST: dict[str, Any] = {
    "type": "adminAdd",
    "status": "Delivered",
    "passed": ["Submitted", "Delivered"],
    "user": {"id": "1", "name": "ada@lab.example"},
    "package": {"id": "2", "name": "Finance"},
    "catalog": "Money",
    "groups": {"before": [], "after": ["A", "B"]},
    "callouts": [],
}
CALLOUT: dict[str, Any] = {
    "stage": "assignmentRequestGranted",
    "name": "Lockstep",
    "status": "callbackReceived",
    "detail": "added to A, B",
    "run": {"logic_app": "/x", "name": "0858", "status": "Failed", "error": "it broke"},
    "job": {"id": "j1", "status": "Failed", "exception": "Traceback"},
    "outcome": {"outcome": "refused", "detail": "no account"},
}

TASK: dict[str, Any] = {
    **{name: CALLOUT[name] for name in ("run", "job", "outcome")},
    "name": "Lockstep",
    "sequence": 2,
    "status": "failed",
    "failure": "no account",
}
ACTIVATION: dict[str, Any] = {
    "workflow": {"id": "3", "name": "Onboard new hire"},
    "version": 2,
    "user": {"id": "1", "name": "ada@lab.example"},
    "status": "failed",
    "tasks": [
        {**TASK, "sequence": 1, "name": "Mail", "status": "completed", "failure": "", "run": None, "job": None}
        | {"outcome": None},
        TASK,
    ],
    "groups": {"before": ["A"], "after": []},
}


def test_a_run_of_a_workflow_shows_its_tasks_and_what_stands_behind_them() -> None:
    assert activation_rows(ACTIVATION) == [
        ("version", "2"),
        ("user", "ada@lab.example"),
        ("status", "failed"),
        ("task 1", "Mail, completed"),
        ("task 2", "Lockstep, failed: no account"),
        ("  Logic App run", "0858, Failed: it broke"),
        ("  job", "j1, Failed: Traceback"),
        ("  outcome", "refused: no account"),
        ("groups before", "A"),
        ("groups after", "none"),
    ]


def test_a_request_shows_its_way_and_the_groups_before_and_after() -> None:
    assert request_rows(REQUEST) == [
        ("user", "ada@lab.example"),
        ("access package", "Finance (catalog Money)"),
        ("state", "Submitted > Delivered"),
        ("groups before", "none"),
        ("groups after", "A, B"),
    ]


def test_a_callout_shows_run_job_and_outcome_with_their_errors() -> None:
    assert request_rows({**REQUEST, "callouts": [CALLOUT]})[3:-2] == [
        ("callout at assignmentRequestGranted", "Lockstep, callbackReceived: added to A, B"),
        ("  Logic App run", "0858, Failed: it broke"),
        ("  job", "j1, Failed: Traceback"),
        ("  outcome", "refused: no account"),
    ]


def test_a_callout_that_reached_nobody_shows_only_itself() -> None:
    lost = {**CALLOUT, "status": "calloutFailed", "detail": "", "run": None, "job": None, "outcome": None}
    rows = request_rows({**REQUEST, "callouts": [lost]})
    assert rows[3:-2] == [("callout at assignmentRequestGranted", "Lockstep, calloutFailed")]


def test_a_fired_schedule_shows_its_jobs_and_what_they_said() -> None:
    done = {"id": "j1", "status": "Completed", "exception": "", "outcome": {"outcome": "done", "detail": "added 1"}}
    lost = {"id": "j2", "status": "Failed", "exception": "boom", "outcome": None}

    assert job_rows({"schedule": "nightly", "jobs": [done, lost]}) == [
        ("  job", "j1, Completed"),
        ("  outcome", "done: added 1"),
        ("  job", "j2, Failed: boom"),
    ]


def test_the_status_of_a_sandbox_that_is_down_has_no_rows() -> None:
    assert status_rows({"running": False}) == []


def test_the_status_shows_what_is_in_it_and_every_failure() -> None:
    found = {
        "running": True,
        "url": "https://127.0.0.1:1",
        "directory": {"kind": "embedded", "url": "ldaps://localhost:2", "base": "DC=lab"},
        "speed": 60.0,
        "folder": "/state",
        "log": "/state/sandbox.log",
        "logic_apps": ["la"],
        "runbooks": {"lockstep": "Published"},
        "variables": [],
        "jobs": {},
        "schedules": {"nightly": "off"},
        "requests": [REQUEST],
        "workflows": ["Onboard new hire"],
        "activations": [ACTIVATION],
        "failures": ["GET /x: KeyError: 'y'"],
    }
    rows = dict(status_rows(found))
    assert rows["activation"] == "Onboard new hire for ada@lab.example: failed"
    assert rows["directory"] == "embedded at ldaps://localhost:2"
    assert (rows["speed"], rows["runbooks"], rows["variables"]) == ("60 times", "lockstep (Published)", "none")
    assert rows["schedules"] == "nightly (off)"
    assert rows["request"] == "adminAdd Finance for ada@lab.example: Delivered"
    assert rows["FAILURE"] == "GET /x: KeyError: 'y'"
