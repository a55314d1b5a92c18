"""The versions of workflows: every one is kept with its own tasks, and the workflow shows the newest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from provision.sandbox.graph.lifecycle_workflows.definitions import EXTENSION_ARGUMENT, RUN_EXTENSION
from provision.sandbox.graph.lifecycle_workflows.entity_types import TASK, VERSION, WORKFLOW
from provision.sandbox.graph.settings import GraphSettings
from provision.sandbox.graph.tenant import Entity, Links, Tenant, timestamp

BASICS = ("displayName", "description", "isEnabled", "isSchedulingEnabled")
"""What can be changed without a new version."""
_SHARED = (*BASICS, "category", "executionConditions", "settings", "createdDateTime", "lastModifiedDateTime")
_UNTROUBLED = {"quarantineReason": None, "quarantineType": "notQuarantined", "quarantinedDateTime": None}


def extension_of(task: Entity) -> str | None:
    """The id of the custom task extension that a task runs, in lower case; None for any other task."""
    if task.values["taskDefinitionId"].lower() != RUN_EXTENSION:
        return None
    named = {argument["name"].lower(): argument["value"] for argument in task.values["arguments"]}
    return str(named.get(EXTENSION_ARGUMENT.lower())).lower()


class Versions:
    """Writes workflows and their versions, and finds what they hold."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def create(self, values: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]], key: str = "") -> Entity:
        """A new workflow in its first version; `tasks` in the order in which they run."""
        with self._tenant.changed:
            fixed = {
                "createdDateTime": timestamp(),
                "deletedDateTime": None,
                "nextScheduleRunDateTime": None,
                "quarantineDetails": _UNTROUBLED,
                "settings": {"quarantineConfiguration": None},
                "version": 0,
            }
            made = self._tenant.add(WORKFLOW, {**fixed, **values}, {"tasks": ()}, key)
            return self.add(made, values, tasks)

    def add(self, workflow: Entity, values: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]]) -> Entity:
        """A workflow with one more version, which takes the place of the one before."""
        with self._tenant.changed:
            keys = tuple(self._add_task(number, task) for number, task in enumerate(tasks, 1))
            number = int(workflow.values["version"]) + 1
            now = {**values, "version": number, "lastModifiedDateTime": timestamp()}
            changed = self._tenant.update(workflow, now, {"tasks": keys})
            shared = {name: changed.values[name] for name in _SHARED}
            links: Links = {"workflow": workflow.id, "tasks": keys}
            self._tenant.add(VERSION, {**shared, "versionNumber": number}, links)
            return changed

    def rename(self, workflow: Entity, values: Mapping[str, Any]) -> Entity:
        """A workflow with other basics; its newest version has them too."""
        with self._tenant.changed:
            changed = self._tenant.update(workflow, {**values, "lastModifiedDateTime": timestamp()})
            self._tenant.update(self.all(workflow)[-1], values)
            return changed

    def all(self, workflow: Entity) -> list[Entity]:
        """Every version of a workflow, the oldest first."""
        return self._tenant.linked_rows(workflow, "versions")

    def tasks(self, owner: Entity) -> list[Entity]:
        """The tasks of a workflow as it is now, or of one version, in the order in which they run."""
        return self._tenant.linked_rows(owner, "tasks")

    def all_tasks(self, workflow: Entity) -> dict[str, Entity]:
        """Every task that any version of a workflow has or had, by id in lower case."""
        return {task.id.lower(): task for version in self.all(workflow) for task in self.tasks(version)}

    def forget(self, workflow: Entity) -> None:
        """Remove a workflow for good, with its versions and tasks."""
        with self._tenant.changed:
            for row in (*self.all_tasks(workflow).values(), *self.all(workflow), workflow):
                self._tenant.remove(row)

    def holders(self, extension: Entity, settings: GraphSettings) -> list[Entity]:
        """The workflows whose tasks keep an extension from being deleted."""
        held = []
        for workflow in self._tenant.rows(WORKFLOW):
            if workflow.values["deletedDateTime"] and not settings.deleted_workflows_hold_extensions:
                continue
            old = settings.versions_hold_extensions
            tasks: Iterable[Entity] = self.all_tasks(workflow).values() if old else self.tasks(workflow)
            if any(extension_of(task) == extension.id.lower() for task in tasks):
                held.append(workflow)
        return held

    def _add_task(self, number: int, task: Mapping[str, Any]) -> str:
        return self._tenant.add(TASK, {**task, "executionSequence": number}).id
