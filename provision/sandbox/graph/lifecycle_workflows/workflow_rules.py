"""What a workflow must be beside its types: its category, its tasks, their order and arguments. All refusals are 400.

Microsoft documents neither how a bad workflow is refused nor what becomes of the ids of tasks in a new version; the
words are the sandbox's own, and what becomes of ids is a setting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provision.sandbox.graph.lifecycle_workflows.definitions import EXTENSION_ARGUMENT, RUN_EXTENSION
from provision.sandbox.graph.lifecycle_workflows.entity_types import DEFINITION, EXTENSION
from provision.sandbox.graph.settings import GraphSettings
from provision.sandbox.graph.tenant import Tenant
from provision.sandbox.service import Refusal

TASK_LIMIT = 25
"""Tasks of one workflow (Microsoft's service limits)."""
_WRITABLE = (
    *("category", "displayName", "description", "isEnabled", "isSchedulingEnabled"),
    *("executionConditions", "settings", "tasks"),
)
_REQUIRED = ("category", "displayName", "executionConditions", "tasks")
_TASK_REQUIRED = ("arguments", "displayName", "isEnabled", "taskDefinitionId")
_TASK_KNOWN = (*_TASK_REQUIRED, "id", "category", "continueOnError", "description", "executionSequence")


class WorkflowRules:
    """Turns the JSON of a workflow into what is stored, or refuses it."""

    def __init__(self, tenant: Tenant, settings: GraphSettings) -> None:
        self._tenant = tenant
        self._settings = settings

    def values(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The workflow's own values; what the body leaves out is false or null, never what it was before.

        Raises:
            Refusal: 400, naming the first thing that is wrong.
        """
        for name in body:
            if "@" not in name and name not in _WRITABLE:
                raise _bad(f"'{name}' of a workflow is kept by the service and cannot be written.")
        for name in _REQUIRED:
            if not body.get(name):
                raise _bad(f"'{name}' of a workflow is required.")
        enabled, scheduled = bool(body.get("isEnabled")), bool(body.get("isSchedulingEnabled"))
        if scheduled and not enabled:
            raise _bad("isSchedulingEnabled cannot be true for a workflow that is not enabled.")
        values = {name: body[name] for name in ("category", "displayName", "executionConditions")}
        settings = {"settings": body["settings"]} if "settings" in body else {}
        flags = {"isEnabled": enabled, "isSchedulingEnabled": scheduled}
        return {**values, "description": body.get("description"), **flags, **settings}

    def tasks(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The tasks in the order in which they run.

        Raises:
            Refusal: 400, naming the first thing that is wrong.
        """
        tasks: Sequence[Mapping[str, Any]] = body["tasks"]
        if len(tasks) > TASK_LIMIT:
            raise _bad(f"A workflow has at most {TASK_LIMIT} tasks, not {len(tasks)}.")
        return [self._task(task, str(body["category"])) for task in _ordered(tasks)]

    def _task(self, task: Mapping[str, Any], category: str) -> dict[str, Any]:
        if task.get("id") and self._settings.task_ids_refused:
            raise _bad("'id' of a task is kept by the service and cannot be written.")
        for name in task:
            if "@" not in name and name not in _TASK_KNOWN:
                raise _bad(f"'{name}' of a task is kept by the service and cannot be written.")
        for name in _TASK_REQUIRED:
            if task.get(name) is None or task[name] == "":
                raise _bad(f"'{name}' of a task is required.")
        definition = self._tenant.get(DEFINITION, task["taskDefinitionId"])
        if definition is None:
            raise _bad(f"The task definition '{task['taskDefinitionId']}' does not exist.")
        if category not in definition.values["category"].split(","):
            raise _bad(f"The task '{definition.values['displayName']}' is not for workflows of category {category}.")
        return {
            "arguments": [dict(argument) for argument in self._arguments(task)],
            "category": definition.values["category"],
            "continueOnError": bool(task.get("continueOnError")),
            "description": task.get("description"),
            "displayName": task["displayName"],
            "isEnabled": task["isEnabled"],
            "taskDefinitionId": definition.id,
        }

    def _arguments(self, task: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        arguments: Sequence[Mapping[str, Any]] = task["arguments"]
        for argument in arguments:
            if not argument.get("name"):
                raise _bad(f"An argument of the task '{task['displayName']}' has no name.")
        named = {argument["name"].lower(): argument.get("value") for argument in arguments}
        if len(named) < len(arguments):
            raise _bad(f"An argument of the task '{task['displayName']}' is given twice.")
        if str(task["taskDefinitionId"]).lower() == RUN_EXTENSION:
            extension = str(named.get(EXTENSION_ARGUMENT.lower()) or "")
            if self._tenant.get(EXTENSION, extension) is None:
                message = f"The custom task extension '{extension}' ({EXTENSION_ARGUMENT}) does not exist."
                raise _bad(f"Task '{task['displayName']}': {message}")
        return arguments


def _ordered(tasks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """By `executionSequence` where every task has one, otherwise as they stand."""
    numbers = [task["executionSequence"] for task in tasks if task.get("executionSequence") is not None]
    if not numbers:
        return list(tasks)
    if len(set(numbers)) < len(tasks):
        raise _bad("executionSequence stands at every task or at none, and no number twice.")
    return sorted(tasks, key=lambda task: int(task["executionSequence"]))


def _bad(message: str) -> Refusal:
    return Refusal(400, "BadRequest", message)
