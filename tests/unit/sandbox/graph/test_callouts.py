from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from provision.sandbox.graph.callouts import RECEIVED, WAITING, CalloutInstance, callouts_of, record, waiting

if TYPE_CHECKING:
    from tests.unit.sandbox.graph.conftest import Graph

CALLOUT = CalloutInstance("1", "assignmentRequestGranted", "e", "name", WAITING, waits=True)


def test_a_later_state_takes_the_place_of_the_earlier_on_request_and_assignment(graph: Graph) -> None:
    graph.entitlement.grant("ada.lovelace", "Engineer")
    tenant = graph.entitlement.tenant
    request = tenant.rows("accessPackageAssignmentRequest")[0]
    record(tenant, request, CALLOUT)
    record(tenant, request, replace(CALLOUT, instance="2"))
    record(tenant, request, replace(CALLOUT, status=RECEIVED, detail="done", run="r"), {"justification": "new"})
    now = tenant.require(request.type, request.id)
    assert [(found.instance, found.status) for found in callouts_of(now)] == [("1", RECEIVED), ("2", WAITING)]
    assert [found.instance for found in waiting(now)] == ["2"]
    assert now.values["justification"] == "new"
    shown = tenant.follow(now, "assignment").values["customExtensionCalloutInstances"]
    assert shown == now.values["customExtensionCalloutInstances"]
    assert shown[0] == {
        "id": "1",
        "customExtensionId": "e",
        "externalCorrelationId": "r",
        "status": RECEIVED,
        "detail": "done",
    }
