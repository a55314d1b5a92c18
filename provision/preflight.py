"""What must be true before anything is planned: every problem at once, each with its remedy. Pure.

Destroy does without it: what is gone already must not keep anything from being taken away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from provision import lifecycle_preflight
from provision.errors import ProvisionError
from provision.instant import instant
from provision.inventory import Inventory
from provision.mapping_source import MappingText
from provision.naming import logic_app_problem, resource_group_id, workflow_id
from provision.resource import LIFECYCLE, Json
from runbook.mapping import Mapping

SILENCE: Final = timedelta(minutes=30)
"""After this time without a sign of a worker, Azure Automation suspends jobs ("Hybrid Runbook Worker overview")."""


def check(inventory: Inventory, source: MappingText, mapping: Mapping, now: datetime) -> None:
    """Raises: ProvisionError with every reason why the environment cannot be provisioned as it is."""
    problems = [
        *_account(inventory),
        *_workers(inventory, now),
        *_catalogs(inventory),
        *_names(inventory),
        *_packages(inventory, source, mapping),
        *lifecycle_preflight.problems(inventory),
    ]
    if problems:
        reasons = "\n".join(f"  - {problem}" for problem in problems)
        raise ProvisionError(f"Environment {inventory.environment.name}: nothing was changed, because of\n{reasons}")


def _account(inventory: Inventory) -> Iterator[str]:
    environment = inventory.environment
    name = environment.automation.account
    if inventory.account is None:
        where = environment.where("automation", "account")
        yield (
            f"{where}: Automation account {name} does not exist in resource group {environment.resource_group}. "
            "Create it, or correct the name; Lockstep does not create it."
        )
    elif not (inventory.account.get("identity") or {}).get("principalId"):
        yield (
            f"Automation account {name} has no system-assigned identity, and jobs on a hybrid worker can use no other. "
            "Switch it on under Account settings, Identity."
        )


def _workers(inventory: Inventory, now: datetime) -> Iterator[str]:
    environment = inventory.environment
    group = environment.automation.hybrid_worker_group
    where = environment.where("automation", "hybrid_worker_group")
    if inventory.account is None:
        return
    if inventory.workers is None:
        yield f"{where}: there is no hybrid worker group {group}. Create it, or correct the name."
    elif not inventory.workers:
        yield f"hybrid worker group {group} has no worker. Add a machine that reaches a domain controller."
    else:
        seen = [last_seen(worker) for worker in inventory.workers]
        latest = max((moment for moment in seen if moment), default=None)
        if latest is None or now - latest > SILENCE:
            when = f"since {latest:%Y-%m-%d %H:%M} UTC" if latest else "ever since they were registered"
            yield (
                f"the workers of hybrid worker group {group} are silent {when}; Azure would suspend every job. Start "
                "the machine and its Hybrid Worker extension, and check that it reaches Azure."
            )


def _catalogs(inventory: Inventory) -> Iterator[str]:
    environment = inventory.environment
    for place, catalog in enumerate(environment.catalogs):
        found = inventory.matches[catalog.label]
        where = environment.where("catalogs", place)
        if not found:
            yield (
                f"{where}: there is no catalog {catalog.label}. Correct it; entitlement management shows the catalogs "
                "with their ids."
            )
        elif len(found) > 1:
            ids = ", ".join(found)
            yield f"{where}: {len(found)} catalogs are called {catalog.label}. Write the id of the one you mean: {ids}."
    times = Counter(found[0] for found in inventory.matches.values() if len(found) == 1)
    for identifier in (identifier for identifier, count in times.items() if count > 1):
        labels = " and ".join(label for label, found in inventory.matches.items() if found == (identifier,))
        yield f"{environment.where('catalogs')}: {labels} are the same catalog {identifier}. Remove one."


def _names(inventory: Inventory) -> Iterator[str]:
    environment = inventory.environment
    names = {catalog.id: f"catalog {catalog.name}" for catalog in inventory.catalogs}
    for name, identifier in inventory.wished.values():
        section = "lifecycle_workflows" if identifier == LIFECYCLE else "catalogs"
        owner = names.get(identifier, "Lifecycle Workflows")
        problem = logic_app_problem(name, workflow_id(resource_group_id(environment), name), owner)
        if problem:
            yield f"{environment.where(section)}: {problem}."
    others = "another one or Lifecycle Workflows" if environment.lifecycle_workflows else "another one"
    taken = {identifier for _, identifier in inventory.wished.values()}
    for catalog in inventory.catalogs:
        if catalog.listed and catalog.id not in taken:
            yield (
                f"{environment.where('catalogs')}: catalog {catalog.name} would share its Logic App with {others}. "
                "Give one of them another name with `logic_app:`."
            )


def _packages(inventory: Inventory, source: MappingText, mapping: Mapping) -> Iterator[str]:
    listed = [catalog for catalog in inventory.catalogs if catalog.listed]
    known = {package for catalog in listed for package in catalog.packages}
    if any(len(found) != 1 for found in inventory.matches.values()):
        return  # the packages of a catalog that was not found cannot be known
    for package in mapping.packages:
        if package.package_id not in known:
            names = ", ".join(catalog.name for catalog in listed)
            yield (
                f"{source.where(package.line, package.column)}: access package {package.package_id} is in none of the "
                f"catalogs {names}. Correct the id, or list its catalog under `catalogs`."
            )


def warnings(inventory: Inventory, mapping: Mapping) -> Iterator[str]:
    """What will work, and is probably not meant."""
    yield from lifecycle_preflight.warnings(inventory)
    mapped = {package.package_id for package in mapping.packages}
    for catalog in inventory.catalogs:
        if catalog.listed and not mapped & catalog.packages.keys():
            yield f"the mapping names no access package of catalog {catalog.name}; nothing there will call Lockstep"
        bound = {_package_of(policy) for policy in catalog.policies}
        for package in sorted(mapped & catalog.packages.keys() - bound):
            yield f"access package {catalog.packages[package]} ({catalog.name}) has no assignment policy to bind to"


def _package_of(policy: Json) -> str:
    return str((policy.get("accessPackage") or {}).get("id", "")).lower()


def last_seen(worker: Json) -> datetime | None:
    """When the worker was seen last; None when the service does not say it."""
    return instant(str((worker.get("properties") or {}).get("lastSeenDateTime") or ""))
