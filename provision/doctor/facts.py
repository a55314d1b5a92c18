"""What the doctor knows before it judges: what was read, and what could not be read and why. Frozen, no I/O."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from provision.environment import Environment
from provision.inventory import Answers, Inventory
from provision.job_output import Ended
from provision.mapping_source import MappingText
from provision.plan import Plan
from provision.resource import Json, Resource
from runbook.mapping import Mapping as MappedPackages

SIGN_IN: Final = "sign-in"
MAPPING: Final = "mapping"
PLAN: Final = "plan"
DATE: Final = "date"
ACCOUNT: Final = "Automation account"
WORKERS: Final = "hybrid workers"
RUNBOOKS: Final = "runbooks"
CONTENT: Final = "runbook content"
VARIABLES: Final = "variables"
SCHEDULES: Final = "schedules"
JOBS: Final = "jobs"
WORKFLOWS: Final = "Logic Apps"
AZURE_ROLES: Final = "role assignments"
PERMISSIONS: Final = "permissions"


@dataclass(frozen=True, slots=True)
class Unread:
    """Why something was not read, as a message; `denied` when the service said that the permission is missing."""

    reason: str
    denied: bool = False


@dataclass(frozen=True, slots=True)
class LastSweep:
    """The scheduled sweep that should have begun at `due`; `job` is None when there is no such job."""

    due: datetime
    job: Ended | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the checks are decided on.

    `unread` holds what could not be read, by the names above or by the noun of Graph; what depends on one of them must
    not be judged, although the inventory shows it as absent. `seen` are the sources that were read whole. `reference`
    is how the environment was called on the command line, `now` the services' own time where they told it, `skew` how
    far this machine's clock is ahead of it. `claims` are those of our own token for Graph. `permissions` are what
    Azure lets us do, by scope (one that does not exist is left out). `graph` is Graph's own service principal,
    `app_roles` what the Automation account's identity holds there, `catalog_roles` what we hold on catalogs (read only
    where the token lacks permissions). `wanted` is what should be there, and `plan` the way to it. `asks_worker`: a
    job on the worker will be asked, too. `last_sweep` is None when none was due yet.
    """

    environment: Environment
    reference: str
    now: datetime
    unread: Mapping[str, Unread]
    seen: frozenset[str]
    skew: timedelta | None
    claims: Mapping[str, Json]
    permissions: Mapping[str, Answers]
    graph: Mapping[str, Json] | None
    app_roles: Answers
    catalog_roles: Answers
    source: MappingText | None
    mapping: MappedPackages | None
    inventory: Inventory | None
    wanted: tuple[Resource, ...]
    plan: Plan | None
    asks_worker: bool = False
    last_sweep: LastSweep | None = None

    def blocked(self, *sources: str) -> str:
        """Why what depends on these sources cannot be judged; empty when it can."""
        return next((self.unread[source].reason for source in sources if source in self.unread), "")

    def command(self, words: str) -> str:
        """`lockstep WORDS` for this environment, to be pasted."""
        return f"`lockstep {words} -e {shlex.quote(self.reference)}`"

    @property
    def apply(self) -> str:
        """The remedy for everything that Lockstep itself makes."""
        return f"{self.command('apply')} makes it so."
