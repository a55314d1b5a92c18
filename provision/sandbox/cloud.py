"""Azure as the sandbox has it: one subscription with one resource group, wired together from its services."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from provision.sandbox import seed
from provision.sandbox.arm.access import Access
from provision.sandbox.arm.assignments import RoleAssignments
from provision.sandbox.arm.definitions import RoleDefinitions
from provision.sandbox.arm.door import Door
from provision.sandbox.arm.groups import ResourceGroups
from provision.sandbox.arm.permissions import Permissions
from provision.sandbox.arm.roles import CONTRIBUTOR, OWNER, RBAC_ADMINISTRATOR
from provision.sandbox.arm.runs import History, WorkflowRuns
from provision.sandbox.arm.workflows import Host, Workflows
from provision.sandbox.automation.account import Account
from provision.sandbox.automation.content import RunbookContent
from provision.sandbox.automation.job_schedules import JobSchedules
from provision.sandbox.automation.job_store import JobStore
from provision.sandbox.automation.jobs import Jobs
from provision.sandbox.automation.runbook_store import RunbookStore
from provision.sandbox.automation.runbooks import Runbooks
from provision.sandbox.automation.schedule_store import ScheduleStore
from provision.sandbox.automation.scheduler import Scheduler
from provision.sandbox.automation.schedules import Schedules
from provision.sandbox.automation.variables import Variables
from provision.sandbox.automation.worker import Site, Worker
from provision.sandbox.clock import Clock
from provision.sandbox.github import GitHub, RepositoryFile
from provision.sandbox.journal import Journal
from provision.sandbox.key_vault import KeyVault
from provision.sandbox.login import Login
from provision.sandbox.managed_identity import ManagedIdentity
from provision.sandbox.multitude import mapping_text
from provision.sandbox.principals import Principals
from provision.sandbox.service import Service
from provision.sandbox.tokens import TokenAuthority

HIDDEN_LOOKUPS = 2
"""How often a new principal is not found: enough that a client which does not retry fails."""
REPOSITORY = "contoso/identity"


class LogicApps(Host, History, Protocol):
    """What the cloud needs of the host that runs the Logic Apps."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is there before the cloud: time, the tenant's tokens and principals, the host, the journal, files.

    `folder` is where jobs work, `base` the sandbox's address once it is known, `vault` the secrets in Key Vault,
    `client_secret` that of the deployer, `catalogs` those whose mapping its GitHub holds.
    """

    clock: Clock
    authority: TokenAuthority
    principals: Principals
    journal: Journal
    host: LogicApps
    folder: Path
    ca_file: Path
    base: Callable[[], str]
    pythons: Mapping[str, str] = field(default_factory=dict)
    vault: Mapping[str, str] = field(default_factory=dict)
    client_secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    catalogs: Sequence[seed.SeedCatalog] = seed.CATALOGS


DEPLOYER_ROLES = (
    *("EntitlementManagement.ReadWrite.All", "Application.Read.All", "User.Read.All"),
    *("LifecycleWorkflows-CustomExt.ReadWrite.All", "LifecycleWorkflows-Workflow.ReadWrite.All"),
)
"""Microsoft Graph application permissions of the application that runs `lockstep`."""
RUNBOOK_ROLES = ("EntitlementManagement.Read.All", "User.Read.All")
"""Microsoft Graph application permissions of the Automation account's identity."""

ADMINISTRATOR_ROLES = ("AppRoleAssignment.ReadWrite.All", "Application.Read.All")
"""Microsoft Graph application permissions of the application that gives permissions to the others."""


class Cloud:
    """All services of Azure that the sandbox emulates; `worker` runs jobs once it is started."""

    def __init__(self, around: Surroundings) -> None:
        self.access = Access()
        self.door = Door(around.authority, self.access, seed.SUBSCRIPTION, seed.RESOURCE_GROUP)
        principals = around.principals
        self.deployer = principals.add(
            "lockstep-deployer", "application", DEPLOYER_ROLES, seed.DEPLOYER_OBJECT_ID, seed.DEPLOYER_APP_ID
        )
        self.administrator = principals.add(
            "lockstep-administrator",
            "application",
            ADMINISTRATOR_ROLES,
            seed.ADMINISTRATOR_OBJECT_ID,
            seed.ADMINISTRATOR_APP_ID,
        )
        identity = principals.add(seed.AUTOMATION_ACCOUNT, "managedIdentity", RUNBOOK_ROLES, seed.AUTOMATION_OBJECT_ID)
        principals.hidden_lookups = HIDDEN_LOOKUPS
        self.account = Account(self.door, seed.AUTOMATION_ACCOUNT, seed.LOCATION, identity, around.clock)
        self.account.add_group(seed.WORKER_GROUP)
        for role in (CONTRIBUTOR, RBAC_ADMINISTRATOR):
            self.access.seed(self.door.group_id, role, self.deployer.object_id, around.clock.now())
        self.access.seed(self.door.group_id, OWNER, self.administrator.object_id, around.clock.now())
        self.runbooks = RunbookStore()
        self.jobs = JobStore(around.clock)
        self.variables = Variables(self.account)
        self.job_service = Jobs(self.account, self.jobs, self.runbooks)
        self.schedules = ScheduleStore(self.runbooks)
        self.schedule_service = Schedules(self.account, self.schedules)
        self.scheduler = Scheduler(self.schedules, self.jobs, around.clock)
        self.workflows = Workflows(self.door, around.host, principals, around.clock)
        self.github = GitHub([RepositoryFile(REPOSITORY, "mapping.json", mapping_text(around.catalogs).encode())])
        self.managed_identity = ManagedIdentity(
            around.authority, principals, identity.object_id, lambda: self.account.resource_id
        )
        site = Site(around.folder, around.ca_file, around.base, self.managed_identity, around.pythons)
        self.worker = Worker(self.account, self.jobs, self.runbooks, site, around.journal, self.scheduler.start_due)
        self._services = self._wire(around)

    def services(self) -> Sequence[Service]:
        """Every service, for the dispatcher."""
        return self._services

    def exists(self, scope: str) -> bool:
        """Whether a role can be assigned at this scope."""
        known = (f"/subscriptions/{seed.SUBSCRIPTION}", self.door.group_id, self.account.resource_id)
        return scope.lower() in {item.lower() for item in known} or self.workflows.exists(scope)

    def _wire(self, around: Surroundings) -> tuple[Service, ...]:
        runbooks = Runbooks(self.account, self.runbooks)
        return (
            RoleAssignments(self.door, around.principals, around.clock, self.exists),
            RoleDefinitions(self.door),
            Permissions(self.door, self.exists),
            ResourceGroups(self.door, seed.LOCATION),
            self.workflows,
            WorkflowRuns(self.door, self.workflows, around.host),
            self.account,
            runbooks,
            RunbookContent(self.account, runbooks, self.runbooks),
            self.variables,
            self.job_service,
            self.schedule_service,
            JobSchedules(self.account, self.schedules, self.runbooks),
            KeyVault(around.authority, around.vault, self.account.identity.object_id),
            self.github,
            self.managed_identity,
            Login(around.authority, around.principals, {self.deployer.app_id: around.client_secret}),
        )
