"""A plan for some catalogs only. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from provision.errors import ProvisionError
from provision.inventory import Inventory
from provision.resource import Resource


def chosen(inventory: Inventory, labels: Sequence[str]) -> Collection[str]:
    """The ids of the catalogs that are called so, by name or id: listed ones, and those that still have a Logic App.

    Raises:
        ProvisionError: nothing is called so, or more than one catalog.
    """
    return [_chosen(inventory, label) for label in labels]


def narrowed(resources: Iterable[Resource], catalogs: Collection[str], *, shared: bool) -> tuple[Resource, ...]:
    """The resources of these catalogs, and with `shared` those that serve the whole environment."""
    return tuple(r for r in resources if (r.address.catalog in catalogs if r.address.catalog else shared))


def _chosen(inventory: Inventory, label: str) -> str:
    by_label = inventory.matches.get(label, ())
    known = {catalog.id: catalog.name for catalog in inventory.catalogs}
    found = {*by_label} or {identifier for identifier, name in known.items() if label in (identifier, name)}
    if len(found) == 1:
        return found.pop()
    names = ", ".join(
        [*inventory.matches, *(catalog.name or catalog.id for catalog in inventory.catalogs if not catalog.listed)]
    )
    reason = f"{len(found)} catalogs are called {label}; name the id" if found else f"{label} is none of them"
    raise ProvisionError(f"--catalog: {reason}. Environment {inventory.environment.name} has {names}.")
