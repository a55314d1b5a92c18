"""Microsoft.Automation: the account, its hybrid worker groups, and what all its parts have in common on the wire.

The account and its workers are there from the start. Refusals of the service itself are `{"code", "message"}` at the
root; those of Resource Manager in front of it stay in their `error` envelope, and clients must read both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from provision.sandbox.arm.door import GROUP, Door, arm_error, not_found, stamp
from provision.sandbox.clock import Clock
from provision.sandbox.principals import Principal
from provision.sandbox.service import Answer, Call, Refusal, Route
from provision.sandbox.tokens import Caller

VERSIONS = ("2015-10-31", "2019-06-01", "2022-08-08", "2023-05-15-preview", "2023-11-01", "2024-10-23")
TYPE = "Microsoft.Automation/automationAccounts"
ACCOUNT = f"{GROUP}/providers/{TYPE}/{{account}}"


class ProviderRefusal(Refusal):
    """A refusal by the Automation service, not by Resource Manager in front of it."""


def automation_error(refusal: Refusal) -> Answer:
    """A refusal in the shape of whoever refuses."""
    if isinstance(refusal, ProviderRefusal):
        return Answer(refusal.status, {"code": refusal.code, "message": refusal.message})
    return arm_error(refusal)


@dataclass(slots=True)
class WorkerGroup:
    """A group of one hybrid worker; a silent worker takes no jobs and was last seen when it fell silent."""

    name: str
    registered: datetime
    last_seen: datetime | None = None

    @property
    def silent(self) -> bool:
        """Whether the worker has stopped asking for jobs."""
        return self.last_seen is not None


class Account:
    """The one Automation account, and the check that every call below it passes."""

    def __init__(self, door: Door, name: str, location: str, identity: Principal, clock: Clock) -> None:
        self.door = door
        self.clock = clock
        self.identity = identity
        self.groups: dict[str, WorkerGroup] = {}
        self._name = name
        self._location = location
        self._created = clock.now()

    @property
    def resource_id(self) -> str:
        """Its resource id."""
        return f"{self.door.group_id}/providers/{TYPE}/{self._name}"

    def add_group(self, name: str) -> WorkerGroup:
        """A hybrid worker group with one worker."""
        group = WorkerGroup(name, self.clock.now())
        self.groups[name.lower()] = group
        return group

    def admit(self, call: Call, operation: str, *below: str, versions: Sequence[str] = VERSIONS) -> Caller:
        """Who calls, when that principal may do `operation` to the resource at `below` (`jobs`, `<name>`)."""
        name = call.arguments["account"]
        target = "/".join((f"{self.door.group_id}/providers/{TYPE}/{name}", *below))
        caller = self.door.admit(call, f"{TYPE}/{operation}", target, versions)
        if name.lower() != self._name.lower():
            raise not_found(f"{TYPE}/{name}", self.door.group)
        return caller

    def routes(self) -> Sequence[Route]:
        """The account, and its worker groups with their workers; read only."""
        groups = f"{ACCOUNT}/hybridRunbookWorkerGroups"
        return (
            Route("GET", ACCOUNT, self._get),
            Route("GET", groups, self._list_groups),
            Route("GET", f"{groups}/{{name}}", self._get_group),
            Route("GET", f"{groups}/{{name}}/hybridRunbookWorkers", self._list_workers),
        )

    def refuse(self, refusal: Refusal) -> Answer:
        """An error of the service or of Resource Manager."""
        return automation_error(refusal)

    def _get(self, call: Call) -> Answer:
        self.admit(call, "read")
        identity = {"type": "SystemAssigned", "principalId": self.identity.object_id, "tenantId": self.door.tenant}
        created = stamp(self._created)
        properties = {"sku": {"name": "Basic"}, "state": "Ok", "creationTime": created, "lastModifiedTime": created}
        body = {
            "id": self.resource_id,
            "name": self._name,
            "type": TYPE,
            "location": self._location,
            "tags": {},
            "identity": identity,
            "properties": properties,
        }
        return Answer(200, body)

    def _list_groups(self, call: Call) -> Answer:
        self.admit(call, "hybridRunbookWorkerGroups/read")
        return self.door.page(call, [self._render_group(group) for group in self.groups.values()])

    def _find_group(self, call: Call, operation: str) -> WorkerGroup:
        name = call.arguments["name"]
        self.admit(call, operation, "hybridRunbookWorkerGroups", name)
        group = self.groups.get(name.lower())
        if group is None:
            raise ProviderRefusal(404, "NotFound", f"The Hybrid Runbook Worker Group '{name}' was not found.")
        return group

    def _get_group(self, call: Call) -> Answer:
        return Answer(200, self._render_group(self._find_group(call, "hybridRunbookWorkerGroups/read")))

    def _render_group(self, group: WorkerGroup) -> dict[str, Any]:
        return {
            "id": f"{self.resource_id}/hybridRunbookWorkerGroups/{group.name}",
            "name": group.name,
            "type": f"{TYPE}/hybridRunbookWorkerGroups",
            "properties": {"groupType": "User"},
        }

    def _list_workers(self, call: Call) -> Answer:
        group = self._find_group(call, "hybridRunbookWorkerGroups/hybridRunbookWorkers/read")
        identifier = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaa01"
        seen = group.last_seen or self.clock.now() - timedelta(seconds=12)
        worker = {
            "id": f"{self.resource_id}/hybridRunbookWorkerGroups/{group.name}/hybridRunbookWorkers/{identifier}",
            "name": identifier,
            "type": f"{TYPE}/hybridRunbookWorkerGroups/hybridRunbookWorkers",
            "properties": {
                "ip": "127.0.0.1",
                "registeredDateTime": stamp(group.registered),
                "lastSeenDateTime": stamp(seen),
                "vmResourceId": "",
                "workerType": "HybridV2",
                "workerName": "worker1.lab.example",
            },
        }
        return self.door.page(call, [worker])
