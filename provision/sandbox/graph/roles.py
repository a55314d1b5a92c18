"""`roleManagement/entitlementManagement`: the roles of entitlement management and who holds them on which catalog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provision.sandbox.graph import bodies
from provision.sandbox.graph.answers import Answers
from provision.sandbox.graph.odata import options_of, shape_of
from provision.sandbox.graph.permissions import (
    ASSIGNMENT_MANAGER,
    CATALOG_CREATOR,
    CATALOG_OWNER,
    CATALOG_READER,
    PACKAGE_MANAGER,
    READ,
    WRITE_ROLES,
    Gate,
    scope_of,
)
from provision.sandbox.graph.settings import GraphSettings
from provision.sandbox.graph.tenant import Tenant
from provision.sandbox.principals import Principals
from provision.sandbox.service import Answer, Call, Refusal, Route

ROLE = "unifiedRoleDefinition"
ROLE_ASSIGNMENT = "unifiedRoleAssignment"
DEFINITIONS: Mapping[str, str] = {
    CATALOG_OWNER: "Catalog owner",
    CATALOG_READER: "Catalog reader",
    PACKAGE_MANAGER: "Access package manager",
    ASSIGNMENT_MANAGER: "Access package assignment manager",
    CATALOG_CREATOR: "Catalog creator",
}
_BASE = "/v1.0/roleManagement/entitlementManagement"
_FILTERS = {"principalId": "eq", "roleDefinitionId": "eq"}


def seed_definitions(tenant: Tenant) -> None:
    """Put the built-in roles into a tenant."""
    for key, name in DEFINITIONS.items():
        fixed = {"isBuiltIn": True, "isEnabled": True, "templateId": key, "version": "1.0", "description": name}
        tenant.add(ROLE, {"displayName": name, **fixed, "resourceScopes": ["/"], "rolePermissions": []}, key=key)


class Roles:
    """Role definitions and role assignments."""

    def __init__(
        self, tenant: Tenant, gate: Gate, answers: Answers, principals: Principals, settings: GraphSettings
    ) -> None:
        self._tenant = tenant
        self._gate = gate
        self._answers = answers
        self._principals = principals
        self._settings = settings

    def routes(self) -> Sequence[Route]:
        """Reading definitions; list, get, create and delete of assignments."""
        return (
            Route("GET", f"{_BASE}/roleDefinitions", self._definitions),
            Route("GET", f"{_BASE}/roleDefinitions/{{role}}", self._definition),
            Route("GET", f"{_BASE}/roleAssignments", self._list),
            Route("POST", f"{_BASE}/roleAssignments", self._create),
            Route("GET", f"{_BASE}/roleAssignments/{{assignment}}", self._get),
            Route("DELETE", f"{_BASE}/roleAssignments/{{assignment}}", self._delete),
        )

    def _definitions(self, call: Call) -> Answer:
        self._gate.admit(call, READ)
        return self._answers.many(call, self._tenant.rows(ROLE), options_of(call, ROLE, {"displayName": "eq"}))

    def _definition(self, call: Call) -> Answer:
        self._gate.admit(call, READ)
        found = self._tenant.require(ROLE, call.arguments["role"])
        return self._answers.one(call, found, shape_of(call, ROLE))

    def _list(self, call: Call) -> Answer:
        self._gate.admit(call, READ)
        options = options_of(call, ROLE_ASSIGNMENT, _FILTERS)
        return self._answers.many(call, self._tenant.rows(ROLE_ASSIGNMENT), options)

    def _get(self, call: Call) -> Answer:
        self._gate.admit(call, READ)
        found = self._tenant.require(ROLE_ASSIGNMENT, call.arguments["assignment"])
        return self._answers.one(call, found, shape_of(call, ROLE_ASSIGNMENT))

    def _create(self, call: Call) -> Answer:
        body = bodies.read(call, ROLE_ASSIGNMENT)
        catalog = _catalog_of(body.get("appScopeId"))
        self._gate.admit(call, WRITE_ROLES, catalog)
        values = self._checked(body, catalog)
        with self._tenant.changed:
            if any(_same(row.values, values) for row in self._tenant.rows(ROLE_ASSIGNMENT)):
                message = "A role assignment with these properties already exists."
                raise Refusal(400, "RoleAssignmentExists", message)
            made = self._tenant.add(ROLE_ASSIGNMENT, values, {"roleDefinition": values["roleDefinitionId"]})
        return self._answers.one(call, made, status=201)

    def _checked(self, body: Mapping[str, Any], catalog: str | None) -> dict[str, Any]:
        for name in ("principalId", "roleDefinitionId", "appScopeId"):
            if not body.get(name):
                raise Refusal(400, "BadRequest", f"{name} is required.")
        if body.get("directoryScopeId") not in {None, "/"}:
            raise Refusal(400, "BadRequest", "A role of entitlement management has no directoryScopeId other than '/'.")
        if self._tenant.get(ROLE, body["roleDefinitionId"]) is None:
            raise Refusal(400, "BadRequest", f"The role definition '{body['roleDefinitionId']}' does not exist.")
        if catalog is None or self._tenant.get("accessPackageCatalog", catalog) is None:
            message = f"appScopeId '{body['appScopeId']}' does not name a catalog as {scope_of('{id}')}."
            raise Refusal(400, "BadRequest", message)
        self._check_principal(body["principalId"])
        return {
            "principalId": body["principalId"],
            "roleDefinitionId": body["roleDefinitionId"],
            "appScopeId": body["appScopeId"],
            "directoryScopeId": None,
        }

    def _check_principal(self, key: str) -> None:
        if self._tenant.get("user", key) is None and not self._principals.visible(key):
            message = f"The principal with id '{key}' was not found."
            raise Refusal(self._settings.missing_principal_status, "ResourceNotFound", message)

    def _delete(self, call: Call) -> Answer:
        found = self._tenant.get(ROLE_ASSIGNMENT, call.arguments["assignment"])
        self._gate.admit(call, WRITE_ROLES, _catalog_of(found.values["appScopeId"]) if found else None)
        self._tenant.remove(self._tenant.require(ROLE_ASSIGNMENT, call.arguments["assignment"]))
        return Answer(204)


def _catalog_of(scope: str | None) -> str | None:
    prefix = scope_of("")
    return scope[len(prefix) :] if scope and scope.startswith(prefix) and len(scope) > len(prefix) else None


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    names = ("principalId", "roleDefinitionId", "appScopeId")
    return all(str(one[name]).lower() == str(other[name]).lower() for name in names)
