from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from provision.sandbox.graph.lifecycle_workflows.seed import JOINER, JOINER_ID, LEAVER_ID
from tests.unit.sandbox.graph.lifecycle_workflows.conftest import LCW

if TYPE_CHECKING:
    from provision.sandbox.service import Answer
    from tests.unit.sandbox.graph.conftest import SentCallout
    from tests.unit.sandbox.graph.lifecycle_workflows.conftest import Workflows


def activated(lifecycle: Workflows, *apps: str, **changes: Any) -> tuple[Answer, str]:
    """Run the workflow and call back with these changes, then as one should: the first answer, and how the task ended.

    The second callback says that it failed, so that the first one's effect can be told from it.
    """
    answers: list[Answer] = []
    lifecycle.insert(lifecycle.extension(*apps)["id"])

    def call_back(callout: SentCallout) -> None:
        answers.append(lifecycle.resume(callout.payload, **changes))
        lifecycle.resume(callout.payload, "Failed")

    lifecycle.graph.logic_apps.call_back = call_back
    told = lifecycle.graph.entitlement.activate(JOINER, "ada.lovelace")
    return answers[0], str(told["tasks"][-1]["status"])


@pytest.mark.parametrize("status", ["Completed", "completed"])
def test_a_callback_lets_the_workflow_go_on(lifecycle: Workflows, status: str) -> None:
    answer, ended = activated(lifecycle, status=status)
    assert (answer.status, answer.body, ended) == (204, None, "completed")


def test_an_authorised_app_needs_no_permission(lifecycle: Workflows) -> None:
    identity = lifecycle.graph.principals.add("a Logic App")
    answer, ended = activated(lifecycle, identity.app_id.upper(), principal=identity)
    assert (answer.status, ended) == (204, "completed")


@pytest.mark.parametrize("named", ["object id", "somebody else"])
def test_any_other_app_is_refused(lifecycle: Workflows, named: str) -> None:
    identity, other = lifecycle.graph.principals.add("a Logic App"), lifecycle.graph.principals.add("another")
    app = identity.object_id if named == "object id" else other.app_id
    answer, ended = activated(lifecycle, app, principal=identity)
    assert (answer.status, answer.body["error"]["code"], ended) == (403, "Authorization_RequestDenied", "failed")


def test_the_permission_for_workflows_is_not_enough(lifecycle: Workflows) -> None:
    app = lifecycle.graph.application("LifecycleWorkflows-Workflow.ReadWrite.All")
    answer, _ = activated(lifecycle, principal=app)
    assert answer.status == 403


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ([], "and nothing else"),
        ({"data": {"operationStatus": "Completed"}, "outcome": 1}, "and nothing else"),
        ({"source": 1, "data": {"operationStatus": "Completed"}}, "source must be a text"),
        ({"source": "x", "type": "y"}, "data must be an object"),
        ({"data": {}}, "operationStatus must be completed or failed"),
        ({"data": {"operationStatus": "Done"}}, "not 'Done'"),
        ({"data": {"operationStatus": "Completed", "detail": "x"}}, "'detail' does not exist"),
        (
            {
                "data": {
                    "@odata.type": "microsoft.graph.accessPackageAssignmentRequestCallbackData",
                    "operationStatus": "Completed",
                }
            },
            "does not derive from",
        ),
    ],
)
def test_a_malformed_callback_is_refused_and_the_task_stays_waiting(
    lifecycle: Workflows, body: Any, complaint: str
) -> None:
    answer, ended = activated(lifecycle, body=body)
    assert (answer.status, ended) == (400, "failed")
    assert complaint in answer.body["error"]["message"]


def test_a_result_that_does_not_wait_is_refused(lifecycle: Workflows) -> None:
    activated(lifecycle)
    answer = lifecycle.resume(lifecycle.graph.logic_apps.sent[-1].payload)
    assert (answer.status, answer.body["error"]["code"]) == (400, "InvalidProcessingStatus")


def test_the_path_must_be_that_of_the_result(lifecycle: Workflows) -> None:
    activated(lifecycle)
    payload = lifecycle.graph.logic_apps.sent[-1].payload
    path = payload["data"]["callbackUriPath"]
    for wrong in (path.replace(JOINER_ID, LEAVER_ID), path.replace(payload["data"]["task"]["id"], "x")):
        assert lifecycle.resume(payload, url=f"/v1.0{wrong}").status == 404
    nobody = path.replace(payload["data"]["taskProcessingResult"]["id"], "x")
    assert lifecycle.resume(payload, url=f"/v1.0{nobody}").status == 404


@pytest.mark.parametrize("version", ["v1.0", "beta"])
@pytest.mark.parametrize("name", ["resume", "microsoft.graph.identityGovernance.resume"])
def test_both_roots_and_both_names_take_it(lifecycle: Workflows, version: str, name: str) -> None:
    lifecycle.insert(lifecycle.extension()["id"])
    statuses: list[int] = []

    def call_back(callout: SentCallout) -> None:
        path = callout.payload["data"]["callbackUriPath"].removesuffix("resume") + name
        statuses.append(lifecycle.resume(callout.payload, url=f"/{version}{path}").status)

    lifecycle.graph.logic_apps.call_back = call_back
    lifecycle.graph.entitlement.activate(JOINER, "ada.lovelace")
    assert statuses == [204]


def test_a_graph_without_the_documented_route_answers_404_there(lifecycle: Workflows) -> None:
    lifecycle.graph.entitlement.settings.resume_in_v1 = False
    answer, _ = activated(lifecycle)
    assert answer.status == 404


@pytest.mark.parametrize(
    ("method", "path", "sufficient", "insufficient"),
    [
        (
            "GET",
            "customTaskExtensions",
            "LifecycleWorkflows-CustomExt.Read.All",
            "LifecycleWorkflows-Workflow.Read.All",
        ),
        ("GET", "customTaskExtensions/x", "LifecycleWorkflows.Read.All", ""),
        ("POST", "customTaskExtensions", "LifecycleWorkflows-CustomExt.ReadWrite.All", "LifecycleWorkflows.Read.All"),
        ("PATCH", "customTaskExtensions/x", "LifecycleWorkflows-CustomExt.ReadWrite.All", ""),
        ("DELETE", "customTaskExtensions/x", "LifecycleWorkflows.ReadWrite.All", ""),
        ("GET", "workflows", "LifecycleWorkflows-Workflow.ReadBasic.All", "EntitlementManagement.ReadWrite.All"),
        ("GET", "workflows/x", "LifecycleWorkflows-Workflow.Read.All", "LifecycleWorkflows-Workflow.ReadBasic.All"),
        ("GET", "workflows/x/versions", "LifecycleWorkflows.Read.All", ""),
        ("GET", "workflows/x/tasks", "LifecycleWorkflows.Read.All", ""),
        ("GET", "workflows/x/tasks/y/taskProcessingResults", "LifecycleWorkflows-Reports.Read.All", ""),
        ("GET", "workflows/x/userProcessingResults", "LifecycleWorkflows-Reports.Read.All", ""),
        ("GET", "taskDefinitions", "LifecycleWorkflows-Workflow.Read.All", ""),
        ("GET", "deletedItems/workflows", "LifecycleWorkflows.Read.All", ""),
        ("POST", "workflows", "LifecycleWorkflows-Workflow.ReadWrite.All", "LifecycleWorkflows-Workflow.Read.All"),
        ("PATCH", "workflows/x", "LifecycleWorkflows-Workflow.ReadWrite.All", ""),
        ("DELETE", "workflows/x", "LifecycleWorkflows-Workflow.ReadWrite.All", ""),
        ("POST", "workflows/x/createNewVersion", "LifecycleWorkflows-Workflow.ReadWrite.All", ""),
        ("POST", "workflows/x/activate", "LifecycleWorkflows-Workflow.Activate", "LifecycleWorkflows.Read.All"),
        ("POST", "deletedItems/workflows/x/restore", "LifecycleWorkflows-Workflow.ReadWrite.All", ""),
        ("POST", "workflows/x/tasks/y/taskProcessingResults/z/resume", "LifecycleWorkflows.ReadWrite.All", ""),
    ],
)
def test_each_operation_asks_for_its_permission(
    lifecycle: Workflows, method: str, path: str, sufficient: str, insufficient: str
) -> None:
    graph = lifecycle.graph
    body: dict[str, Any] | None = {} if method in {"POST", "PATCH"} else None
    assert graph.send(method, f"{LCW}/{path}", body, graph.application(insufficient)).status == 403
    assert graph.send(method, f"{LCW}/{path}", body, graph.application(sufficient)).status not in {401, 403}
