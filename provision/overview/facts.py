"""What the report was made from: the services' own answers and what a job has told, frozen. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from provision.inventory import Inventory
from provision.sweep_record import Swept
from runbook.mapping import Mapping as GroupMapping


@dataclass(frozen=True, slots=True)
class Package:
    """An access package as Entra has it."""

    id: str
    name: str
    catalog: str
    catalog_name: str


@dataclass(frozen=True, slots=True)
class Assigned:
    """How many assignments of an access package there are: live ones, and those that are over."""

    live: int = 0
    over: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything about one environment.

    `mapping` is the one in its files. `deployed` is the one that the runbook reads, None where only the worker or
    GitHub has it. `packages` are all of the tenant, and `assigned` those of the mapping, by id. `people` has what
    people call users, by object id. `swept` is what a sweep would change; when it is None `unswept` says why.
    """

    now: datetime
    inventory: Inventory
    mapping: GroupMapping
    deployed: GroupMapping | None
    packages: Mapping[str, Package]
    assigned: Mapping[str, Assigned]
    people: Mapping[str, str]
    swept: Swept | None = None
    unswept: str = ""

    @property
    def in_force(self) -> GroupMapping:
        """The mapping that the runbook goes by, as far as that is known."""
        return self.deployed or self.mapping
