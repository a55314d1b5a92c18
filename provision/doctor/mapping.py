"""The catalogs that the environment lists, and the access packages that the mapping names. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from provision.doctor.check import Check, unknown
from provision.doctor.facts import MAPPING, PLAN, Facts
from provision.inventory import CatalogInventory, Inventory
from provision.naming import logic_app_problem, resource_group_id, workflow_id
from provision.resource import Json
from runbook.mapping import MappedPackage

AREA: Final = "mapping"
CATALOGS: Final = ("catalogs", "catalog")
PORTAL: Final = "Entra admin centre > Identity Governance > Entitlement management"


def checks(facts: Facts) -> Iterator[Check]:
    """Every listed catalog, the mapping itself, and every access package in it."""
    yield from _catalogs(facts)
    if facts.mapping is None:
        yield unknown(AREA, "mapping", facts.blocked(MAPPING))
        return
    groups = {group.text for package in facts.mapping.packages for group in package.groups}
    said = f"can be read: {len(facts.mapping.packages)} access packages, {len(groups)} AD groups"
    yield Check(AREA, "mapping", "ok", said)
    reason = facts.blocked(*CATALOGS, "packages", PLAN)
    if reason or facts.inventory is None:
        yield unknown(AREA, "access packages in the mapping", reason)
        return
    for package in facts.mapping.packages:
        yield _package(facts, facts.inventory, package)
    yield from _unmapped(facts, facts.inventory)


def _catalogs(facts: Facts) -> Iterator[Check]:
    reason = facts.blocked(*CATALOGS, PLAN)
    for place, catalog in enumerate(facts.environment.catalogs):
        subject = f"catalog {catalog.label}"
        if reason or facts.inventory is None:
            yield unknown(AREA, subject, reason)
            continue
        found = facts.inventory.matches[catalog.label]
        yield _catalog(facts, facts.inventory, place, subject, found)


def _catalog(facts: Facts, inventory: Inventory, place: int, subject: str, found: tuple[str, ...]) -> Check:
    where = facts.environment.where("catalogs", place)
    if not found:
        return Check(AREA, subject, "fail", "does not exist", f"Correct it: {where}. {PORTAL} > Catalogs shows them.")
    if len(found) > 1:
        said, fix = f"{len(found)} catalogs are called so", f"Write the id of the one you mean: {where}."
        return Check(AREA, subject, "fail", f"{said}: {', '.join(found)}", fix)
    names = {identifier: name for name, identifier in inventory.wished.values()}
    if found[0] not in names:
        said = "would share its Logic App with another catalog"
        fix = f"Give one of them another name with `logic_app:`: {where}."
        return Check(AREA, subject, "fail", said, fix, found[0])
    name = names[found[0]]
    problem = logic_app_problem(name, workflow_id(resource_group_id(facts.environment), name), subject)
    if problem:
        return Check(AREA, subject, "fail", problem, f"Set `logic_app:`: {where}.", found[0])
    return Check(AREA, subject, "ok", f"exists: {found[0]}", catalog=found[0])


def _package(facts: Facts, inventory: Inventory, package: MappedPackage) -> Check:
    catalog = _catalog_of(inventory, package.package_id)
    subject = f"access package {package.package_id}"
    if catalog is None:
        where = facts.source.where(package.line, package.column) if facts.source else ""
        said = "is in none of the catalogs that the environment file lists"
        fix = f"Correct the id ({where}; {PORTAL} > Access packages > Overview shows it), or list its catalog."
        return Check(AREA, subject, "fail", said, fix)
    name = catalog.packages[package.package_id]
    reason = facts.blocked("policies")
    if reason:
        return unknown(AREA, subject, reason, catalog.id)
    if package.package_id not in {_package_of(policy) for policy in catalog.policies}:
        said = f"{name} ({catalog.name}) has no assignment policy, so that nobody can get it"
        fix = f"{PORTAL} > Access packages > {name} > Policies > Add policy; then {facts.command('apply')}."
        return Check(AREA, subject, "warn", said, fix, catalog.id)
    return Check(AREA, subject, "ok", f"is {name}, in {catalog.name}", catalog=catalog.id)


def _unmapped(facts: Facts, inventory: Inventory) -> Iterator[Check]:
    mapped = {package.package_id for package in facts.mapping.packages} if facts.mapping else set()
    for catalog in inventory.catalogs:
        if catalog.listed and not mapped & catalog.packages.keys():
            said = "the mapping names none of its access packages, so that nothing there calls Lockstep"
            fix = "Add one to the mapping, or take the catalog out of the environment file."
            yield Check(AREA, f"catalog {catalog.name}: packages", "warn", said, fix, catalog.id)


def _catalog_of(inventory: Inventory, package: str) -> CatalogInventory | None:
    return next((c for c in inventory.catalogs if c.listed and package in c.packages), None)


def _package_of(policy: Mapping[str, Json]) -> str:
    return str((policy.get("accessPackage") or {}).get("id", "")).lower()
