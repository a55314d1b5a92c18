"""What a destroy has left, and why: a new look at everything -> text or JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from provision.inventory import CatalogInventory, Inventory
from provision.kinds import extension, role_assignment, runbook_content, workflow_task
from provision.plan import Plan
from provision.release import Memberships
from provision.resource import Json, Owner, Resource

LAGS: Final = "its service still lists it, which may lag behind; run destroy again"
NOT_OURS: Final = "not Lockstep's"
MADE_BY_OTHERS: Final = "somebody else made this role assignment"
HISTORY: Final = "Lifecycle Workflows keeps them; their task calls nothing any more"
UNTOUCHED: Final = (
    ("the runbook's jobs and their output", "Automation keeps them for 30 days"),
    ("the Automation account, its identity's permissions in Graph, and the workers", "Lockstep did not make them"),
    ("the rights of the bind account in AD, the Key Vault, and the mapping file", "Lockstep did not make them"),
)
"""What is there after every destroy of a whole environment, and why."""


@dataclass(frozen=True, slots=True)
class Left:
    """One thing that is still there. `ours`: it is Lockstep's and should not be."""

    what: str
    why: str
    ours: bool = False


def left(found: Inventory, done: Plan, remaining: Plan, catalogs: Collection[str] | None) -> tuple[Left, ...]:
    """Everything that is still there where Lockstep was; `catalogs` limits it to those with these ids.

    `found` was read after the deletions of `done`, and `remaining` is what another destroy would delete.
    """
    return (
        *(Left(str(change.resource.address), LAGS, ours=True) for change in remaining.changes),
        *(_kept(found, resource) for resource in remaining.found if _is_kept(resource)),
        *_of_catalogs(found, catalogs),
        *(_versions(found, done) if catalogs is None else ()),
    )


def text(plan: Plan, rest: Sequence[Left], memberships: Memberships, *, whole: bool) -> str:
    """For people; `whole` says that it was not only some catalogs."""
    ours = sum(one.ours for one in rest)
    lines = [f"Environment {plan.environment}: {len(plan.changes) or 'nothing'} deleted, {ours or 'nothing'} left"]
    lines += [f"  still there: {one.what} ({one.why})" for one in rest if one.ours]
    lines += [f"  kept: {one.what} ({one.why})" for one in rest if not one.ours]
    if whole:
        lines += [f"  untouched: {what} ({why})" for what, why in UNTOUCHED]
    return "\n".join([*lines, memberships.told])


def machine(plan: Plan, rest: Sequence[Left], memberships: Memberships, *, whole: bool) -> str:
    """For scripts: one JSON object, `version` 1."""
    document: dict[str, Any] = {
        "version": 1,
        "environment": plan.environment,
        "deleted": [str(change.resource.address) for change in plan.changes],
        "left": [_entry(one) for one in rest if one.ours],
        "kept": [_entry(one) for one in rest if not one.ours],
        "untouched": [{"what": what, "why": why} for what, why in UNTOUCHED if whole],
        "memberships": memberships.document(),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _entry(one: Left) -> dict[str, str]:
    return {"what": one.what, "why": one.why}


def _is_kept(resource: Resource) -> bool:
    """A runbook's content is not a thing of its own; extensions are told with their catalogs."""
    return resource.owner is not Owner.OURS and resource.address.kind not in {runbook_content.KIND, extension.KIND}


def _kept(found: Inventory, resource: Resource) -> Left:
    return Left(str(resource.address), _reason(found, resource))


def _reason(found: Inventory, resource: Resource) -> str:
    if resource.address.kind != role_assignment.KIND:
        return NOT_OURS
    if resource.body.get("role") == role_assignment.READER and found.neighbours:
        others = ", ".join(found.neighbours)
        return f"environment {others} on the same account needs it too; the last destroy takes it away"
    return MADE_BY_OTHERS


def _of_catalogs(found: Inventory, catalogs: Collection[str] | None) -> Iterator[Left]:
    """What others have in the catalogs: extensions, and stages of policies that call them."""
    for catalog in found.catalogs:
        if catalogs is not None and catalog.id not in catalogs:
            continue
        ours = {str(answer["id"]) for answer in extension.owned(found, catalog)}
        for answer in catalog.extensions:
            if str(answer["id"]) not in ours:
                yield Left(f"custom extension {answer.get('displayName')} of {catalog.name}", NOT_OURS)
        for policy in catalog.policies:
            yield from _stages(catalog, policy, ours)


def _versions(found: Inventory, done: Plan) -> Iterator[Left]:
    """What Lifecycle Workflows remembers, if it was served."""
    kinds = {change.resource.address.kind for change in done.changes}
    if found.environment.lifecycle_workflows is not None or workflow_task.KIND in kinds:
        yield Left("earlier versions of the workflows that had our task", HISTORY)


def _stages(catalog: CatalogInventory, policy: Mapping[str, Json], ours: Collection[str]) -> Iterator[Left]:
    settings = policy.get("customExtensionStageSettings") or ()
    others = [s for s in settings if str((s.get("customExtension") or {}).get("id")) not in ours]
    if others:
        names = sorted({str((s.get("customExtension") or {}).get("displayName") or "?") for s in others})
        what = f"stage settings of policy {policy.get('displayName')} of {catalog.name}"
        yield Left(what, f"{NOT_OURS}: they call {', '.join(names)}")
