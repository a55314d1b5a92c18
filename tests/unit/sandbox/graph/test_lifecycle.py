from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from provision.sandbox.graph.tenant import Entity
from provision.sandbox.service import Refusal

if TYPE_CHECKING:
    from tests.unit.sandbox.graph.conftest import Graph, SentCallout

ASSIGNMENTS = "/v1.0/identityGovernance/entitlementManagement/assignments"
GRANTED, REMOVED = "assignmentRequestGranted", "assignmentRequestRemoved"


def listed_during(graph: Graph, stage: str, *, lagging: bool) -> list[str]:
    """The states that the list shows while the callout of a stage runs."""
    graph.entitlement.settings.lagging_assignments = lagging
    graph.bind(graph.extension()["id"], GRANTED, REMOVED)
    seen: dict[str, list[str]] = {}

    def call_back(callout: SentCallout) -> None:
        seen[callout.payload["Stage"]] = [row["state"] for row in graph.all(ASSIGNMENTS)]
        graph.resume(callout.payload)

    graph.logic_apps.call_back = call_back
    graph.entitlement.grant("ada.lovelace", "Engineer")
    graph.entitlement.remove("ada.lovelace", "Engineer")
    assert [row["state"] for row in graph.all(ASSIGNMENTS)] == ["expired"]
    return seen[stage]


@pytest.mark.parametrize(
    ("stage", "lagging", "states"),
    [
        (GRANTED, True, []),
        (GRANTED, False, ["delivering"]),
        (REMOVED, True, ["delivered"]),
        (REMOVED, False, ["expired"]),
    ],
)
def test_the_list_lags_behind_the_callouts_or_not(
    graph: Graph,
    stage: str,
    lagging: bool,  # noqa: FBT001 - a column of the table
    states: list[str],
) -> None:
    assert listed_during(graph, stage, lagging=lagging) == states


def test_a_failed_delivery_leaves_a_failed_assignment_that_can_be_requested_again(graph: Graph) -> None:
    graph.bind(graph.extension()["id"], GRANTED)
    told = graph.entitlement.grant("ada.lovelace", "Engineer")
    assert told["assignment"]["state"] == "deliveryFailed"
    graph.logic_apps.call_back = lambda callout: graph.resume(callout.payload)
    assert graph.entitlement.grant("ada.lovelace", "Engineer")["state"] == "delivered"


def test_a_removal_expires_the_assignment_even_when_nobody_calls_back(graph: Graph) -> None:
    graph.bind(graph.extension()["id"], REMOVED)
    graph.entitlement.grant("ada.lovelace", "Engineer")
    told = graph.entitlement.remove("ada.lovelace", "Engineer")
    assert (told["type"], told["status"]) == ("adminRemove", "CallbackTimedOut")
    assert told["assignment"]["state"] == "expired"


def test_a_package_is_not_given_twice(graph: Graph) -> None:
    graph.entitlement.grant("ada.lovelace", "Engineer")
    with pytest.raises(Refusal, match="already has the access package 'Engineer'"):
        graph.entitlement.grant("ada.lovelace", "Engineer")


def test_one_request_at_a_time_for_an_assignment(graph: Graph) -> None:
    graph.bind(graph.extension()["id"], GRANTED)
    refusals: list[Refusal] = []

    def call_back(callout: SentCallout) -> None:
        for act in (graph.entitlement.grant, graph.entitlement.remove):
            try:
                act("ada.lovelace", "Engineer")
            except Refusal as refusal:
                refusals.append(refusal)
        graph.resume(callout.payload)

    graph.logic_apps.call_back = call_back
    assert graph.entitlement.grant("ada.lovelace", "Engineer")["state"] == "delivered"
    assert [refusal.code for refusal in refusals] == ["ExistingAssignment", "ExistingOpenRequest"]


def test_an_expired_assignment_is_not_removed_again(graph: Graph) -> None:
    given: dict[str, Any] = graph.entitlement.grant("ada.lovelace", "Engineer")
    graph.entitlement.remove("ada.lovelace", "Engineer")
    assignment = graph.entitlement.tenant.require("accessPackageAssignment", given["assignment"]["id"])
    assert isinstance(assignment, Entity)
    with pytest.raises(Refusal, match="is not delivered"):
        graph.entitlement._lifecycle.submit_remove(assignment)
