"""What must be true of Lifecycle Workflows before anything is planned: every problem, each with its remedy. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from provision.inventory import Inventory, LifecycleInventory
from provision.kinds import task_extension, workflow_task
from provision.resource import Json

CATEGORIES = ("joiner", "mover", "leaver")
EXTENSIONS = 100
"""Custom task extensions that a tenant may have."""


def problems(inventory: Inventory) -> Iterator[str]:
    """Why the workflows that the environment lists cannot get the task."""
    section, lifecycle = inventory.environment.lifecycle_workflows, inventory.lifecycle
    if section is None or lifecycle is None:
        return
    workflows = {str(answer["id"]): answer for answer in lifecycle.workflows}
    for place, listed in enumerate(section.workflows):
        where = inventory.environment.where("lifecycle_workflows", "workflows", place)
        found = lifecycle.matches[listed.label]
        if len(found) == 1 and found[0] in workflows:
            yield from _unfit(inventory, where, workflows[found[0]])
        elif len(found) > 1:
            yield (
                f"{where}: {len(found)} workflows are called {listed.label}. Write the id of the one you mean: "
                f"{', '.join(found)}."
            )
        else:
            yield (
                f"{where}: there is no workflow {listed.label} in Lifecycle Workflows. Correct it, or create it there "
                "first; Lockstep adds a task to it and does not create it."
            )
    yield from _twice(inventory, lifecycle)
    if len(lifecycle.extensions) >= EXTENSIONS and not task_extension.owned(inventory):
        yield f"the tenant has {EXTENSIONS} custom task extensions, which is as many as it may. Delete one."


def warnings(inventory: Inventory) -> Iterator[str]:
    """What will work, and is probably not meant."""
    section, lifecycle = inventory.environment.lifecycle_workflows, inventory.lifecycle
    if section is None or lifecycle is None:
        return
    wanted = {identifier for found in lifecycle.matches.values() for identifier in found}
    for answer in lifecycle.workflows:
        if str(answer["id"]) in wanted and not answer.get("isEnabled"):
            yield f"workflow {answer['displayName']} is disabled; it runs for nobody, and neither does our task"


def _unfit(inventory: Inventory, where: str, workflow: Mapping[str, Json]) -> Iterator[str]:
    name, category = workflow["displayName"], str(workflow.get("category"))
    if category.lower() not in CATEGORIES:
        yield (
            f"{where}: workflow {name} is of category {category}, and a custom task extension runs in "
            f"{', '.join(CATEGORIES)} only. Take it out of the list."
        )
    if len(workflow_task.tasks(workflow)) >= workflow_task.LIMIT and not workflow_task.owned(inventory, workflow):
        yield (
            f"{where}: workflow {name} has {workflow_task.LIMIT} tasks, which is as many as it may. Remove one, or "
            "take it out of the list."
        )


def _twice(inventory: Inventory, lifecycle: LifecycleInventory) -> Iterator[str]:
    times = Counter(found[0] for found in lifecycle.matches.values() if len(found) == 1)
    for identifier in (identifier for identifier, count in times.items() if count > 1):
        labels = " and ".join(label for label, found in lifecycle.matches.items() if found == (identifier,))
        where = inventory.environment.where("lifecycle_workflows", "workflows")
        yield f"{where}: {labels} are the same workflow {identifier}. Remove one."
