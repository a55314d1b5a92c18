"""What should be there, and the plan towards it, from an inventory that may have gaps. Pure.

The commands that change something demand a whole inventory first (`provision/preflight.py`). Here what is missing is
filled in or left out, so that the rest can still be judged; the gaps have checks of their own.
"""

from __future__ import annotations

from dataclasses import replace

from provision.actual import actual
from provision.desired import blueprint, desired
from provision.inventory import Inventory, LifecycleInventory
from provision.mapping_source import MappingText
from provision.plan import Plan, plan
from provision.reference import resolve
from provision.resource import Resource
from runbook.mapping import Mapping


def drawn(found: Inventory, mapping: Mapping, source: MappingText, script: str) -> tuple[tuple[Resource, ...], Plan]:
    """The resources that should be there, References resolved as far as the inventory tells, and the plan.

    Raises:
        ProvisionError: a service's answer, or a file, makes every plan impossible.
    """
    there = actual(found)
    wanted = desired(blueprint(_drawable(found), mapping, source, script))
    made = plan(found.environment.name, wanted, there, gone="is not wanted any more")
    answers = {resource.address: resource.answer for resource in there}
    return tuple(replace(resource, body=resolve(resource.body, answers)) for resource in wanted), made


def _drawable(found: Inventory) -> Inventory:
    """The inventory as the blueprint asks for it."""
    account = {"location": found.environment.location, **(found.account or {})}
    identity = {"principalId": "", **(account.get("identity") or {})}
    named = {identifier for _, identifier in found.wished.values()}
    catalogs = tuple(catalog for catalog in found.catalogs if not catalog.listed or catalog.id in named)
    return replace(
        found,
        account={**account, "identity": identity},
        catalogs=catalogs,
        lifecycle=found.lifecycle and _known(found.lifecycle),
    )


def _known(lifecycle: LifecycleInventory) -> LifecycleInventory:
    """Without the workflows that were found and could not be read."""
    read = {str(answer["id"]) for answer in lifecycle.workflows}
    matches = {label: ids for label, ids in lifecycle.matches.items() if read.issuperset(ids)}
    return replace(lifecycle, matches=matches)
