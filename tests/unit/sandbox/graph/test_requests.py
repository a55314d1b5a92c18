from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from provision.sandbox import seed

if TYPE_CHECKING:
    from tests.unit.sandbox.graph.conftest import Graph

EM = "/v1.0/identityGovernance/entitlementManagement"
URL = f"{EM}/assignmentRequests"
ADA = seed.USERS[0].object_id
ENGINEER, ON_CALL = seed.CATALOGS[1].packages


def wanted(**changes: Any) -> dict[str, Any]:
    target = {"targetId": ADA, "accessPackageId": ENGINEER.package_id, "assignmentPolicyId": ENGINEER.policy_id}
    return {"requestType": "adminAdd", "assignment": {**target, **changes}}


def ended(graph: Graph, key: str) -> dict[str, Any]:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        request = graph.get(f"{URL}/{key}?$expand=assignment")
        if request["completedDateTime"]:
            return request
        time.sleep(0.01)
    raise AssertionError("the request did not end")


def test_a_created_request_goes_its_way_on_its_own(graph: Graph) -> None:
    answer = graph.send("POST", URL, {**wanted(), "justification": "because"})
    assert (answer.status, answer.body["state"], answer.body["justification"]) == (201, "submitted", "because")
    request = ended(graph, answer.body["id"])
    assert (request["state"], request["assignment"]["state"]) == ("delivered", "delivered")


def test_an_assignment_is_removed_by_a_request(graph: Graph) -> None:
    given = graph.entitlement.grant("ada.lovelace", "Engineer")["assignment"]["id"]
    answer = graph.send("POST", URL, {"requestType": "adminRemove", "assignment": {"id": given}})
    assert answer.status == 201
    assert ended(graph, answer.body["id"])["assignment"]["state"] == "expired"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ([], 400),
        ({"requestType": "adminAdd"}, 400),
        ({**wanted(), "state": "delivered"}, 400),
        ({**wanted(), "requestType": "userAdd"}, 400),
        (wanted(extra="x"), 400),
        (wanted(targetId="nobody"), 404),
        (wanted(accessPackageId="nothing"), 404),
        (wanted(assignmentPolicyId=ON_CALL.policy_id), 400),
        ({"requestType": "adminRemove", "assignment": {"id": "none"}}, 404),
    ],
)
def test_a_bad_request_is_refused(graph: Graph, body: Any, status: int) -> None:
    assert graph.send("POST", URL, body).status == status
    assert graph.all(URL) == []


def test_requests_are_listed_with_what_was_called(graph: Graph) -> None:
    graph.bind(graph.extension(callbackConfiguration=None)["id"], "assignmentRequestGranted")
    told = graph.entitlement.grant("ada.lovelace", "Engineer")
    graph.entitlement.grant("grace.hopper", "On-call engineer")
    rows = graph.all(f"{URL}?$filter=requestor/objectId eq '{ADA}'&$expand=accessPackage,assignment($expand=target)")
    assert [row["id"] for row in rows] == [told["request"]]
    assert rows[0]["assignment"]["target"]["objectId"] == ADA
    assert rows[0]["customExtensionCalloutInstances"] == [
        {
            "id": told["callouts"][0]["instance"],
            "customExtensionId": told["callouts"][0]["extension"],
            "externalCorrelationId": "run-1",
            "status": "calloutSent",
            "detail": "",
        }
    ]


@pytest.mark.parametrize(
    ("condition", "count"),
    [("state eq 'delivered'", 1), ("requestType eq 'adminRemove'", 0), ("status eq 'Delivered'", 1)],
)
def test_requests_are_filtered(graph: Graph, condition: str, count: int) -> None:
    graph.entitlement.grant("ada.lovelace", "Engineer")
    assert len(graph.all(f"{URL}?$filter={condition}")) == count
