from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provision.sandbox import seed
from provision.sandbox.service import Refusal

if TYPE_CHECKING:
    from tests.unit.sandbox.graph.conftest import Graph

EM = "/v1.0/identityGovernance/entitlementManagement"
ADA = seed.USERS[0]


def states(graph: Graph) -> list[str]:
    rows = graph.all(f"{EM}/assignments?$filter=target/objectId eq '{ADA.object_id}'")
    return [row["state"] for row in rows]


def test_an_assignment_comes_and_goes_without_a_request_or_callout(graph: Graph) -> None:
    graph.bind(graph.extension()["id"], "assignmentRequestGranted", "assignmentRequestRemoved")
    before = len(graph.logic_apps.sent)
    told = graph.entitlement.assign_silently("ada.lovelace", "Engineer")
    assert (told["assignment"]["state"], told["user"]["id"], told["package"]["name"]) == (
        "delivered",
        ADA.object_id,
        "Engineer",
    )
    assert states(graph) == ["delivered"]
    graph.entitlement.end_silently(ADA.object_id, "Engineer")
    assert states(graph) == ["expired"]
    assert (graph.entitlement.requests(), len(graph.logic_apps.sent)) == ([], before)


def test_what_is_there_already_or_not_at_all_is_refused(graph: Graph) -> None:
    graph.entitlement.assign_silently("ada.lovelace", "Engineer")
    with pytest.raises(Refusal, match="already has"):
        graph.entitlement.assign_silently("ada.lovelace", "Engineer")
    with pytest.raises(Refusal, match="does not have"):
        graph.entitlement.end_silently("grace.hopper", "Engineer")
