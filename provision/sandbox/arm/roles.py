"""Azure's built-in roles, as far as anybody in the sandbox holds or asks for them.

Source: "Azure built-in roles" (ids and actions); a permission matches an action with `*` as a wildcard.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_JOBS = tuple(
    f"Microsoft.Automation/automationAccounts/jobs/{rest}"
    for rest in ("read", "write", "resume/action", "stop/action", "suspend/action", "streams/read", "output/read")
)
_COMMON = (
    "Microsoft.Authorization/*/read",
    "Microsoft.Insights/alertRules/*",
    "Microsoft.Resources/deployments/*",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Support/*",
)
_ACCOUNT = "Microsoft.Automation/automationAccounts"


@dataclass(frozen=True, slots=True)
class Role:
    """One role definition; `identifier` is its GUID."""

    identifier: str
    name: str
    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()

    def allows(self, action: str) -> bool:
        """Whether the role grants `action` (`Microsoft.Logic/workflows/write`), whatever its case."""
        return _any(self.actions, action) and not _any(self.not_actions, action)


def _any(patterns: tuple[str, ...], action: str) -> bool:
    return any(
        re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), action, re.IGNORECASE)
        for pattern in patterns
    )


OWNER = Role("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", ("*",))
CONTRIBUTOR = Role(
    "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Contributor",
    ("*",),
    ("Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write", "Microsoft.Authorization/elevateAccess/*"),
)
READER = Role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", ("*/read",))
RBAC_ADMINISTRATOR = Role(
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
    "Role Based Access Control Administrator",
    (
        "Microsoft.Authorization/roleAssignments/write",
        "Microsoft.Authorization/roleAssignments/delete",
        "*/read",
        "Microsoft.Support/*",
    ),
)
ROLES = (
    OWNER,
    CONTRIBUTOR,
    READER,
    RBAC_ADMINISTRATOR,
    Role(
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        "User Access Administrator",
        ("*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"),
    ),
    Role(
        "4fe576fe-1146-4730-92eb-48519fa6bf9f",
        "Automation Job Operator",
        (*_COMMON, f"{_ACCOUNT}/hybridRunbookWorkerGroups/read", *_JOBS),
    ),
    Role(
        "5fb5aef8-1081-4b8e-bb16-9d5d0385bab5", "Automation Runbook Operator", (*_COMMON, f"{_ACCOUNT}/runbooks/read")
    ),
    Role(
        "d3881f73-407a-4167-8283-e981cbba0404",
        "Automation Operator",
        (
            *_COMMON,
            f"{_ACCOUNT}/hybridRunbookWorkerGroups/read",
            *_JOBS,
            f"{_ACCOUNT}/jobSchedules/read",
            f"{_ACCOUNT}/jobSchedules/write",
            f"{_ACCOUNT}/linkedWorkspace/read",
            f"{_ACCOUNT}/read",
            f"{_ACCOUNT}/runbooks/read",
            f"{_ACCOUNT}/schedules/read",
            f"{_ACCOUNT}/schedules/write",
        ),
    ),
    Role("f353d9bd-d4a6-484e-a77a-8050b599b867", "Automation Contributor", (*_COMMON, f"{_ACCOUNT}/*")),
    Role(
        "87a39d53-fc1b-424a-814c-f7e04687dc9e",
        "Logic App Contributor",
        (*_COMMON, "Microsoft.Logic/*", "Microsoft.Web/connections/*", "Microsoft.Resources/subscriptions/*/read"),
    ),
    Role(
        "515c2055-d9d4-4321-b1b9-bd0c9a0f79fe",
        "Logic App Operator",
        (
            *_COMMON,
            "Microsoft.Logic/*/read",
            "Microsoft.Logic/workflows/enable/action",
            "Microsoft.Logic/workflows/disable/action",
            "Microsoft.Logic/workflows/validate/action",
        ),
    ),
)


def role(identifier: str) -> Role | None:
    """The role with this GUID."""
    return next((found for found in ROLES if found.identifier == identifier.lower()), None)
