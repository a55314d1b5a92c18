from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from provision.sandbox.graph.lifecycle_workflows.definitions import EXTENSION_ARGUMENT, RUN_EXTENSION
from provision.sandbox.graph.lifecycle_workflows.seed import JOINER_ID
from provision.sandbox.principals import Principal
from provision.sandbox.service import Answer
from tests.unit.sandbox.graph.conftest import Graph, endpoint

LCW = "/v1.0/identityGovernance/lifecycleWorkflows"
WRITABLE = (
    "category",
    "displayName",
    "description",
    "isEnabled",
    "isSchedulingEnabled",
    "executionConditions",
    "tasks",
)
WRITABLE_OF_TASK = (
    *("arguments", "continueOnError", "description", "displayName", "isEnabled", "taskDefinitionId"),
    "executionSequence",
)


def task_extension_body(*apps: str, **changes: Any) -> dict[str, Any]:
    callback = {
        "@odata.type": "#microsoft.graph.identityGovernance.customTaskExtensionCallbackConfiguration",
        "timeoutDuration": "PT30M",
        "authorizedApps": [{"@odata.type": "#microsoft.graph.application", "id": app} for app in apps],
    }
    body = {
        "displayName": "Lockstep test",
        "description": "[lockstep:test]",
        "endpointConfiguration": endpoint(),
        "authenticationConfiguration": {"@odata.type": "#microsoft.graph.azureAdPopTokenAuthentication"},
        "callbackConfiguration": callback,
        **changes,
    }
    return {name: value for name, value in body.items() if value != "absent"}


def writable(workflow: Mapping[str, Any]) -> dict[str, Any]:
    """What a new version is made of, from what was read."""
    body = {name: workflow[name] for name in WRITABLE}
    return {**body, "tasks": [{name: task[name] for name in WRITABLE_OF_TASK} for task in workflow["tasks"]]}


def extension_task(extension: str, **changes: Any) -> dict[str, Any]:
    return {
        "displayName": "Lockstep",
        "isEnabled": True,
        "continueOnError": False,
        "taskDefinitionId": RUN_EXTENSION,
        "arguments": [{"name": EXTENSION_ARGUMENT.lower(), "value": extension}],
        **changes,
    }


@dataclass
class Workflows:
    """Lifecycle Workflows of a Graph without sockets."""

    graph: Graph

    def extension(self, *apps: str, **changes: Any) -> dict[str, Any]:
        """A new extension; its callers may be `apps`."""
        answer = self.graph.send("POST", f"{LCW}/customTaskExtensions", task_extension_body(*apps, **changes))
        assert answer.status == 201, answer.body
        return dict(answer.body)

    def get(self, workflow: str = JOINER_ID) -> dict[str, Any]:
        """A workflow with all members of enumerations."""
        self.graph.entitlement.settings.evolvable_enums = False
        return self.graph.get(f"{LCW}/workflows/{workflow}")

    def new_version(self, body: Any, workflow: str = JOINER_ID, principal: Principal | None = None) -> Answer:
        """One more version of a workflow."""
        return self.graph.send("POST", f"{LCW}/workflows/{workflow}/createNewVersion", body, principal)

    def insert(self, extension: str, workflow: str = JOINER_ID, position: int = 3, **changes: Any) -> dict[str, Any]:
        """The workflow with a task that runs the extension, in one more version."""
        body = writable(self.get(workflow))
        for task in body["tasks"]:
            del task["executionSequence"]
        body["tasks"].insert(position, extension_task(extension, **changes))
        answer = self.new_version({"workflow": body}, workflow)
        assert answer.status == 200, answer.body
        return dict(answer.body)

    def resume(self, payload: Mapping[str, Any], status: Any = "Completed", **more: Any) -> Answer:
        """Call back for a callout as the Logic App should."""
        path = payload["data"]["callbackUriPath"]
        body = {"data": {"operationStatus": status}, "source": "Lockstep", "type": "lifecycleEvent"}
        url = f"/{more.pop('version', 'v1.0')}{path}"
        return self.graph.send("POST", more.pop("url", url), more.pop("body", body), more.pop("principal", None))


@pytest.fixture
def lifecycle(graph: Graph) -> Workflows:
    return Workflows(graph)
