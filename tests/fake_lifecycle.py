"""Lifecycle Workflows in memory: extensions, workflows and their versions, as InMemoryAzure keeps the rest."""

from __future__ import annotations

import copy
import uuid
from typing import Any

from provision.errors import ServiceRefusal
from provision.resource import GraphCollection, GraphTarget

ONBOARD, MOVE, LEAVE = (f"88888888-8888-4888-8888-88888888880{number}" for number in (1, 2, 3))
WORKFLOWS = {ONBOARD: ("Onboard new hire", "joiner"), MOVE: ("Change of department", "mover"), LEAVE: ("Off", "leaver")}
MAIL = "70b29d51-b59a-4773-9280-8841dfd3f2ea"
OF_VERSION = {"id", "version", "createdDateTime", "lastModifiedDateTime", "nextScheduleRunDateTime", "lastModifiedBy"}


class InMemoryLifecycle:
    """Refuses what the service refuses; a list of workflows shows no tasks, and every version has new task ids."""

    def __init__(self) -> None:
        self.extensions: dict[str, dict[str, Any]] = {}
        self.workflows = {key: self._workflow(key, *named) for key, named in WORKFLOWS.items()}
        self.asked = 0
        """How often anything was read here."""

    NOUNS = ("task extensions", "task extension", "workflows", "workflow", "workflow version")

    def collection(self, target: GraphCollection) -> list[Any]:
        """All items; no `$expand` is documented."""
        self.asked += 1
        assert not target.expand
        if target.noun == "task extensions":
            return list(self.extensions.values())
        hidden = ("tasks", "executionConditions")
        return [{k: v for k, v in one.items() if k not in hidden} for one in self.workflows.values()]

    def object(self, target: GraphTarget) -> Any:
        """One of them, a workflow with its tasks."""
        self.asked += 1
        every = self.extensions if target.noun == "task extension" else self.workflows
        return every.get(target.keys[0])

    def written(self, verb: str, target: GraphTarget | GraphCollection, body: Any) -> Any:
        """Makes the write and gives the answer."""
        if target.noun == "workflow version":
            return self._version(target.keys[0], body)
        if verb == "delete":
            if any(target.keys[0] in str(one["tasks"]) for one in self.workflows.values()):
                raise ServiceRefusal("The extension is used by a task.", 400, "BadRequest")
            self.extensions.pop(target.keys[0], None)
            return None
        if verb == "patch":
            self.extensions[target.keys[0]] |= body
            return None
        if any(one["displayName"] == body["displayName"] for one in self.extensions.values()):
            raise ServiceRefusal("displayName is not unique", 400, "BadRequest")
        identifier = str(uuid.uuid5(uuid.NAMESPACE_URL, str(body)))
        self.extensions[identifier] = {**body, "id": identifier}
        return self.extensions[identifier]

    def _version(self, identifier: str, body: Any) -> Any:
        old, new = self.workflows[identifier], copy.deepcopy(body["workflow"])
        assert not OF_VERSION & new.keys()
        assert {"category", "displayName", "isEnabled", "executionConditions", "tasks"} <= new.keys()
        assert len(new["tasks"]) <= 25
        for place, task in enumerate(new["tasks"]):
            assert not {"id", "executionSequence"} & task.keys()
            named = f"{identifier} {old['version'] + 1} {place}"
            task |= {"id": str(uuid.uuid5(uuid.NAMESPACE_URL, named)), "executionSequence": place + 1}
        kept = {key: old[key] for key in OF_VERSION & old.keys()}
        self.workflows[identifier] = {**new, **kept, "version": old["version"] + 1}
        return self.workflows[identifier]

    @staticmethod
    def _workflow(identifier: str, name: str, category: str) -> dict[str, Any]:
        return {
            "@odata.context": "https://graph.example/$metadata",
            "id": identifier,
            "version": 3,
            "displayName": name,
            "description": None,
            "category": category,
            "isEnabled": True,
            "isSchedulingEnabled": False,
            "createdDateTime": "2025-01-01T00:00:00Z",
            "lastModifiedDateTime": "2025-01-01T00:00:00Z",
            "nextScheduleRunDateTime": None,
            "lastModifiedBy": {"id": "somebody"},
            "somethingNew": {"kept": [1, None]},
            "executionConditions": {
                "@odata.type": "#microsoft.graph.identityGovernance.triggerAndScopeBasedConditions",
                "scope": {"rule": "(department eq 'Sales')"},
            },
            "tasks@odata.context": "https://graph.example/$metadata#tasks",
            "tasks": [task("Second", 2), task("First", 1)],
        }

    def names(self, identifier: str) -> list[str]:
        """The tasks of a workflow by display name, in their order."""
        tasks = sorted(self.workflows[identifier]["tasks"], key=lambda one: int(one["executionSequence"]))
        return [one["displayName"] for one in tasks]


def task(name: str, sequence: int) -> dict[str, Any]:
    """A task of somebody else."""
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        "displayName": name,
        "description": None,
        "category": "joiner,leaver",
        "taskDefinitionId": MAIL,
        "isEnabled": True,
        "continueOnError": True,
        "executionSequence": sequence,
        "arguments": [{"name": "cc", "value": "a, b"}],
    }
