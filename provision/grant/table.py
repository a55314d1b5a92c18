"""Operation -> permission -> why, for every identity that takes part. Pure; docs/permissions.md shows this very table.

Sources: "Microsoft Graph permissions reference", "Delegation and roles in entitlement management", "Azure built-in
roles" (whose ids are the same in every tenant). The ids of Graph's permissions are looked up by name when they are
given: not all of them are published.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from provision.environment import Environment, GitHubMapping, SimpleBind

Holder: TypeAlias = Literal["deployer", "runbook", "Logic App", "bind account", "administrator"]
Condition: TypeAlias = Literal[
    "always",
    "with `lifecycle_workflows`",
    "with the bind password in Key Vault",
    "with a token for GitHub in Key Vault",
]

ALWAYS: Final = "always"
LIFECYCLE: Final = "with `lifecycle_workflows`"
VAULT_BIND: Final = "with the bind password in Key Vault"
VAULT_GITHUB: Final = "with a token for GitHub in Key Vault"

TENANT, GROUP, ACCOUNT, SECRET = "tenant", "resource group", "Automation account", "the secret"

AZURE_ROLES: Final = {
    "Logic App Contributor": "87a39d53-fc1b-424a-814c-f7e04687dc9e",
    "Automation Contributor": "f353d9bd-d4a6-484e-a77a-8050b599b867",
    "Role Based Access Control Administrator": "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "Owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "User Access Administrator": "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    "Key Vault Administrator": "00482a5a-887f-4fb3-b363-3b7fe8e74483",
    "Key Vault Secrets Officer": "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
}
"""Built-in roles of Azure by name: those that are given, and wider ones that hold them."""

WIDER: Final = {
    "Logic App Contributor": ("Contributor", "Owner"),
    "Automation Contributor": ("Contributor", "Owner"),
    "Role Based Access Control Administrator": ("User Access Administrator", "Owner"),
    "Key Vault Secrets User": ("Key Vault Secrets Officer", "Key Vault Administrator"),
    "EntitlementManagement.Read.All": ("EntitlementManagement.ReadWrite.All",),
    "User.Read.All": ("User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"),
    "Application.Read.All": ("Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"),
    "LifecycleWorkflows-CustomExt.ReadWrite.All": ("LifecycleWorkflows.ReadWrite.All",),
    "LifecycleWorkflows-Workflow.ReadWrite.All": ("LifecycleWorkflows.ReadWrite.All",),
}
"""Permissions that hold another one."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One operation of `holder`, and the permission that it takes at `scope`.

    `by` is who gives it: "you", or "apply". A permission that serves several operations is in several rows.
    """

    holder: Holder
    operation: str
    permission: str
    scope: str
    why: str
    by: str = "you"
    when: Condition = ALWAYS


TABLE: Final = (
    Grant(
        "deployer",
        "read, write and delete Logic Apps; read their runs and a trigger's address",
        "Logic App Contributor",
        GROUP,
        "one Logic App for each catalog",
    ),
    Grant(
        "deployer",
        "write the runbook, its variables and its schedule; read worker groups; start and read jobs",
        "Automation Contributor",
        ACCOUNT,
        "the uploaded runbook, its settings and mapping; `doctor`, `runs`, `replay`, `reconcile` and `undo`",
    ),
    Grant(
        "deployer",
        "read and assign Azure roles",
        "Role Based Access Control Administrator",
        ACCOUNT,
        "the Logic Apps start jobs, the account's identity reads its variables",
    ),
    Grant(
        "deployer",
        "read and write catalogs, packages, policies, extensions and catalog roles",
        "EntitlementManagement.ReadWrite.All",
        TENANT,
        "binds the stages, gives the callback its role",
    ),
    Grant(
        "deployer",
        "read which permissions identities have (`doctor`)",
        "Application.Read.All",
        TENANT,
        "a job fails without its permissions, and nothing else tells before",
    ),
    Grant(
        "deployer",
        "read, write and delete custom task extensions",
        "LifecycleWorkflows-CustomExt.ReadWrite.All",
        TENANT,
        "the extension that calls the Logic App",
        when=LIFECYCLE,
    ),
    Grant(
        "deployer",
        "read workflows, add and remove the task (`createNewVersion`)",
        "LifecycleWorkflows-Workflow.ReadWrite.All",
        TENANT,
        "the task runs in the workflows that the environment names",
        when=LIFECYCLE,
    ),
    Grant(
        "deployer",
        "read the application id of the Logic App's identity",
        "Application.Read.All",
        TENANT,
        "`authorizedApps` of the extension names who may answer",
        when=LIFECYCLE,
    ),
    Grant(
        "Logic App",
        "start and read jobs",
        "Automation Operator",
        ACCOUNT,
        "it starts the runbook and waits for it; `automation.role: job_operator` takes Automation Job Operator instead",
        "`apply`",
    ),
    Grant(
        "Logic App",
        "answer entitlement management (resume)",
        "Access package assignment manager",
        "the one catalog",
        "the callback",
        "`apply`",
    ),
    Grant(
        "Logic App",
        "answer Lifecycle Workflows (resume)",
        "`authorizedApps` of the custom task extension",
        "the one extension",
        "the callback; no permission of Graph",
        "`apply`",
        LIFECYCLE,
    ),
    Grant(
        "runbook",
        "read a user's assignments",
        "EntitlementManagement.Read.All",
        TENANT,
        "live assignments decide which groups somebody has",
    ),
    Grant(
        "runbook",
        "read a user's `onPremisesSecurityIdentifier`",
        "User.Read.All",
        TENANT,
        "the SID finds the account in AD",
    ),
    Grant(
        "runbook", "read its settings and mapping", "Reader", ACCOUNT, "they are variables of the account", "`apply`"
    ),
    Grant(
        "runbook",
        "read the bind password",
        "Key Vault Secrets User",
        SECRET,
        "no secret is kept anywhere else",
        when=VAULT_BIND,
    ),
    Grant(
        "runbook",
        "read the token for GitHub, where the mapping is",
        "Key Vault Secrets User",
        SECRET,
        "no secret is kept anywhere else",
        when=VAULT_GITHUB,
    ),
    Grant(
        "bind account",
        "add and remove members",
        "write the attribute `member`",
        "each mapped group",
        "the one attribute that the runbook writes",
    ),
    Grant(
        "bind account",
        "read people and groups",
        "read (*Authenticated Users* have it as AD is delivered)",
        "people and mapped groups",
        "`objectSid`, `memberOf`, `primaryGroupID`, `adminCount`",
    ),
    Grant(
        "administrator",
        "look up identities and the names of permissions",
        "Application.Read.All",
        TENANT,
        "`grant` resolves permissions by name and leaves out what is there",
        "yourselves",
    ),
    Grant(
        "administrator",
        "give permissions of Microsoft Graph",
        "AppRoleAssignment.ReadWrite.All, or the Entra role Privileged Role Administrator",
        TENANT,
        "the application permissions above",
        "yourselves",
    ),
    Grant(
        "administrator",
        "assign Azure roles",
        "Role Based Access Control Administrator",
        "resource group, Automation account, each secret",
        "the Azure roles above",
        "yourselves",
    ),
    Grant(
        "administrator",
        "change the access list of the mapped groups",
        "a domain administrator, or an owner of the groups",
        "each mapped group",
        "`dsacls` or `samba-tool dsacl`",
        "yourselves",
    ),
)
"""Every row there can be."""


def needed(environment: Environment) -> tuple[Grant, ...]:
    """The rows that this environment needs."""
    conditions: set[Condition] = {ALWAYS, *secrets(environment)}
    if environment.lifecycle_workflows is not None:
        conditions.add(LIFECYCLE)
    return tuple(grant for grant in TABLE if grant.when in conditions)


def secrets(environment: Environment) -> dict[Condition, str]:
    """The addresses of the Key Vault secrets that the runbook reads, each by the condition of its row."""
    bind, mapping = environment.directory.bind, environment.mapping
    found: dict[Condition, str] = {}
    if isinstance(bind, SimpleBind) and bind.password.key_vault:
        found[VAULT_BIND] = bind.password.key_vault
    if isinstance(mapping, GitHubMapping) and mapping.token and mapping.token.key_vault:
        found[VAULT_GITHUB] = mapping.token.key_vault
    return found
