"""What belongs to nothing any more, or not yet: groups, Logic Apps, custom extensions, access packages. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from provision import ownership
from provision.kinds import extension
from provision.overview.facts import Facts
from provision.overview.linked import NOTE, PROBLEM
from provision.overview.table import Cell, Table, table
from provision.resource import LIFECYCLE
from runbook.group_name import GroupName
from runbook.mapping import Mapping as GroupMapping

Leftover = tuple[Cell, str, str, str]


def leftovers(facts: Facts) -> Table:
    """Everything of that kind, each with what to do."""
    return table(
        "leftovers",
        "Left over",
        "What belongs to nothing any more, or not yet.",
        columns=("what", "name", "why", "what to do"),
        rows=[*_groups(facts), *_ours(facts), *_lifecycle(facts), *_packages(facts)],
        empty="Nothing.",
    )


def _groups(facts: Facts) -> Iterator[Leftover]:
    """Groups of the deployed mapping that the one in the files does not know any more."""
    if facts.deployed is None:
        return
    kept = {name.comparable for name in _names(facts.mapping)}
    for name in dict.fromkeys(_names(facts.deployed)):
        if name.comparable not in kept:
            why = "in the deployed mapping, and in the file no more: its members would stay for ever"
            yield Cell("AD group", PROBLEM), str(name), why, "add it to RetiredGroups, and a sweep empties it"


def _names(mapping: GroupMapping) -> list[GroupName]:
    return [*(name for package in mapping.packages for name in package.groups), *mapping.retired]


def _ours(facts: Facts) -> Iterator[Leftover]:
    """Logic Apps and custom extensions of ours in catalogs that are listed no more."""
    found = facts.inventory
    fix = f"`lockstep apply -e {found.environment.name}` takes it away, or list the catalog again"
    for catalog in found.catalogs:
        if catalog.listed:
            continue
        why = f"catalog {catalog.name or catalog.id} is not listed in the environment file"
        for app in found.workflows:
            if ownership.is_tagged(app, found.environment.name) and ownership.catalog_of(app) == catalog.id:
                yield Cell("Logic App", NOTE), str(app["name"]), why, fix
        for answer in extension.owned(found, catalog):
            yield Cell("custom extension", NOTE), str(answer.get("displayName")), why, fix


def _lifecycle(facts: Facts) -> Iterator[Leftover]:
    found = facts.inventory
    if found.environment.lifecycle_workflows is not None:
        return
    fix = f"`lockstep apply -e {found.environment.name}` takes it away"
    for app in found.workflows:
        if ownership.is_tagged(app, found.environment.name) and ownership.catalog_of(app) == LIFECYCLE:
            why = "the environment file has no section lifecycle_workflows"
            yield Cell("Logic App", NOTE), str(app["name"]), why, fix


def _packages(facts: Facts) -> Iterator[Leftover]:
    listed = {catalog.id: catalog for catalog in facts.inventory.catalogs if catalog.listed}
    mapped = {package.package_id for package in facts.mapping.packages}
    for package in facts.mapping.packages:
        there = facts.packages.get(package.package_id)
        if there is None:
            why = "in the mapping, and not in Entra"
            yield Cell("access package", PROBLEM), package.package_id, why, "take it out of the mapping"
        elif there.catalog not in listed:
            why = f"in the mapping, and its catalog {there.catalog_name or there.catalog} is not listed"
            yield Cell("access package", NOTE), there.name, why, "list the catalog, or take it out of the mapping"
    for catalog in listed.values():
        for identifier, name in catalog.packages.items():
            if identifier not in mapped:
                why = f"in catalog {catalog.name}, and not in the mapping: it gives no AD group"
                yield Cell("access package"), name, why, "nothing, unless it should give one"
