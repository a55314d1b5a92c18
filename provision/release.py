"""Whether people keep their AD memberships when an environment is destroyed, and the job that takes them away.

I/O: through the Reader it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal, TypeAlias

from provision.errors import ProvisionError
from provision.inventory import Inventory
from provision.job_output import Ended
from provision.kinds import runbook
from provision.listed_catalogs import Reader, whole
from provision.resource import GraphCollection, Json, Owner
from runbook.mapping import Mapping as GroupMapping

Choice: TypeAlias = Literal["keep", "remove"]

SOURCE: Final = "release"
LIVE: Final = frozenset({"delivering", "partiallydelivered", "delivered"})
"""The states of an assignment that gives access, or is about to."""
TIME: Final = timedelta(hours=2)
"""How long the job may take: it goes through everybody with an assignment."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is at stake: live assignments of mapped access packages, the people who have them, the groups."""

    packages: int
    assignments: int
    people: int
    groups: int

    def __str__(self) -> str:
        return (
            f"{self.assignments} live assignments of {self.packages} mapped access packages, {self.people} people, "
            f"{self.groups} groups"
        )


@dataclass(frozen=True, slots=True)
class Memberships:
    """What became of them; `ended` is the job that took them away."""

    environment: str
    choice: Choice = "keep"
    counts: Counts | None = None
    ended: Ended | None = None

    @property
    def told(self) -> str:
        """For people: one line."""
        if self.ended is None:
            return (
                "AD groups keep their members. To take them away: "
                f"`lockstep apply -e {self.environment}`, then `lockstep destroy --memberships remove -e "
                f"{self.environment}`; or edit the groups in AD."
            )
        return f"AD groups, {self.counts} before: {(self.ended.result or {}).get('detail')}"

    def document(self) -> dict[str, Any]:
        """For scripts."""
        before = self.counts
        counts = {
            "packages": before.packages,
            "assignments": before.assignments,
            "people": before.people,
            "groups": before.groups,
        } if before else None  # fmt: skip
        result = (self.ended.result or {}) if self.ended else {}
        return {
            "choice": self.choice,
            "before": counts,
            "job": self.ended.id if self.ended else None,
            "outcome": result.get("outcome"),
            "detail": result.get("detail"),
            "problems": list(result.get("problems") or ()),
        }


def counts(reader: Reader, mapping: GroupMapping) -> Counts:
    """How many assignments, people and groups the mapping's access packages have now."""
    live = [
        row
        for package in mapping.packages
        for row in whole(reader, _assignments(package.package_id))
        if str(row.get("state") or "").lower() in LIVE
    ]
    people = {_person(row) for row in live}
    groups = {group.comparable for package in mapping.packages for group in package.groups}
    return Counts(len(mapping.packages), len(live), len(people), len(groups))


def agreed(fate: Memberships) -> dict[str, Json]:
    """What the envelope says of the counts that somebody has agreed to; the job refuses when it finds others."""
    return {"people": fate.counts.people, "groups": fate.counts.groups} if fate.counts else {}


def refuse_impossible(found: Inventory, *, narrowed: bool) -> None:
    """Raises: ProvisionError when the job would do more than was asked for, or cannot run."""
    environment = found.environment
    if narrowed:
        raise ProvisionError(
            "--memberships remove cannot be limited to one catalog: a group may be in the packages of several, and the "
            "job takes all of them away. Destroy the catalog with memberships kept, or the whole environment."
        )
    if not any(there.owner is Owner.OURS for there in runbook.found(found)):
        raise ProvisionError(
            f"--memberships remove needs the runbook, and environment {environment.name} has none deployed; nothing "
            "was deleted. If an earlier destroy has taken the memberships away, run it without the option; otherwise "
            f"run `lockstep apply -e {environment.name}` first."
        )


def _assignments(package: str) -> GraphCollection:
    return GraphCollection("assignments", filter=f"accessPackage/id eq '{package}'", expand="target")


def _person(row: Mapping[str, Json]) -> str:
    """Counted as the job counts: somebody who is not a user of Entra yet is one for each assignment."""
    return str((row.get("target") or {}).get("objectId") or row["id"]).lower()
