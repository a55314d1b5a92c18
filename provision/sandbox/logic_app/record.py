"""What one run and its actions did, kept while it happens, shown in the shape of Resource Manager afterwards.

Pure data. Shapes: WorkflowRun and WorkflowRunAction of Microsoft.Logic 2019-05-01; inputs and outputs are behind links
there, so here they have their own method, which honours secureData.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from provision.sandbox.logic_app.definition import Action

HIDDEN = "*sanitized*"
"""What the history shows in place of secured inputs or outputs."""


def stamp(moment: datetime) -> str:
    """A time stamp as Resource Manager writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(slots=True)
class ActionRecord:
    """One action's latest turn; `passes` counts its turns inside a loop."""

    action: Action
    status: str
    started: datetime
    ended: datetime | None = None
    inputs: Any = None
    outputs: Any = None
    code: str | None = None
    error: dict[str, Any] | None = None
    retries: list[dict[str, Any]] = field(default_factory=list)
    passes: int = 1
    tracking_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def reference(self) -> dict[str, Any]:
        """What `actions('name')` gives."""
        given = {
            "name": self.action.name,
            "startTime": stamp(self.started),
            "endTime": stamp(self.ended) if self.ended else None,
            "trackingId": self.tracking_id,
            "code": self.code,
            "status": self.status,
            "inputs": self.inputs,
            "outputs": self.outputs,
            "error": self.error,
        }
        return {name: value for name, value in given.items() if value is not None}

    def shown(self, which: str) -> Any:
        """`inputs` or `outputs` as the history shows them; hiding a Compose's inputs hides its outputs too."""
        hidden = self.action.secured
        if which in hidden or (self.action.kind == "Compose" and "inputs" in hidden):
            return HIDDEN
        return self.inputs if which == "inputs" else self.outputs

    def resource(self, run_id: str, tracking_id: str) -> dict[str, Any]:
        """The action as Resource Manager answers with it."""
        properties: dict[str, Any] = {
            "startTime": stamp(self.started),
            "status": self.status,
            "correlation": {"actionTrackingId": self.tracking_id, "clientTrackingId": tracking_id},
            "trackingId": self.tracking_id,
        }
        optional = {
            "endTime": stamp(self.ended) if self.ended else None,
            "code": self.code,
            "error": self.error,
            "retryHistory": self.retries,
        }
        properties |= {name: value for name, value in optional.items() if value}
        identifier = f"{run_id}/actions/{self.action.name}"
        return {
            "id": identifier,
            "name": self.action.name,
            "type": "Microsoft.Logic/workflows/runs/actions",
            "properties": properties,
        }


@dataclass(slots=True)
class RunRecord:
    """One run: who started it, with what, and how it stands."""

    identifier: str
    name: str
    trigger_name: str
    trigger_outputs: dict[str, Any]
    tracking_id: str
    started: datetime
    status: str = "Running"
    ended: datetime | None = None
    code: str | None = None
    error: dict[str, Any] | None = None
    correlation_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def resource(self, workflow_id: str) -> dict[str, Any]:
        """The run as Resource Manager answers with it."""
        moment = stamp(self.started)
        properties: dict[str, Any] = {
            "startTime": moment,
            "status": self.status,
            "correlation": {"clientTrackingId": self.tracking_id},
            "correlationId": self.correlation_id,
            "workflow": {
                "id": workflow_id,
                "name": workflow_id.rsplit("/", 1)[-1],
                "type": "Microsoft.Logic/workflows",
            },
            "trigger": {"name": self.trigger_name, "startTime": moment, "endTime": moment, "status": "Succeeded"},
            "outputs": {},
        }
        optional = {"endTime": stamp(self.ended) if self.ended else None, "code": self.code, "error": self.error}
        properties |= {name: value for name, value in optional.items() if value}
        return {
            "id": self.identifier,
            "name": self.name,
            "type": "Microsoft.Logic/workflows/runs",
            "properties": properties,
        }
