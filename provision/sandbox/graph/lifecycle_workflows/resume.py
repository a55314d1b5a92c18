"""The callback: `resume` of a task's processing result that waits, on v1.0 and on beta, by both names of the action."""

from __future__ import annotations

from collections.abc import Sequence

from provision.sandbox.graph import bodies
from provision.sandbox.graph.lifecycle_workflows.entity_types import CALLBACK_DATA, EXTENSION, IG, RESULT, WORKFLOW
from provision.sandbox.graph.lifecycle_workflows.extension_rules import authorized
from provision.sandbox.graph.lifecycle_workflows.rights import BETA, RESUME, ROOT
from provision.sandbox.graph.lifecycle_workflows.runs import OPEN, resume
from provision.sandbox.graph.lifecycle_workflows.versions import Versions
from provision.sandbox.graph.metadata import ENUMS
from provision.sandbox.graph.permissions import Gate
from provision.sandbox.graph.settings import GraphSettings
from provision.sandbox.graph.tenant import Entity, Tenant
from provision.sandbox.service import Answer, Call, Refusal, Route
from provision.sandbox.tokens import GRAPH, TokenAuthority

_PATH = "workflows/{workflow}/tasks/{task}/taskProcessingResults/{result}"
_NAMES = ("resume", "microsoft.graph.identityGovernance.resume")
_STATUSES = ENUMS[f"{IG}customTaskExtensionOperationStatus"]


class TaskResume:
    """Takes callbacks of tasks; an app that the extension authorises needs no permission."""

    def __init__(
        self, tenant: Tenant, gate: Gate, authority: TokenAuthority, versions: Versions, settings: GraphSettings
    ) -> None:
        self._tenant = tenant
        self._gate = gate
        self._authority = authority
        self._versions = versions
        self._settings = settings

    def routes(self) -> Sequence[Route]:
        """The action on both roots."""
        roots = ((ROOT, self._resume_v1), (BETA, self._resume))
        return tuple(Route("POST", f"{root}/{_PATH}/{name}", handler) for root, handler in roots for name in _NAMES)

    def _resume_v1(self, call: Call) -> Answer:
        if not self._settings.resume_in_v1:
            raise Refusal(404, "ResourceNotFound", "Resource not found for the segment 'resume'.")
        return self._resume(call)

    def _resume(self, call: Call) -> Answer:
        self._admit(call)
        status = _read(call)
        with self._tenant.changed:
            result = self._found(call)
            if result.values["processingStatus"] != OPEN or not result.values["waits"]:
                message = f"The task processing result '{result.id}' does not wait for a callback."
                raise Refusal(400, "InvalidProcessingStatus", message)
            resume(self._tenant, result, status)
        return Answer(204)

    def _admit(self, call: Call) -> None:
        caller = self._authority.caller(call, GRAPH)
        result = self._tenant.get(RESULT, call.arguments["result"])
        extension = self._tenant.get(EXTENSION, str(result.values["extension"])) if result else None
        if extension is None or caller.app_id.lower() not in authorized(extension.values):
            self._gate.admit(call, RESUME)

    def _found(self, call: Call) -> Entity:
        workflow = self._tenant.require(WORKFLOW, call.arguments["workflow"])
        task = self._versions.all_tasks(workflow).get(call.arguments["task"].lower())
        result = self._tenant.require(RESULT, call.arguments["result"])
        if task is None or result.links["task"] != task.id:
            message = (
                f"The workflow '{workflow.id}' has no task '{call.arguments['task']}' with the result '{result.id}'."
            )
            raise Refusal(404, "ResourceNotFound", message)
        return result


def _read(call: Call) -> str:
    """The status that a callback brings, in lower case; Microsoft's own sample begins it with a capital."""
    body = call.json()
    if not isinstance(body, dict) or set(body) - {"source", "type", "data"}:
        raise Refusal(400, "BadRequest", "The body of resume holds source, type and data, and nothing else.")
    for name in ("source", "type"):
        if not isinstance(body.get(name), str | None):
            raise Refusal(400, "BadRequest", f"{name} must be a text.")
    data = body.get("data")
    if not isinstance(data, dict):
        raise Refusal(400, "BadRequest", "data must be an object with operationStatus.")
    status = str(data.get("operationStatus") or "").lower()
    if status not in _STATUSES:
        message = f"data.operationStatus must be {' or '.join(_STATUSES)}, not '{data.get('operationStatus')}'."
        raise Refusal(400, "BadRequest", message)
    bodies.check({**data, "operationStatus": status}, CALLBACK_DATA, "data")
    return status
