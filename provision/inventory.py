"""What was read about one environment before anything is decided: the services' own answers, frozen. No I/O.

An inventory is only made when every read of it arrived whole (`provision/reading.py`): an empty tuple means that there
is nothing, never that nobody answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from provision.environment import Environment
from provision.resource import Json

Answers: TypeAlias = tuple[Mapping[str, Json], ...]


@dataclass(frozen=True, slots=True)
class CatalogInventory:
    """A catalog of entitlement management that the environment lists or that a Logic App of ours is tagged with.

    `name` is empty when the catalog does not exist any more; then everything else is empty too. `packages` are display
    names by id. `policies` come with their access package and stage settings.
    """

    id: str
    name: str
    listed: bool
    packages: Mapping[str, str]
    policies: Answers
    extensions: Answers


@dataclass(frozen=True, slots=True)
class LifecycleInventory:
    """What Lifecycle Workflows holds.

    `matches` has, for every workflow that the environment lists, the ids of the workflows that go by that name or id.
    `extensions` are all custom task extensions of the tenant; `workflows` those that the environment lists and, once
    there is an extension of ours, all others too, each with its tasks.
    """

    matches: Mapping[str, tuple[str, ...]]
    extensions: Answers
    workflows: Answers


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything that a plan for `environment` is decided on.

    `matches` holds, for every catalog that the environment lists, the ids of the catalogs that go by that name or id.
    `account` is None when the Automation account does not exist, `workers` when the hybrid worker group does not.
    `neighbours` are other environments with a runbook in the account. `workflows` are the Logic Apps with our tags,
    and those that bear a name which ours would have; `wished` tells for such a name, in lower case, how it is written
    and the id of its catalog, or LIFECYCLE. `lifecycle` is None when Lifecycle Workflows was not asked, because the
    environment leaves it alone and nothing says that it once did not. `schedules` holds the schedule of the nightly
    sweep, whoever made it, and `job_schedules` what starts by it, each whole.
    """

    environment: Environment
    account: Mapping[str, Json] | None
    workers: Answers | None
    runbooks: Answers
    neighbours: tuple[str, ...]
    contents: Mapping[str, str]
    variables: Answers
    role_assignments: Answers
    workflows: Answers
    wished: Mapping[str, tuple[str, str]]
    catalogs: tuple[CatalogInventory, ...]
    catalog_roles: Answers
    matches: Mapping[str, tuple[str, ...]]
    lifecycle: LifecycleInventory | None = None
    schedules: Answers = ()
    job_schedules: Answers = ()
