"""Inventory -> what there is, in the shape of what is desired. Pure."""

from __future__ import annotations

from provision.inventory import Inventory
from provision.kinds import KINDS
from provision.resource import Resource


def actual(inventory: Inventory) -> tuple[Resource, ...]:
    """What of it concerns us, in the order of creation: the environment's own first, then catalog by catalog."""
    order = {catalog.id: place for place, catalog in enumerate(inventory.catalogs)}
    found = [resource for kind in KINDS for resource in kind.found(inventory)]
    return tuple(sorted(found, key=lambda r: order.get(r.address.catalog, len(order)) if r.address.catalog else -1))
