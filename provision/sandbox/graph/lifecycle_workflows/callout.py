"""The body that Lifecycle Workflows sends to the Logic App of a custom task extension: camelCase below `data`.

Source: Microsoft's sample Logic App for Lifecycle Workflows and its trigger schema. What `source` says there is not
published.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from provision.sandbox.graph.tenant import Entity

SOURCE = "Lifecycle Workflows"
KIND = "lifecycleEvent"


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a callout is about; `waits` says whether the task waits for a callback."""

    workflow: Entity
    version: int
    task: Entity
    result: Entity
    subject: Entity
    waits: bool
    version_name: str = "workflowVersion"

    def payload(self) -> dict[str, Any]:
        """The body of the callout, without a path to call back when nobody waits for it."""
        user, task, workflow = self.subject.values, self.task.values, self.workflow.values
        path = (
            f"/identityGovernance/lifecycleWorkflows/workflows/{self.workflow.id}/tasks/{self.task.id}"
            f"/taskProcessingResults/{self.result.id}/resume"
        )
        data = {
            "subject": {
                "id": self.subject.id,
                "displayName": user["displayName"],
                "email": user["mail"],
                "userPrincipalName": user["userPrincipalName"],
                "manager": None,
            },
            "task": {"id": self.task.id, "displayName": task["displayName"]},
            "taskProcessingResult": {"id": self.result.id, "createdDateTime": self.result.values["createdDateTime"]},
            "workflow": {
                "id": self.workflow.id,
                "displayName": workflow["displayName"],
                self.version_name: self.version,
            },
        }
        callback = {"callbackUriPath": path} if self.waits else {}
        return {"data": {**callback, **data}, "source": SOURCE, "type": KIND}
