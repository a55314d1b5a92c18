"""Our task in the workflows of Lifecycle Workflows: it calls the custom task extension.

Source: Microsoft Graph v1.0, identityGovernance workflow, task, and `workflow: createNewVersion`. Tasks cannot be
changed in place: a new version of the whole workflow is made. The workflow belongs to somebody else; everything that
was read goes into the new version, every other task as it is and where it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from provision import ownership
from provision.blueprint import Blueprint
from provision.change import Change
from provision.errors import ProvisionError, ServiceRefusal
from provision.inventory import Inventory
from provision.kinds import task_extension
from provision.kinds.annotation import is_annotation
from provision.kinds.kind import Verdict
from provision.naming import workflow_task
from provision.resource import LIFECYCLE, Address, GraphTarget, Json, Reference, Request, Resource

__all__ = ["KIND", "desired", "doubt", "found", "request", "verdict"]

KIND = "workflow task"
RUN_EXTENSION = "4262b724-8dba-4fad-afc3-43fcbb497a0e"
ARGUMENT = "customTaskExtensionID"
LIMIT = 25
"""Tasks that a workflow may have."""
OF_VERSION = (
    "id",
    "version",
    "createdDateTime",
    "lastModifiedDateTime",
    "deletedDateTime",
    "nextScheduleRunDateTime",
    "quarantineDetails",
    "createdBy",
    "lastModifiedBy",
)
"""What the service itself sets for every version of a workflow."""
HIDDEN = "unknownFutureValue"
"""Stands where Graph does not tell a member that an enumeration got later."""
OF_TASK = ("id", "executionSequence")
"""What the service itself sets for every task; its place in the list is its place in the sequence."""


def desired(blueprint: Blueprint) -> Iterable[Resource]:
    """One task in each workflow that the environment lists."""
    environment, lifecycle = blueprint.environment, blueprint.lifecycle
    section = environment.lifecycle_workflows
    if lifecycle is None or section is None:
        return
    identifier = Reference(task_extension.address(environment.name), ("id",))
    task = {
        "displayName": workflow_task(environment.name),
        "description": ownership.marked(environment.name, "Brings the person's AD groups in step"),
        "taskDefinitionId": RUN_EXTENSION,
        "isEnabled": True,
        "continueOnError": section.continue_on_error,
        "arguments": [{"name": ARGUMENT, "value": identifier}],
    }
    for workflow, name in lifecycle.workflows.items():
        note = "runs the job for everybody the workflow processes"
        yield Resource(_address(name, workflow), _target(workflow), {"tasks": [task]}, note)


def found(inventory: Inventory) -> Iterable[Resource]:
    """Our tasks, in listed workflows and others; more than one in the same workflow is one too many."""
    for workflow in inventory.lifecycle.workflows if inventory.lifecycle else ():
        ours = owned(inventory, workflow)
        if ours:
            address = _address(str(workflow["displayName"]), str(workflow["id"]))
            yield Resource(address, _target(str(workflow["id"])), {"tasks": [_comparable(task) for task in ours]})


def owned(inventory: Inventory, workflow: Mapping[str, Json]) -> Sequence[Mapping[str, Json]]:
    """The tasks of the workflow that this environment has marked, or that nobody has and that call its extension."""
    extensions = {str(answer["id"]).lower() for answer in task_extension.owned(inventory)}
    others = {str(answer["id"]).lower() for answer in task_extension.of_namesakes(inventory)}
    marks = (extensions, {inventory.environment.name})
    return [task for task in tasks(workflow) if _is_ours(task, marks) and not _extensions(task) & others]


def tasks(workflow: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """The tasks in the order in which they run.

    Raises:
        ProvisionError: the service did not give them; written back like that, the workflow would lose them.
    """
    there = workflow.get("tasks")
    if not isinstance(there, list) or "executionConditions" not in workflow or not all(map(_is_whole, there)):
        raise ProvisionError(
            f"Microsoft Graph did not give all of workflow {workflow.get('displayName')} ({workflow.get('id')}). "
            "Without that nothing can be planned; try again later."
        )
    if all(isinstance(task.get("executionSequence"), int) for task in there):
        return sorted(there, key=lambda task: int(task["executionSequence"]))
    return there


def request(change: Change, current: Json) -> Request | None:
    """A new version of the workflow as it is now, with our task as it should be."""
    if change.action == "delete" and current is None:
        return None
    ownership.ensure_there(change.resource.address, current)
    wanted = None if change.action == "delete" else change.resource.body["tasks"][0]
    before = tasks(current)
    after = _merged(before, wanted, _marks(change))
    if after == before:
        return None
    if len(after) > LIMIT:
        raise ProvisionError(f"{change.resource.address}: the workflow has {LIMIT} tasks, which is as many as it may.")
    whole = {key: value for key, value in current.items() if key not in OF_VERSION and not is_annotation(key)}
    _refuse_hidden(change, whole)
    version = GraphTarget("workflow version", change.target.keys if isinstance(change.target, GraphTarget) else ())
    return Request("post", version, {"workflow": whole | {"tasks": [_written(task) for task in after]}})


def verdict(refusal: ServiceRefusal) -> Verdict:
    """A new extension may not be known everywhere yet."""
    text = f"{refusal.code} {refusal}".lower()
    new = "extension" in text and ("not found" in text or "does not exist" in text)
    return "wait" if refusal.status in (400, 404) and new else "failed"


def doubt(change: Change, answer: Json) -> str:
    """A service that shows the tasks of the new version must show ours, and no other one of ours."""
    told = (answer or {}).get("workflow") or answer or {}
    if "tasks" not in told:
        return ""
    wanted = [] if change.action == "delete" else change.resource.body["tasks"]
    there = [_comparable(task) for task in told["tasks"] if _is_ours(task, _marks(change))]
    return "" if there == wanted else "the service did not keep the task as it was sent"


def _merged(
    before: Sequence[Mapping[str, Json]], wanted: Mapping[str, Json] | None, marks: tuple[set[str], set[str]]
) -> list[Mapping[str, Json]]:
    """Foreign tasks as they are; the first of ours as wanted, where it is, or at the end; no second one."""
    after: list[Mapping[str, Json]] = []
    left = wanted
    for task in before:
        if not _is_ours(task, marks):
            after.append(task)
        elif left is not None:
            after.append(task if _comparable(task) == left else {**task, **left})
            left = None
    return after if left is None else [*after, left]


def _is_whole(task: Mapping[str, Json]) -> bool:
    return "taskDefinitionId" in task and "arguments" in task


def _refuse_hidden(change: Change, workflow: Mapping[str, Json]) -> None:
    if HIDDEN in json.dumps(workflow):
        raise ProvisionError(
            f"Microsoft Graph hides a value of workflow {change.resource.address.name} ({HIDDEN}), which a new version "
            "would lose. Nothing was changed in it; add or remove the task in the Entra admin centre."
        )


def _marks(change: Change) -> tuple[set[str], set[str]]:
    """By what our tasks are known: the extensions that they call, and the environment that has marked them.

    What a task calls that was found by its mark tells nothing: somebody may have let it call another's extension.
    """
    found = change.found.body["tasks"] if change.found else []
    wanted = [] if change.action == "delete" else change.resource.body["tasks"]
    calling = [*wanted, *(task for task in found if not _environment(task))]
    environments = {_environment(task) for task in (*wanted, *found)} - {""}
    return {value for task in calling for value in _extensions(task)}, environments


def _is_ours(task: Mapping[str, Json], marks: tuple[set[str], set[str]]) -> bool:
    extensions, environments = marks
    marked = _environment(task)
    return _runs_extension(task) and (marked in environments if marked else bool(_extensions(task) & extensions))


def _environment(task: Mapping[str, Json]) -> str:
    """The environment that has marked the task; empty when none has."""
    return ownership.marked_for(task.get("description"))


def _runs_extension(task: Mapping[str, Json]) -> bool:
    return str(task.get("taskDefinitionId", "")).lower() == RUN_EXTENSION


def _extensions(task: Mapping[str, Json]) -> set[str]:
    """The extensions that its arguments name; Microsoft writes the argument's name in three ways."""
    arguments = task.get("arguments") or ()
    return {str(a.get("value")).lower() for a in arguments if str(a.get("name")).lower() == ARGUMENT.lower()}


def _comparable(task: Mapping[str, Json]) -> dict[str, Json]:
    """The task in the shape of `desired`; its place in the workflow is not ours to judge."""
    kept = ("displayName", "description", "taskDefinitionId", "isEnabled", "continueOnError")
    arguments = [
        {"name": ARGUMENT if str(a.get("name")).lower() == ARGUMENT.lower() else a.get("name"), "value": a.get("value")}
        for a in task.get("arguments") or ()
    ]
    told = {key: task.get(key) for key in kept} | {"arguments": arguments}
    return told | ({"taskDefinitionId": RUN_EXTENSION} if _runs_extension(task) else {})


def _written(task: Mapping[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in task.items() if key not in OF_TASK and not is_annotation(key)}


def _address(name: str, workflow: str) -> Address:
    return Address(KIND, name, LIFECYCLE, workflow)


def _target(workflow: str) -> GraphTarget:
    return GraphTarget("workflow", (workflow,))
