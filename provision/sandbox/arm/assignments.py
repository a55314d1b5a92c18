"""Microsoft.Authorization: role assignments over the wire (api-version 2022-04-01).

A new principal is refused with `PrincipalNotFound` until it has replicated, also when `principalType` is given: the
real service skips its check then most of the time, but not always, so clients must retry either way.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from provision.sandbox.arm.access import Assignment, covers
from provision.sandbox.arm.door import Door, arm_error, document, stamp
from provision.sandbox.arm.roles import Role, role
from provision.sandbox.clock import Clock
from provision.sandbox.principals import Principals
from provision.sandbox.service import Answer, Call, Refusal, Route

VERSIONS = ("2022-04-01",)
ROLE_TYPES = {"managedIdentity": "ServicePrincipal", "application": "ServicePrincipal", "user": "User"}
_DEFINITION = re.compile(
    r"(?:/subscriptions/[^/]+)?/providers/Microsoft\.Authorization/roleDefinitions/([^/]+)", re.IGNORECASE
)
_FILTER = re.compile(
    r"(?:(?P<at>atScope\(\))|(?P<by>principalId eq|assignedTo\()\s*'(?P<principal>[0-9a-f-]{36})'\)?)", re.IGNORECASE
)


class RoleAssignments:
    """Puts, reads, lists and deletes role assignments, for callers who may."""

    def __init__(self, door: Door, principals: Principals, clock: Clock, exists: Callable[[str], bool]) -> None:
        """`exists` says whether a scope (a resource id) is there."""
        self._door = door
        self._principals = principals
        self._clock = clock
        self._exists = exists

    def routes(self) -> Sequence[Route]:
        """Assignments at any scope."""
        assignments = "/{scope*}/providers/Microsoft.Authorization/roleAssignments"
        return (
            Route("GET", assignments, self._list),
            Route("GET", assignments + "/{name}", self._get),
            Route("PUT", assignments + "/{name}", self._put),
            Route("DELETE", assignments + "/{name}", self._delete),
        )

    def refuse(self, refusal: Refusal) -> Answer:
        """An error of Resource Manager."""
        return arm_error(refusal)

    def _admit(self, call: Call, action: str) -> str:
        scope = "/" + call.arguments["scope"].strip("/")
        self._door.admit(call, f"Microsoft.Authorization/{action}", scope, VERSIONS)
        if not self._exists(scope):
            raise Refusal(404, "ResourceNotFound", f"The Resource '{scope}' was not found.")
        return scope

    def _get(self, call: Call) -> Answer:
        scope = self._admit(call, "roleAssignments/read")
        found = self._door.access.get(scope, call.arguments["name"])
        if found is None:
            message = f"The role assignment '{call.arguments['name']}' is not found."
            raise Refusal(404, "RoleAssignmentNotFound", message)
        return Answer(200, self._render(found))

    def _list(self, call: Call) -> Answer:
        scope = self._admit(call, "roleAssignments/read")
        found = [item for item in self._door.access.all() if covers(item.scope, scope) or covers(scope, item.scope)]
        for term in filter(None, re.split(r"\s+and\s+", call.query.get("$filter", ""))):
            match = _FILTER.fullmatch(term.strip())
            if match is None:
                raise Refusal(400, "UnsupportedQuery", f"The filter '{term}' is not supported.")
            if match["at"]:
                found = [item for item in found if covers(item.scope, scope)]
            else:
                found = [item for item in found if item.principal == match["principal"].lower()]
        return self._door.page(call, [self._render(item) for item in found])

    def _put(self, call: Call) -> Answer:
        scope = self._admit(call, "roleAssignments/write")
        wanted = self._parse(call, scope)
        present = self._door.access.get(scope, wanted.name)
        if present is None:
            self._check_twin(wanted)
            self._door.access.put(wanted)
            return Answer(201, self._render(wanted))
        if not present.same(wanted):
            message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."
            raise Refusal(400, "RoleAssignmentUpdateNotPermitted", message)
        return Answer(200, self._render(present))

    def _check_twin(self, wanted: Assignment) -> None:
        for found in self._door.access.all():
            if found.same(wanted):
                identifier = found.name.replace("-", "")
                message = f"The role assignment already exists. The ID of the existing role assignment is {identifier}."
                raise Refusal(409, "RoleAssignmentExists", message)

    def _parse(self, call: Call, scope: str) -> Assignment:
        name = call.arguments["name"]
        try:
            uuid.UUID(name)
        except ValueError as error:
            message = f"The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID."
            raise Refusal(400, "InvalidRoleAssignmentId", message) from error
        properties = document(call).get("properties") or {}
        principal, kind = self._principal(properties)
        described = str(properties.get("description") or "")
        created = self._clock.now()
        return Assignment(name, scope, self._role(properties), principal, kind, described, created)

    def _role(self, properties: dict[str, Any]) -> Role:
        text = str(properties.get("roleDefinitionId", ""))
        match = _DEFINITION.fullmatch(text)
        if match is None:
            raise Refusal(400, "InvalidRoleDefinitionId", f"'{text}' is not the id of a role definition.")
        found = role(match[1])
        if found is None:
            message = f"The specified role definition with ID '{match[1]}' does not exist."
            raise Refusal(404, "RoleDefinitionDoesNotExist", message)
        return found

    def _principal(self, properties: dict[str, Any]) -> tuple[str, str]:
        wanted = str(properties.get("principalId", "")).lower()
        found = self._principals.get(wanted)
        if found is None or not self._principals.visible(wanted):
            raise Refusal(
                400,
                "PrincipalNotFound",
                f"Principal {wanted.replace('-', '')} does not exist in the directory {self._door.tenant}. Check that "
                "you have the correct principal ID. If you are creating this principal and then immediately assigning "
                "a role, this error might be related to a replication delay. In this case, set the role assignment "
                "principalType property to a value, such as ServicePrincipal, User, or Group.",
            )
        kind = ROLE_TYPES[found.kind]
        if properties.get("principalType", kind) != kind:
            message = f"The PrincipalId '{wanted}' has type '{kind}', not '{properties['principalType']}'."
            raise Refusal(400, "UnmatchedPrincipalType", message)
        return wanted, kind

    def _delete(self, call: Call) -> Answer:
        scope = self._admit(call, "roleAssignments/delete")
        removed = self._door.access.remove(scope, call.arguments["name"])
        return Answer(200, self._render(removed)) if removed else Answer(204)

    def _render(self, item: Assignment) -> dict[str, Any]:
        prefix = f"/subscriptions/{self._door.subscription}/providers/Microsoft.Authorization"
        return {
            "id": f"{item.scope}/providers/Microsoft.Authorization/roleAssignments/{item.name}",
            "name": item.name,
            "type": "Microsoft.Authorization/roleAssignments",
            "properties": {
                "roleDefinitionId": f"{prefix}/roleDefinitions/{item.role.identifier}",
                "principalId": item.principal,
                "principalType": item.principal_type,
                "scope": item.scope,
                "description": item.description or None,
                "createdOn": stamp(item.created),
                "updatedOn": stamp(item.created),
            },
        }
