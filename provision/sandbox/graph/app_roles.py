"""Microsoft Graph's own service principal: the application permissions it declares, as far as anybody here needs them.

Values and ids follow Microsoft's permissions reference; the ids are the same in every tenant. The service principal's
object id is not: each tenant has its own.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from provision.sandbox import seed
from provision.sandbox.graph.tenant import Entity

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
GRAPH_OBJECT_ID = str(uuid.uuid5(uuid.UUID(seed.TENANT), GRAPH_APP_ID))
GRAPH_NAME = "Microsoft Graph"


@dataclass(frozen=True, slots=True)
class AppRole:
    """One application permission; `value` is what tokens carry in `roles`."""

    value: str
    identifier: str

    def shown(self) -> dict[str, Any]:
        """As Graph shows it."""
        return {
            "allowedMemberTypes": ["Application"],
            "description": f"Allows the app to use {self.value} without a signed-in user.",
            "displayName": self.value,
            "id": self.identifier,
            "isEnabled": True,
            "origin": "Application",
            "value": self.value,
        }


APP_ROLES = (
    AppRole("EntitlementManagement.Read.All", "c74fd47d-ed3c-45c3-9a9e-b8676de685d2"),
    AppRole("EntitlementManagement.ReadWrite.All", "9acd699f-1e81-4958-b001-93b1d2506e19"),
    AppRole("User.Read.All", "df021288-bdef-4463-88db-98f22de89214"),
    AppRole("User.ReadBasic.All", "97235f07-e226-4f63-ace3-39588e11d3a1"),
    AppRole("User.ReadWrite.All", "741f803b-c850-494e-b5df-cde7c675a1ca"),
    AppRole("LifecycleWorkflows.Read.All", "7c67316a-232a-4b84-be22-cea2c0906404"),
    AppRole("LifecycleWorkflows.ReadWrite.All", "5c505cf4-8424-4b8e-aa14-ee06e3bb23e3"),
    AppRole("LifecycleWorkflows-CustomExt.Read.All", "2cb19e7d-9012-40bf-9a22-69fc776af8b0"),
    AppRole("LifecycleWorkflows-CustomExt.ReadWrite.All", "3351c766-bacc-4d93-94fa-f2c8b1986ee7"),
    AppRole("LifecycleWorkflows-Workflow.ReadBasic.All", "021ea6db-c06b-45c6-8c9c-c1cd9a37a483"),
    AppRole("LifecycleWorkflows-Workflow.Read.All", "03b0ad3e-fc2b-4ef1-b0ff-252e865cb608"),
    AppRole("LifecycleWorkflows-Workflow.ReadWrite.All", "94c88098-1d9d-4c42-a356-4d5a95312554"),
    AppRole("LifecycleWorkflows-Workflow.Activate", "3a87a643-13d2-47aa-8d6a-b0a8377cb03b"),
    AppRole("Application.Read.All", "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30"),
    AppRole("Application.ReadWrite.All", "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9"),
    AppRole("AppRoleAssignment.ReadWrite.All", "06b708a9-e830-4db3-a914-8e69da51d44f"),
    AppRole("Directory.Read.All", "7ab1d382-f21e-4acd-a863-ba3e13f7da61"),
    AppRole("Directory.ReadWrite.All", "19dbc75e-c2e2-444c-a770-ec69d8559fc7"),
    AppRole("RoleManagement.ReadWrite.Directory", "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8"),
)


def app_role(identifier: str) -> AppRole | None:
    """The application permission with this id."""
    return next((found for found in APP_ROLES if found.identifier == identifier.lower()), None)


def graph_itself() -> Entity:
    """Microsoft Graph as a row of `servicePrincipals`."""
    values = {
        "accountEnabled": True,
        "appId": GRAPH_APP_ID,
        "appRoles": [role.shown() for role in APP_ROLES],
        "displayName": GRAPH_NAME,
        "servicePrincipalType": "Application",
    }
    return Entity("servicePrincipal", GRAPH_OBJECT_ID, 1, values)
