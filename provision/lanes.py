"""A plan's changes as lanes that do not touch each other: one for each catalog, and the environment's own around them.

Pure. What serves the whole environment is made before the catalogs' changes and deleted after them; within a lane the
order of the plan stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from provision.change import Change
from provision.plan import Plan
from provision.reference import unresolved
from provision.resource import LIFECYCLE, ArmCollection, GraphCollection, Target

ENVIRONMENT = "environment"
LIFECYCLE_NAME = "Lifecycle Workflows"


@dataclass(frozen=True, slots=True)
class Lane:
    """Changes that are made one after the other; `name` is the catalog's, for people."""

    name: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Lanes:
    """`before` the catalogs, the `catalogs` side by side, `after` all of them."""

    before: Lane
    catalogs: tuple[Lane, ...]
    after: Lane

    def every(self) -> Iterator[Lane]:
        """All lanes that have something to do."""
        yield from (lane for lane in (self.before, *self.catalogs, self.after) if lane.changes)


def lanes(plan: Plan) -> Lanes:
    """The lanes of a plan.

    Raises:
        AssertionError: two lanes would write the same object, or one needs what another one makes.
    """
    own = [change for change in plan.changes if not change.resource.address.catalog]
    grouped: dict[str, list[Change]] = {}
    for change in plan.changes:
        if change.resource.address.catalog:
            grouped.setdefault(change.resource.address.catalog, []).append(change)
    made = Lanes(
        Lane(ENVIRONMENT, tuple(change for change in own if change.action != "delete")),
        tuple(Lane(name_of(plan.names, catalog), tuple(changes)) for catalog, changes in grouped.items()),
        Lane(ENVIRONMENT, tuple(change for change in own if change.action == "delete")),
    )
    _refuse_shared(made.catalogs)
    _refuse_references(plan.changes)
    return made


def name_of(names: Mapping[str, str], catalog: str) -> str:
    """What people call this `Address.catalog`."""
    return LIFECYCLE_NAME if catalog == LIFECYCLE else names.get(catalog) or catalog


def _refuse_shared(catalogs: Sequence[Lane]) -> None:
    """An assignment policy is written whole: two writers would undo each other."""
    writers: dict[Target, str] = {}
    for lane in catalogs:
        for change in lane.changes:
            target = change.target
            collection = isinstance(target, ArmCollection | GraphCollection)  # each change adds one of its own there
            if not collection and writers.setdefault(target, lane.name) != lane.name:
                raise AssertionError(f"{change} would be made beside another change of the same thing")


def _refuse_references(changes: Sequence[Change]) -> None:
    for change in changes:
        own = change.resource.address.catalog
        for reference in unresolved(change.resource.body):
            if reference.address.catalog not in {"", own}:
                raise AssertionError(f"{change} waits for {reference.address}, which is made beside it")
