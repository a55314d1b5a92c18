"""Who may do what: application permissions in the token, or a role on the catalog.

The permissions are those of Microsoft's permissions reference; the roles those of entitlement management, whose
built-in definitions have the same ids in every tenant.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from provision.sandbox.graph.tenant import Tenant
from provision.sandbox.service import Call, Refusal
from provision.sandbox.tokens import GRAPH, Caller, TokenAuthority

CATALOG_OWNER = "ae79f266-94d4-4dab-b730-feca7e132178"
CATALOG_READER = "44272f93-9762-48e8-af59-1b5351b1d6b3"
PACKAGE_MANAGER = "7f480852-ebdc-47d4-87de-0d8498384a83"
ASSIGNMENT_MANAGER = "e2182095-804a-4656-ae11-64734e9b7ae5"
CATALOG_CREATOR = "ba92d953-d8e0-4e39-a797-0cbedb0a89e8"

READ_ALL = "EntitlementManagement.Read.All"
WRITE_ALL = "EntitlementManagement.ReadWrite.All"


@dataclass(frozen=True, slots=True)
class Demand:
    """One of these application permissions, or one of these roles on the catalog concerned."""

    permissions: frozenset[str]
    roles: frozenset[str] = frozenset()


READ = Demand(
    frozenset({READ_ALL, WRITE_ALL}),
    frozenset({CATALOG_OWNER, CATALOG_READER, PACKAGE_MANAGER, ASSIGNMENT_MANAGER}),
)
WRITE_EXTENSIONS = Demand(frozenset({WRITE_ALL}), frozenset({CATALOG_OWNER}))
WRITE_POLICIES = Demand(frozenset({WRITE_ALL}), frozenset({CATALOG_OWNER, PACKAGE_MANAGER}))
WRITE_ROLES = Demand(frozenset({WRITE_ALL}), frozenset({CATALOG_OWNER}))
WRITE_REQUESTS = Demand(frozenset({WRITE_ALL}), frozenset({CATALOG_OWNER, PACKAGE_MANAGER, ASSIGNMENT_MANAGER}))
RESUME = Demand(frozenset({WRITE_ALL}), frozenset({ASSIGNMENT_MANAGER}))
READ_PRINCIPALS = Demand(
    frozenset({"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"})
)
ASSIGN_APP_ROLES = Demand(frozenset({"AppRoleAssignment.ReadWrite.All"}))
READ_USERS = Demand(frozenset({"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}))
READ_USERS_BASIC = Demand(READ_USERS.permissions | {"User.ReadBasic.All"})


def scope_of(catalog: str) -> str:
    """The `appScopeId` of a role on one catalog."""
    return f"/AccessPackageCatalog/{catalog}"


class Gate:
    """Checks tokens and demands."""

    def __init__(self, authority: TokenAuthority, tenant: Tenant) -> None:
        self._authority = authority
        self._tenant = tenant

    def admit(self, call: Call, demand: Demand, catalog: str | None = None) -> Caller:
        """Who calls, when the demand is met; roles count only where the `catalog` concerned is known.

        Raises:
            Refusal: 401 without a valid token, 403 without the right.
        """
        caller = self._authority.caller(call, GRAPH)
        if demand.permissions & caller.roles or (catalog and self._holds(caller, demand.roles, catalog)):
            return caller
        message = "Insufficient privileges to complete the operation."
        raise Refusal(403, "Authorization_RequestDenied", message)

    def _holds(self, caller: Caller, roles: Iterable[str], catalog: str) -> bool:
        wanted, scope = set(roles), scope_of(catalog).lower()
        return any(
            row.values["principalId"].lower() == caller.object_id.lower()
            and row.values["roleDefinitionId"] in wanted
            and str(row.values.get("appScopeId") or "").lower() == scope
            for row in self._tenant.rows("unifiedRoleAssignment")
        )
