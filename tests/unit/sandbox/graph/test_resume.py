from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from provision.sandbox import seed
from provision.sandbox.graph.permissions import CATALOG_OWNER

if TYPE_CHECKING:
    from provision.sandbox.service import Answer
    from tests.unit.sandbox.graph.conftest import Graph, SentCallout

EM = "/v1.0/identityGovernance/entitlementManagement"
BETA = "/beta/identityGovernance/entitlementManagement/accessPackageAssignmentRequests"
ENGINEERING, FINANCE = seed.CATALOGS[1].catalog_id, seed.CATALOGS[0].catalog_id
PREFIX = "microsoft.graph.accessPackageCustomExtensionStage."


@pytest.fixture
def bound(graph: Graph) -> Graph:
    """An extension that waits is bound to both stages of the package Engineer."""
    graph.bind(graph.extension()["id"], "assignmentRequestGranted", "assignmentRequestRemoved")
    return graph


def granted(graph: Graph, **resume: Any) -> tuple[Answer, dict[str, Any]]:
    """Grant, and call back with these changes: the answer to the callback, and what the requester is told."""
    answers: list[Answer] = []

    def call_back(callout: SentCallout) -> None:
        answers.append(graph.resume(callout.payload, **resume))

    graph.logic_apps.call_back = call_back
    told = graph.entitlement.grant("ada.lovelace", "Engineer")
    return answers[0], told


def test_a_callback_lets_the_request_go_on_with_its_detail(bound: Graph) -> None:
    answer, told = granted(bound, detail="added to Eng_Repo")
    assert (answer.status, answer.body) == (204, None)
    assert told["state"] == "delivered"
    assert (told["callouts"][0]["status"], told["callouts"][0]["detail"]) == ("callbackReceived", "added to Eng_Repo")


def test_a_removal_is_resumed_with_the_stage_of_the_metadata_however_it_was_spelled(bound: Graph) -> None:
    bound.entitlement.settings.removed_stage = "AssignmentRemoved"
    granted(bound)
    told = bound.entitlement.remove("ada.lovelace", "Engineer")
    assert bound.logic_apps.stages[-1] == "AssignmentRemoved"
    assert told["callouts"][0]["status"] == "callbackReceived"


def test_the_role_on_the_catalog_is_enough(bound: Graph) -> None:
    answer, _ = granted(bound, principal=bound.manager(ENGINEERING))
    assert answer.status == 204


@pytest.mark.parametrize(
    ("catalog", "role"),
    [(FINANCE, None), (ENGINEERING, CATALOG_OWNER)],
    ids=["role on another catalog", "another role"],
)
def test_another_role_is_not(bound: Graph, catalog: str, role: str | None) -> None:
    identity = bound.manager(catalog, role) if role else bound.manager(catalog)
    answer, told = granted(bound, principal=identity)
    assert (answer.status, answer.body["error"]["code"]) == (403, "Authorization_RequestDenied")
    assert told["status"] == "CallbackTimedOut"


def test_reading_permission_is_not_enough(bound: Graph) -> None:
    answer, _ = granted(bound, principal=bound.application("EntitlementManagement.Read.All"))
    assert answer.status == 403


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"type": "assignmentRequestGranted"}, "type must be"),
        ({"type": PREFIX + "AssignmentRequestGranted"}, "type must be"),
        ({"type": PREFIX + "assignmentRemoved"}, "type must be"),
        ({"type": "absent"}, "type must be"),
        ({"type": PREFIX + "assignmentRequestRemoved"}, "is not the stage of type"),
        ({"type": PREFIX + "assignmentRequestRemoved", "data": {"stage": None}}, "The stage that waits is"),
        ({"source": 3}, "source must be"),
        (
            {"data": {"@odata.type": "#microsoft.graph.identityGovernance.customTaskExtensionCallbackData"}},
            "does not exist on type",
        ),
        ({"data": {"@odata.type": None}}, "is abstract"),
        ({"data": {"@@odata.type": "microsoft.graph.x"}}, "'@@odata.type' does not exist"),
        ({"data": {"stage": "AssignmentRequestGranted"}}, "is not a member of"),
        ({"data": {"status": "failed"}}, "'status' does not exist"),
        ({"data": {"state": "denied"}}, "at the stage assignmentRequestCreated only"),
        ({"data": {"state": "failed"}}, "data.state may be denied or canceled"),
        ({"data": {"customExtensionStageInstanceId": "another"}}, "waits for no callback"),
        ({"data": {"customExtensionStageInstanceId": None}}, "waits for no callback"),
        ({"outcome": "done"}, "and nothing else"),
    ],
)
def test_a_malformed_callback_is_refused_and_the_request_stays_waiting(
    bound: Graph, changes: dict[str, Any], complaint: str
) -> None:
    answer, told = granted(bound, **changes)
    assert answer.status == 400
    assert complaint in answer.body["error"]["message"]
    assert told["callouts"][0]["status"] == "callbackTimedOut"


def test_a_second_callback_is_refused(bound: Graph) -> None:
    _, told = granted(bound)
    payload = bound.logic_apps.sent[-1].payload
    answer = bound.resume(payload)
    assert (answer.status, answer.body["error"]["code"]) == (400, "InvalidRequestStatus")
    assert told["request"] in payload["CallbackUriPath"]


def test_an_unknown_request_is_not_found(bound: Graph) -> None:
    granted(bound)
    payload = {**bound.logic_apps.sent[-1].payload, "AccessPackageAssignmentRequestId": "unknown"}
    assert bound.resume(payload).status == 404


def test_the_received_path_works_on_beta_only(bound: Graph) -> None:
    statuses: list[int] = []

    def call_back(callout: SentCallout) -> None:
        path = callout.payload["CallbackUriPath"]
        statuses.extend(bound.resume(callout.payload, url=f"/{root}{path}").status for root in ("v1.0", "beta"))

    bound.logic_apps.call_back = call_back
    bound.entitlement.grant("ada.lovelace", "Engineer")
    assert statuses == [404, 204]


def test_a_graph_without_the_documented_route_answers_404_there(bound: Graph) -> None:
    bound.entitlement.settings.resume_in_v1 = False
    answer, told = granted(bound)
    assert answer.status == 404
    assert told["status"] == "CallbackTimedOut"


def test_the_qualified_name_of_the_action_is_taken(bound: Graph) -> None:
    statuses: list[int] = []

    def call_back(callout: SentCallout) -> None:
        request = callout.payload["AccessPackageAssignmentRequestId"]
        url = f"{EM}/assignmentRequests/{request}/microsoft.graph.resume"
        statuses.append(bound.resume(callout.payload, url=url).status)

    bound.logic_apps.call_back = call_back
    bound.entitlement.grant("ada.lovelace", "Engineer")
    assert statuses == [204]


@pytest.mark.parametrize("decision", ["denied", "canceled"])
def test_a_request_may_be_denied_where_it_is_created(graph: Graph, decision: str) -> None:
    graph.bind(graph.extension()["id"], "assignmentRequestCreated", "assignmentRequestGranted")
    answer, told = granted(graph, data={"state": decision})
    assert answer.status == 204
    assert told["state"] == decision
    assert told["assignment"]["state"] == "deliveryFailed"
    assert [callout["stage"] for callout in told["callouts"]] == ["assignmentRequestCreated"]
