from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from provision.sandbox.graph.lifecycle_workflows.entity_types import EXTENSION
from provision.sandbox.graph.lifecycle_workflows.extensions import LIMIT
from provision.sandbox.graph.lifecycle_workflows.seed import FOREIGN_EXTENSION_ID, JOINER_ID, MOVER_ID
from tests.unit.sandbox.graph.lifecycle_workflows.conftest import LCW, task_extension_body, writable

if TYPE_CHECKING:
    from tests.unit.sandbox.graph.lifecycle_workflows.conftest import Workflows

BASE = f"{LCW}/customTaskExtensions"
APP = "12345678-1234-4234-8234-123456789abc"
KIND = "#microsoft.graph.identityGovernance.customTaskExtensionCallbackConfiguration"
BEARER = {"@odata.type": "#microsoft.graph.azureAdTokenAuthentication", "resourceId": APP}


def callback(**values: Any) -> dict[str, Any]:
    return {"@odata.type": KIND, "timeoutDuration": "PT30M", **values}


def test_an_extension_is_read_back_as_it_was_written(lifecycle: Workflows) -> None:
    made = lifecycle.extension(APP)
    found = lifecycle.graph.get(f"{BASE}/{made['id']}")
    for name, value in task_extension_body(APP).items():
        assert found[name] == value, name
    assert "@odata.type" not in found
    (listed,) = lifecycle.graph.all(f"{BASE}?$filter=displayName eq 'lockstep test'")
    assert listed["id"] == made["id"]


@pytest.mark.parametrize("option", ["$select=id", "$top=1", "$skip=1"])
def test_the_list_refuses_what_the_metadata_says_it_does_not_support(lifecycle: Workflows, option: str) -> None:
    answer = lifecycle.graph.send("GET", f"{BASE}?{option}")
    assert (answer.status, answer.body["error"]["code"]) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"displayName": " "}, "displayName is required"),
        ({"endpointConfiguration": "absent"}, "endpointConfiguration is required"),
        ({"authenticationConfiguration": "absent"}, "authenticationConfiguration must be"),
        ({"authenticationConfiguration": {**BEARER, "resourceId": None}}, "resourceId is required"),
        ({"clientConfiguration": {"maximumRetries": 2}}, "maximumRetries must be"),
        ({"callbackConfiguration": callback(timeoutDuration="PT4M")}, "from PT5M to PT3H"),
        ({"callbackConfiguration": callback(timeoutDuration="PT181M")}, "from PT5M to PT3H"),
        ({"callbackConfiguration": callback(timeoutDuration=None)}, "timeoutDuration"),
        ({"callbackConfiguration": callback(durationBeforeTimeout="PT1H")}, "durationBeforeTimeout"),
        ({"callbackConfiguration": callback(authorizedApps=[{"id": "la"}])}, "not a client id"),
        ({"callbackConfiguration": callback(authorizedApps=[{}])}, "named by id or appId"),
        ({"callbackConfiguration": callback(authorizedApps=[{"id": APP, "appId": APP}])}, "and by nothing else"),
        (
            {
                "callbackConfiguration": {
                    "@odata.type": "#microsoft.graph.customExtensionCallbackConfiguration",
                    "timeoutDuration": "PT1H",
                }
            },
            "must be a microsoft.graph.identityGovernance",
        ),
        ({"replyMode": "callback"}, "'replyMode' does not exist"),
    ],
)
def test_a_bad_extension_is_refused(lifecycle: Workflows, changes: dict[str, Any], complaint: str) -> None:
    answer = lifecycle.graph.send("POST", BASE, task_extension_body(**changes))
    assert answer.status == 400
    assert complaint in answer.body["error"]["message"]


def test_an_application_needs_the_url(lifecycle: Workflows) -> None:
    body = task_extension_body()
    del body["endpointConfiguration"]["url"]
    answer = lifecycle.graph.send("POST", BASE, body)
    assert answer.body["error"]["code"] == "UnauthorizedClientAppOnBehalfOfUnsupported"


@pytest.mark.parametrize("wanted", ["id", "appId"])
def test_the_name_of_an_authorised_app_is_a_choice_of_the_service(lifecycle: Workflows, wanted: Any) -> None:
    lifecycle.graph.entitlement.settings.authorized_app_key = wanted
    for name in ("id", "appId"):
        body = task_extension_body(displayName=name, callbackConfiguration=callback(authorizedApps=[{name: APP}]))
        assert lifecycle.graph.send("POST", BASE, body).status == (201 if name == wanted else 400)


def test_names_are_unique_and_there_is_a_limit(lifecycle: Workflows) -> None:
    lifecycle.extension()
    assert lifecycle.graph.send("POST", BASE, task_extension_body(displayName="LOCKSTEP TEST")).status == 409
    tenant = lifecycle.graph.entitlement.tenant
    for number in range(LIMIT - len(tenant.rows(EXTENSION))):
        tenant.add(EXTENSION, {"displayName": str(number)})
    refused = lifecycle.graph.send("POST", BASE, task_extension_body(displayName="one more"))
    assert refused.body["error"]["code"] == "QuotaExceeded"


def test_an_update_keeps_what_it_does_not_name_and_answers_nothing(lifecycle: Workflows) -> None:
    made = lifecycle.extension(APP)
    answer = lifecycle.graph.send("PATCH", f"{BASE}/{made['id']}", {"description": "new"})
    assert (answer.status, answer.body) == (204, None)
    found = lifecycle.graph.get(f"{BASE}/{made['id']}")
    assert (found["description"], found["callbackConfiguration"]) == ("new", made["callbackConfiguration"])


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"displayName": "Order a badge"}, 409),
        ({"authenticationConfiguration": BEARER}, 400),
        ({"callbackConfiguration": callback(timeoutDuration="PT4H")}, 400),
    ],
)
def test_a_bad_update_changes_nothing(lifecycle: Workflows, changes: dict[str, Any], status: int) -> None:
    made = lifecycle.extension()
    assert lifecycle.graph.send("PATCH", f"{BASE}/{made['id']}", changes).status == status
    found = lifecycle.graph.get(f"{BASE}/{made['id']}")
    assert {**found, "@odata.context": made["@odata.context"]} == {**made}


def test_an_extension_that_a_task_runs_cannot_be_deleted(lifecycle: Workflows) -> None:
    made = lifecycle.extension()
    before = writable(lifecycle.get())
    lifecycle.insert(made["id"])
    refused = lifecycle.graph.send("DELETE", f"{BASE}/{made['id']}")
    assert (refused.status, refused.body["error"]["code"]) == (400, "CustomTaskExtensionInUse")
    assert "'Onboard new hire'" in refused.body["error"]["message"]
    assert lifecycle.new_version({"workflow": before}).status == 200
    lifecycle.graph.entitlement.settings.versions_hold_extensions = True
    assert lifecycle.graph.send("DELETE", f"{BASE}/{made['id']}").status == 400
    lifecycle.graph.entitlement.settings.versions_hold_extensions = False
    assert lifecycle.graph.send("DELETE", f"{BASE}/{made['id']}").status == 204
    assert lifecycle.graph.send("GET", f"{BASE}/{made['id']}").status == 404


def test_a_disabled_task_holds_its_extension_and_a_deleted_workflow_may(lifecycle: Workflows) -> None:
    url = f"{BASE}/{FOREIGN_EXTENSION_ID}"
    assert lifecycle.graph.send("DELETE", url).status == 400
    assert lifecycle.graph.send("DELETE", f"{LCW}/workflows/{MOVER_ID}").status == 204
    lifecycle.graph.entitlement.settings.deleted_workflows_hold_extensions = True
    assert lifecycle.graph.send("DELETE", url).status == 400
    lifecycle.graph.entitlement.settings.deleted_workflows_hold_extensions = False
    assert lifecycle.graph.send("DELETE", url).status == 204
    assert lifecycle.get(JOINER_ID)["tasks"]
