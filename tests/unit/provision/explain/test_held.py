"""Assignments as Graph shows them -> what somebody has and had."""

from __future__ import annotations

from typing import Any

import pytest

from provision.explain.held import assignment, holder
from provision.resource import GraphCollection, Json, Target

USER = "66666666-6666-4666-8666-666666666601"


def row(number: int, state: str = "delivered", **more: Any) -> dict[str, Any]:
    return {
        "id": f"99999999-9999-4999-8999-{number:012d}",
        "state": state,
        "accessPackage": {"id": "77777777-7777-4777-8777-77777777770A", "displayName": "Analyst"},
        "assignmentPolicy": {"id": "x", "displayName": "Everybody"},
        "target": {"objectId": USER, "principalName": "ada@lab.example", "displayName": "Ada"},
        "schedule": {"startDateTime": f"2026-0{number}-01T00:00:00Z", "expiration": {"endDateTime": None}},
        **more,
    }


class Graph:
    """A Reader that holds these assignments."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = rows
        self.asked: list[Target] = []

    def read(self, target: Target) -> Json:
        self.asked.append(target)
        return list(self.rows)


def test_all_assignments_of_one_user_are_asked_for_at_once_the_live_and_newest_first() -> None:
    graph = Graph(row(1), row(3, "expired"), row(2, "delivering"), row(4, "deliveryFailed"))

    found = holder(graph, USER)

    assert graph.asked == [
        GraphCollection(
            "assignments", filter=f"target/objectId eq '{USER}'", expand="accessPackage,assignmentPolicy,target"
        )
    ]
    assert (found.user, found.name) == (USER, "ada@lab.example")
    assert [(held.since[6:7], held.live) for held in found.held] == [
        ("2", True),
        ("1", True),
        ("4", False),
        ("3", False),
    ]


def test_an_assignment_says_what_gives_it_and_from_when_to_when() -> None:
    held = assignment(row(1))

    assert held.package == "77777777-7777-4777-8777-77777777770a"
    assert (held.package_name, held.policy, held.since, held.until) == (
        "Analyst",
        "Everybody",
        "2026-01-01T00:00:00Z",
        "",
    )


@pytest.mark.parametrize(
    ("expiration", "expired", "until"),
    [
        ({"endDateTime": "2026-06-01T00:00:00Z"}, None, "2026-06-01T00:00:00Z"),
        ({"endDateTime": "2026-06-01T00:00:00Z"}, "2026-02-02T02:02:02Z", "2026-02-02T02:02:02Z"),
        ({"duration": "P365D", "endDateTime": None}, None, "2027-01-01T00:00:00Z"),
        ({"duration": "P1Y"}, None, ""),
        ({"duration": "P99999D"}, None, "2299-10-16T00:00:00Z"),
        ({"type": "noExpiration"}, None, ""),
        (None, None, ""),
    ],
    ids=["end", "ended before", "days", "years", "centuries", "never", "absent"],
)
def test_until_when_is_what_happened_or_what_is_planned(expiration: Any, expired: str | None, until: str) -> None:
    schedule = {"startDateTime": "2026-01-01T00:00:00Z", "expiration": expiration}

    assert assignment(row(1, schedule=schedule, expiredDateTime=expired)).until == until


def test_a_package_and_a_policy_that_were_deleted_leave_no_name() -> None:
    held = assignment(row(1, "expired", accessPackage=None, assignmentPolicy=None, schedule=None))

    assert (held.package, held.package_name, held.policy, held.since) == ("", "(deleted)", "", "")
