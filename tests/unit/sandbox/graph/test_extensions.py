from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from provision.sandbox import seed
from provision.sandbox.graph.extensions import LIMIT
from provision.sandbox.outside import HttpReply

if TYPE_CHECKING:
    from tests.unit.sandbox.graph.conftest import Graph

EM = "/v1.0/identityGovernance/entitlementManagement"
CATALOG = seed.CATALOGS[1].catalog_id
BASE = f"{EM}/catalogs/{CATALOG}/customWorkflowExtensions"
KIND = {"@odata.type": "#microsoft.graph.accessPackageAssignmentRequestWorkflowExtension"}


def test_a_created_extension_is_answered_listed_and_found(graph: Graph) -> None:
    made = graph.extension()
    assert made["callbackConfiguration"]["timeoutDuration"] == "PT5M"
    assert made["createdBy"] == graph.administrator.app_id
    assert made["@odata.type"] == KIND["@odata.type"]
    listed = graph.all(f"{BASE}?$filter=displayName eq 'Lockstep test: Engineering'")
    without_context = {name: value for name, value in made.items() if name != "@odata.context"}
    assert listed == [without_context]
    assert graph.get(f"{BASE}/{made['id']}")["id"] == made["id"]


def test_the_url_is_kept_as_it_was_sent(graph: Graph) -> None:
    url = "https://127.0.0.1:18443/workflows/1/triggers/manual/paths/invoke?api-version=2016-10-01&sig=secret"
    assert graph.extension(endpointConfiguration=graph.endpoint(url=url))["endpointConfiguration"]["url"] == url


def test_creating_calls_the_logic_app_with_the_connection_test(graph: Graph) -> None:
    graph.extension()
    assert graph.logic_apps.stages == ["CustomExtensionConnectionTest"]
    assert graph.logic_apps.sent[0].payload["AccessPackageCatalog"]["Id"] == CATALOG


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_logic_app_that_refuses_the_connection_test_prevents_the_extension(graph: Graph, status: int) -> None:
    graph.logic_apps.answer = lambda _: HttpReply(status, {}, b"no such door")
    answer = graph.send("POST", BASE, graph.extension_body())
    assert answer.status == 400
    assert f"the Logic App answered {status}: no such door" in answer.body["error"]["message"]
    assert graph.all(BASE) == []


def test_the_connection_test_can_be_switched_off(graph: Graph) -> None:
    graph.entitlement.settings.connection_test = False
    graph.extension()
    assert graph.logic_apps.sent == []


def test_answers_can_be_wrapped_as_in_the_reference_pages(graph: Graph) -> None:
    graph.entitlement.settings.wrapped_answers = True
    answer = graph.send("POST", BASE, graph.extension_body())
    assert answer.status == 201
    assert list(answer.body) == ["value"]
    assert answer.body["value"]["id"]


def test_an_update_keeps_what_it_does_not_name(graph: Graph) -> None:
    made = graph.extension()
    answer = graph.send("PUT", f"{BASE}/{made['id']}", {**KIND, "displayName": "new name"})
    assert answer.status == 200
    changed = {name: value for name, value in answer.body.items() if value != made.get(name)}
    assert set(changed) == {"displayName", "lastModifiedDateTime", "@odata.context"}


def test_an_update_is_tested_again_and_refused_when_the_logic_app_is_closed(graph: Graph) -> None:
    made = graph.extension()
    graph.logic_apps.answer = lambda _: HttpReply(401, {}, b"")
    answer = graph.send("PUT", f"{BASE}/{made['id']}", {**KIND, "displayName": "new name"})
    assert answer.status == 400
    assert graph.get(f"{BASE}/{made['id']}")["displayName"] == made["displayName"]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({"displayName": "x"}, "is abstract"),
        ({"@odata.type": "#microsoft.graph.accessPackageAssignmentWorkflowExtension"}, "cannot make it"),
        ({**KIND, "id": "another"}, "is not the id in the path"),
        ({**KIND, "displayName": ""}, "displayName is required"),
        ({**KIND, "endpointConfiguration": None}, "endpointConfiguration is required"),
    ],
)
def test_a_bad_update_is_refused(graph: Graph, body: dict[str, Any], complaint: str) -> None:
    made = graph.extension()
    answer = graph.send("PUT", f"{BASE}/{made['id']}", body)
    assert answer.status == 400
    assert complaint in answer.body["error"]["message"]


def test_patch_is_not_offered_as_no_reference_page_documents_it(graph: Graph) -> None:
    made = graph.extension()
    assert graph.send("PATCH", f"{BASE}/{made['id']}", {**KIND, "displayName": "x"}).status == 405


def test_an_extension_in_use_cannot_be_deleted_until_it_is_unbound(graph: Graph) -> None:
    made = graph.extension()
    policy = seed.CATALOGS[1].packages[0].policy_id
    graph.bind(made["id"], "assignmentRequestGranted")
    refused = graph.send("DELETE", f"{BASE}/{made['id']}")
    assert refused.status == 400
    assert policy in refused.body["error"]["message"]
    whole = graph.get(f"{EM}/assignmentPolicies/{policy}?$expand=accessPackage,questions")
    graph.send("PUT", f"{EM}/assignmentPolicies/{policy}", {**whole, "customExtensionStageSettings": []})
    assert graph.send("DELETE", f"{BASE}/{made['id']}").status == 204
    assert graph.send("DELETE", f"{BASE}/{made['id']}").status == 404


def test_an_extension_is_found_in_its_own_catalog_only(graph: Graph) -> None:
    answer = graph.send("GET", f"{BASE}/{seed.FOREIGN_EXTENSION_ID}")
    assert answer.status == 404
    assert graph.send("GET", f"{EM}/catalogs/nobody/customWorkflowExtensions").status == 404


def test_a_tenant_has_no_more_than_the_limit(graph: Graph) -> None:
    graph.entitlement.settings.connection_test = False
    for number in range(LIMIT - 1):
        graph.extension(displayName=f"number {number}")
    answer = graph.send("POST", BASE, graph.extension_body())
    assert answer.status == 400
    assert str(LIMIT) in answer.body["error"]["message"]
