from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from provision.sandbox.graph.extension_rules import REQUEST_EXTENSION, bare, check_extension
from provision.sandbox.graph.settings import GraphSettings
from provision.sandbox.service import Refusal

if TYPE_CHECKING:
    from tests.unit.sandbox.graph.conftest import Graph

APPROVAL = {"@odata.type": "#microsoft.graph.accessPackageRequestApprovalStageCallbackConfiguration"}
BEARER = {"@odata.type": "#microsoft.graph.azureAdTokenAuthentication"}
CALLBACK = {"@odata.type": "#microsoft.graph.customExtensionCallbackConfiguration"}


@pytest.mark.parametrize("duration", ["PT5M", "PT15M", "PT90M", "P1DT2H", "P14D"])
def test_a_waiting_time_between_the_limits_is_taken(graph: Graph, duration: str) -> None:
    body = graph.extension_body(callbackConfiguration={**CALLBACK, "timeoutDuration": duration})
    check_extension(REQUEST_EXTENSION, body, GraphSettings())


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"displayName": " "}, "displayName is required"),
        ({"endpointConfiguration": "absent"}, "endpointConfiguration is required"),
        ({"endpointConfiguration": {"@odata.type": "#microsoft.graph.httpRequestEndpoint"}}, "must be a logicApp"),
        ({"authenticationConfiguration": BEARER}, "only azureAdPop"),
        ({"clientConfiguration": {"timeoutInMilliseconds": 199}}, "from 200 to 2000"),
        ({"clientConfiguration": {"timeoutInMilliseconds": 2001}}, "from 200 to 2000"),
        ({"clientConfiguration": {"maximumRetries": 2}}, "must be 0 or 1"),
        ({"callbackConfiguration": CALLBACK}, "timeoutDuration is required"),
        ({"callbackConfiguration": {**CALLBACK, "timeoutDuration": "PT4M59S"}}, "from PT5M to P14D"),
        ({"callbackConfiguration": {**CALLBACK, "timeoutDuration": "P14DT1S"}}, "from PT5M to P14D"),
        ({"callbackConfiguration": {**CALLBACK, "durationBeforeTimeout": "PT1H"}}, "wants timeoutDuration"),
        ({"callbackConfiguration": APPROVAL}, "approval stages"),
    ],
)
def test_what_the_service_would_not_take_is_refused(graph: Graph, changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_extension(REQUEST_EXTENSION, graph.extension_body(**changes), GraphSettings())
    assert refused.value.status == 400
    assert complaint in refused.value.message


@pytest.mark.parametrize("name", ["subscriptionId", "resourceGroupName", "logicAppWorkflowName"])
def test_an_endpoint_names_its_logic_app(graph: Graph, name: str) -> None:
    body = graph.extension_body(endpointConfiguration=graph.endpoint(**{name: "absent"}))
    with pytest.raises(Refusal, match=name):
        check_extension(REQUEST_EXTENSION, body, GraphSettings())


def test_an_application_must_send_the_url(graph: Graph) -> None:
    body = graph.extension_body(endpointConfiguration=graph.endpoint(url="absent"))
    with pytest.raises(Refusal) as refused:
        check_extension(REQUEST_EXTENSION, body, GraphSettings())
    assert refused.value.code == "UnauthorizedClientAppOnBehalfOfUnsupported"


def test_the_url_must_be_https(graph: Graph) -> None:
    body = graph.extension_body(endpointConfiguration=graph.endpoint(url="http://127.0.0.1/x"))
    with pytest.raises(Refusal, match="https"):
        check_extension(REQUEST_EXTENSION, body, GraphSettings())


def test_without_a_callback_configuration_it_launches_and_continues(graph: Graph) -> None:
    check_extension(REQUEST_EXTENSION, graph.extension_body(callbackConfiguration=None), GraphSettings())


def test_the_extension_of_expiry_stages_cannot_wait(graph: Graph) -> None:
    with pytest.raises(Refusal, match="cannot wait"):
        check_extension("accessPackageAssignmentWorkflowExtension", graph.extension_body(), GraphSettings())


def test_the_name_of_the_examples_is_wanted_when_so_set(graph: Graph) -> None:
    settings = GraphSettings(callback_duration="durationBeforeTimeout")
    body = graph.extension_body(callbackConfiguration={**CALLBACK, "durationBeforeTimeout": "PT1H"})
    check_extension(REQUEST_EXTENSION, body, settings)
    with pytest.raises(Refusal, match="wants durationBeforeTimeout"):
        check_extension(REQUEST_EXTENSION, graph.extension_body(), settings)


def test_what_the_service_keeps_itself_is_not_taken_from_a_body() -> None:
    body = {"@odata.type": "#x", "id": "1", "createdBy": "me", "displayName": "n", "x@odata.context": "y"}
    assert bare(body) == {"displayName": "n"}


def test_nested_types_are_stored_with_their_hash() -> None:
    body = {"callbackConfiguration": {"@odata.type": "microsoft.graph.x", "timeoutDuration": "PT5M"}}
    assert bare(body)["callbackConfiguration"] == {"@odata.type": "#microsoft.graph.x", "timeoutDuration": "PT5M"}
