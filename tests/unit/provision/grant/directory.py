"""A tenant with service principals and role assignments, as far as `grant` reads and writes them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from provision.errors import ProvisionError, ServiceRefusal
from provision.resource import ArmCollection, ArmTarget, GraphCollection, GraphTarget, Json, Request, Target
from tests.fakes import ACCOUNT, ACCOUNT_PRINCIPAL, GROUP

GRAPH = "99999999-0000-4000-8000-000000000001"
DEPLOYER = "44444444-4444-4444-8444-444444444445"
DEPLOYER_APP = "44444444-4444-4444-8444-444444444444"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-identity"
PERMISSIONS = (
    "EntitlementManagement.Read.All",
    "EntitlementManagement.ReadWrite.All",
    "User.Read.All",
    "Directory.Read.All",
    "Application.Read.All",
    "LifecycleWorkflows.ReadWrite.All",
    "LifecycleWorkflows-CustomExt.ReadWrite.All",
    "LifecycleWorkflows-Workflow.ReadWrite.All",
)


def permission(name: str) -> str:
    """Its id in this tenant."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


class Tenant:
    """A Reader and a Writer. `closed` are parts of targets that may not be read, `refusals` answers to writes."""

    def __init__(self) -> None:
        self.account: dict[str, Any] | None = {"identity": {"principalId": ACCOUNT_PRINCIPAL}}
        self.applications = {DEPLOYER_APP: DEPLOYER}
        self.held: dict[str, set[str]] = {DEPLOYER: set(), ACCOUNT_PRINCIPAL: set()}
        self.roles: set[tuple[str, str, str]] = set()
        """Scope in lower case, role id, principal."""
        self.vaults = [{"id": VAULT, "name": "kv-identity"}]
        self.permissions = list(PERMISSIONS)
        self.closed: list[str] = []
        self.refusals: dict[str, ProvisionError] = {}
        self.writes: list[Request] = []

    def read(self, target: Target) -> Json:
        """See `provision.listed_catalogs.Reader`."""
        for part in self.closed:
            if part in str(target):
                raise ServiceRefusal(f"No permission for {part}", 403, "Forbidden")
        if isinstance(target, ArmTarget):
            assert target.id == ACCOUNT
            return self.account
        if isinstance(target, ArmCollection):
            return self._arm(target)
        if isinstance(target, GraphTarget):
            found = [principal for principal in self.held if principal == target.keys[0]]
            return {"id": found[0]} if found else None
        assert isinstance(target, GraphCollection)
        if target.noun == "app roles":
            rows = [{"resourceId": GRAPH.upper(), "appRoleId": permission(name)} for name in self.held[target.keys[0]]]
            return [*rows, {"resourceId": DEPLOYER, "appRoleId": permission("User.Read.All")}]
        return self._principals(target.filter)

    def send(self, request: Request, tell: Callable[[str], None]) -> Json:
        """See `provision.apply.Writer`."""
        tell("sending")
        for part, refusal in self.refusals.items():
            if part in str(request):
                raise refusal
        self.writes.append(request)
        return {}

    def _arm(self, target: ArmCollection) -> Json:
        if target.id.endswith("/resources"):
            return self.vaults
        scope, principal = target.id.split("/providers/Microsoft.Authorization")[0].lower(), target.filter.split("'")[1]
        return [
            {"properties": {"roleDefinitionId": f"/subscriptions/x/providers/y/roleDefinitions/{role}"}}
            for where, role, who in self.roles
            if who == principal and scope.startswith(where)
        ]

    def _principals(self, query: str) -> Json:
        wanted = query.split("'")[1]
        if wanted == "00000003-0000-0000-c000-000000000000":
            roles = [
                {"id": permission(name).upper(), "value": name, "allowedMemberTypes": ["Application"]}
                for name in self.permissions
            ]
            delegated = {"id": GRAPH, "value": "User.Read.All", "allowedMemberTypes": ["User"]}
            return [{"id": GRAPH, "appId": wanted, "appRoles": [*roles, delegated]}]
        return [{"id": self.applications[wanted], "appId": wanted}] if wanted in self.applications else []
