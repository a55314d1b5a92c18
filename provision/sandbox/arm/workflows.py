"""Microsoft.Logic/workflows: Logic Apps as Resource Manager holds them (api-version 2019-05-01).

What a workflow does when it is called is the business of its host; here it is created, replaced, read and deleted.
"""

from __future__ import annotations

import copy
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from provision.sandbox.arm.door import GROUP, Door, arm_error, document, not_found, stamp
from provision.sandbox.arm.workflow_body import WRITABLE, check_body, without_secrets
from provision.sandbox.clock import Clock
from provision.sandbox.principals import Principals
from provision.sandbox.service import Answer, Call, Refusal, Route

VERSIONS = ("2016-06-01", "2018-07-01-preview", "2019-05-01")
TYPE = "Microsoft.Logic/workflows"
WORKFLOW = f"{GROUP}/providers/{TYPE}/{{name}}"


class Host(Protocol):
    """What runs the workflows."""

    def deploy(self, resource_id: str, resource: dict[str, Any]) -> None:
        """Run this workflow from now on; raises Refusal 400 when its definition is not valid."""
        ...

    def validate(self, resource_id: str, resource: dict[str, Any]) -> None:
        """Raise what `deploy` would raise, and change nothing."""
        ...

    def remove(self, resource_id: str) -> None:
        """Run it no more."""
        ...

    def trigger_path(self, resource_id: str) -> str:
        """The path of its request trigger: `/workflows/{key}/triggers/{trigger}/paths/invoke`."""
        ...


class Workflows:
    """The Logic Apps of the resource group, with the system-assigned identities that live and die with them."""

    def __init__(self, door: Door, host: Host, principals: Principals, clock: Clock) -> None:
        self._door = door
        self._host = host
        self._principals = principals
        self._clock = clock
        self._lock = threading.RLock()
        self._resources: dict[str, dict[str, Any]] = {}

    def routes(self) -> Sequence[Route]:
        """The workflow resource and its actions."""
        return (
            Route("GET", f"{GROUP}/providers/{TYPE}", self._list),
            Route("GET", WORKFLOW, self._get),
            Route("PUT", WORKFLOW, self._put),
            Route("DELETE", WORKFLOW, self._delete),
            Route("POST", f"{WORKFLOW}/validate", self._validate),
            Route(
                "POST",
                f"{GROUP}/providers/Microsoft.Logic/locations/{{location}}/workflows/{{name}}/validate",
                self._validate,
            ),
            Route("POST", f"{WORKFLOW}/enable", self._switch("Enabled")),
            Route("POST", f"{WORKFLOW}/disable", self._switch("Disabled")),
        )

    def refuse(self, refusal: Refusal) -> Answer:
        """An error of Resource Manager."""
        return arm_error(refusal)

    def exists(self, resource_id: str) -> bool:
        """Whether this is the id of a workflow that is there."""
        with self._lock:
            return resource_id.lower() in self._resources

    def ids(self) -> list[str]:
        """The ids of all workflows, sorted."""
        with self._lock:
            return sorted(resource["id"] for resource in self._resources.values())

    def admit(self, call: Call, operation: str) -> dict[str, Any]:
        """The workflow the call is about, when its caller may do `operation` to it."""
        identifier = self._admit(call, operation)
        with self._lock:
            found = self._resources.get(identifier.lower())
        if found is None:
            raise not_found(f"{TYPE}/{call.arguments['name']}", self._door.group)
        return found

    def _admit(self, call: Call, operation: str) -> str:
        identifier = f"{self._door.group_id}/providers/{TYPE}/{call.arguments['name']}"
        self._door.admit(call, f"{TYPE}/{operation}", identifier, VERSIONS)
        return identifier

    def _list(self, call: Call) -> Answer:
        self._door.admit(call, f"{TYPE}/read", self._door.group_id, VERSIONS)
        with self._lock:
            found = [self._resources[key] for key in sorted(self._resources)]
        return self._door.page(call, [self.render(call, resource) for resource in found])

    def _get(self, call: Call) -> Answer:
        return Answer(200, self.render(call, self.admit(call, "read")))

    def _put(self, call: Call) -> Answer:
        identifier = self._admit(call, "write")
        body = document(call)
        check_body(identifier, body)
        with self._lock:
            present = self._resources.get(identifier.lower())
            resource = self._build(identifier, body, present)
            try:
                self._host.deploy(resource["id"], copy.deepcopy(resource))
            except Refusal:
                self._forget_identity(resource, keep=present)
                raise
            self._resources[identifier.lower()] = resource
            self._forget_identity(present, keep=resource)
        return Answer(200 if present else 201, self.render(call, resource))

    def _build(self, identifier: str, body: Mapping[str, Any], present: Mapping[str, Any] | None) -> dict[str, Any]:
        now = stamp(self._clock.now())
        given = copy.deepcopy(body["properties"])
        properties = {
            "provisioningState": "Succeeded",
            "createdTime": present["properties"]["createdTime"] if present else now,
            "changedTime": now,
            "state": "Enabled",
            "version": f"0858{uuid.uuid4().int % 10**16:016d}",
            **{name: value for name, value in given.items() if name in WRITABLE},
        }
        resource: dict[str, Any] = {
            "id": present["id"] if present else identifier,
            "name": present["name"] if present else identifier.rsplit("/", 1)[1],
            "type": TYPE,
            "location": body["location"],
            "tags": dict(body.get("tags") or {}),
            "properties": properties,
        }
        if str((body.get("identity") or {}).get("type", "None")).lower() == "systemassigned":
            resource["identity"] = self._identity(resource["name"], (present or {}).get("identity"))
        return resource

    def render(self, call: Call, resource: Mapping[str, Any]) -> dict[str, Any]:
        """The resource as the service shows it."""
        endpoint = self._host.trigger_path(resource["id"]).split("/triggers/")[0]
        properties = {**without_secrets(resource["properties"]), "accessEndpoint": f"{call.base}{endpoint}"}
        return {**resource, "properties": properties}

    def _identity(self, name: str, present: dict[str, Any] | None) -> dict[str, Any]:
        if present is not None:
            return present
        principal = self._principals.add(name, "managedIdentity")
        return {"type": "SystemAssigned", "principalId": principal.object_id, "tenantId": self._door.tenant}

    def _forget_identity(self, old: Mapping[str, Any] | None, keep: Mapping[str, Any] | None) -> None:
        identity = (old or {}).get("identity")
        if identity is not None and identity != (keep or {}).get("identity"):
            self._principals.remove(identity["principalId"])

    def _delete(self, call: Call) -> Answer:
        identifier = self._admit(call, "delete")
        with self._lock:
            removed = self._resources.pop(identifier.lower(), None)
            if removed is None:
                return Answer(204)
            self._host.remove(removed["id"])
            self._forget_identity(removed, keep=None)
        return Answer(200)

    def _validate(self, call: Call) -> Answer:
        identifier = self._admit(call, "validate/action")
        body = document(call)
        check_body(identifier, body)
        # The definition is what is validated: a body without identity does not mean that there will be none.
        self._host.validate(identifier, {"identity": {"type": "SystemAssigned"}, **body})
        return Answer(200)

    def _switch(self, state: str) -> Callable[[Call], Answer]:
        verb = "enable/action" if state == "Enabled" else "disable/action"

        def handle(call: Call) -> Answer:
            present = self.admit(call, verb)
            with self._lock:
                changed = copy.deepcopy(present)
                changed["properties"].update(state=state, changedTime=stamp(self._clock.now()))
                self._host.deploy(changed["id"], copy.deepcopy(changed))
                self._resources[changed["id"].lower()] = changed
            return Answer(200)

        return handle
