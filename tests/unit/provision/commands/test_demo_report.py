"""What the demo shows: rows of its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from provision.commands.demo_report import (
    group_rows,
    holdings,
    job_status,
    left_rows,
    place_rows,
    task_rows,
    trail_rows,
)
from provision.sandbox.graph.tenant import Entity

UNANSWERED: dict[str, Any] = {"run": None, "job": None, "outcome": None}
RUN = {"name": "0858", "status": "Succeeded", "logic_app": "/subscriptions/s/workflows/lockstep-x-finance"}
ANSWERED = {
    "run": RUN,
    "job": {"id": "j1", "status": "Completed"},
    "outcome": {"outcome": "done", "detail": "added to A"},
}
REQUEST = {"request": "r1", "status": "Delivered", "callouts": [UNANSWERED, ANSWERED]}
POLICY = Entity("accessPackageAssignmentPolicy", "p1", 1, {"displayName": "P", "modifiedDateTime": "1"}, {})


def held(*policies: Entity) -> Mapping[str, Mapping[str, object]]:
    rows = {"accessPackageAssignmentPolicy": list(policies)}
    return holdings(lambda kind: rows.get(kind, []))


def test_every_group_of_before_and_after_is_shown_once() -> None:
    rows = group_rows(["B", "A"], ["B", "C"])

    assert rows == [("A", "member", "-"), ("B", "member", "member"), ("C", "-", "member")]


def test_the_trail_leads_from_the_request_to_the_runbooks_word() -> None:
    assert trail_rows(REQUEST) == [
        ("request", "Delivered", "r1"),
        ("Logic App run", "Succeeded", "0858"),
        ("job", "Completed", "j1"),
        ("runbook", "done", "added to A"),
    ]


def test_only_the_task_that_calls_has_a_trail() -> None:
    mail = {**UNANSWERED, "sequence": 1, "status": "completed", "name": "Welcome mail"}
    ours = {**ANSWERED, "sequence": 2, "status": "completed", "name": "AD groups"}

    assert task_rows({"tasks": [mail, ours]}) == [
        ("task 1", "completed", "Welcome mail"),
        ("task 2", "completed", "AD groups"),
        ("Logic App run", "Succeeded", "0858"),
        ("job", "Completed", "j1"),
        ("runbook", "done", "added to A"),
    ]


def test_a_run_without_job_and_outcome_ends_the_trail() -> None:
    request = {**REQUEST, "callouts": [{**UNANSWERED, "run": RUN}]}

    assert [row[0] for row in trail_rows(request)] == ["request", "Logic App run"]


def test_the_portals_are_named_with_the_logic_app_that_was_called() -> None:
    assert place_rows(REQUEST, "aa") == [
        ("request", "Entra > Entitlement management > Access packages > Requests"),
        ("Logic App run", "Azure > Logic App lockstep-x-finance > Run history"),
        ("job, runbook", "Azure > Automation account aa > Jobs > Output"),
    ]


def test_the_newest_job_tells_its_state() -> None:
    assert job_status(REQUEST) == "Completed"
    assert job_status({"callouts": [UNANSWERED]}) == ""


def test_only_the_time_of_a_change_and_empty_links_may_differ() -> None:
    written = replace(POLICY, values={**POLICY.values, "modifiedDateTime": "2"}, links={"questions": ()})

    assert held(written) == held(POLICY)
    assert held(replace(POLICY, links={"questions": ("q",)})) != held(POLICY)
    assert held(replace(POLICY, values={"displayName": "Q"})) != held(POLICY)


def test_what_is_left_is_told_as_it_is() -> None:
    changed = held(replace(POLICY, values={"displayName": "Q"}))
    rows = left_rows({"runbooks": [], "variables": ["v"]}, changed, held(POLICY))

    assert ("Lockstep's", "runbooks", "none") in rows
    assert ("Lockstep's", "variables", "v") in rows
    assert ("of others", "assignment policies", "1, NOT as before") in rows
    assert ("of others", "catalogs", "0, as before") in rows
