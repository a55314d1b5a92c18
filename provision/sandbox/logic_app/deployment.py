"""One deployed version of a Logic App: the whole resource, checked.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provision.sandbox.logic_app.access import Access, read_access
from provision.sandbox.logic_app.definition import Workflow
from provision.sandbox.logic_app.refusal import invalid
from provision.sandbox.logic_app.run_scope import Plan
from provision.sandbox.logic_app.validation import parameter_values, read_workflow


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a run needs, the door of the trigger, and the object id of the app's identity (empty without one)."""

    plan: Plan
    access: Access
    enabled: bool
    principal_id: str


def read_deployment(resource_id: str, resource: Mapping[str, Any]) -> Deployment:
    """The version that `resource`, a whole Microsoft.Logic/workflows body, describes.

    Raises:
        Refusal: 400 `InvalidTemplate`, or `NotEmulated` for what the sandbox cannot run.
    """
    properties = resource.get("properties") or {}
    workflow = read_workflow(properties.get("definition"))
    identity = resource.get("identity") or {}
    _check_identity(workflow, identity)
    return Deployment(
        plan=Plan(workflow, parameter_values(workflow, properties.get("parameters")), resource_id),
        access=read_access(properties.get("accessControl")),
        enabled=str(properties.get("state", "Enabled")).lower() == "enabled",
        principal_id=str(identity.get("principalId", "")),
    )


def _check_identity(workflow: Workflow, identity: Mapping[str, Any]) -> None:
    if str(identity.get("type", "None")).lower() == "systemassigned":
        return
    for action in workflow.every_action():
        if action.kind == "Http" and "authentication" in action.inputs:
            raise invalid(action.path, "it uses a managed identity, which the workflow does not have")
