"""(desired, actual) -> Plan: what must be created, updated or deleted, by plain equality. Pure; knows no kind.

Creates and updates come in the order of the desired resources, deletions after them in the reverse order of what
was found: what depends on something is made after it and removed before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from provision.change import Change, Difference, differences
from provision.errors import ProvisionError
from provision.reference import resolve
from provision.resource import Owner, Reference, Resource


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything to do for one environment, what stands in the way, and a checksum to bind an apply to.

    `found` are the resources that the changes were decided on, `unchanged` counts those that are as desired.
    """

    environment: str
    changes: tuple[Change, ...]
    refusals: tuple[str, ...]
    found: tuple[Resource, ...]
    unchanged: int
    checksum: str

    def count(self, action: str) -> int:
        """How many changes do this."""
        return sum(change.action == action for change in self.changes)


def plan(environment: str, desired: Sequence[Resource], found: Sequence[Resource], *, gone: str) -> Plan:
    """Compares; `gone` is the reason given for deleting what is ours and not desired.

    References to what was found already are resolved first.
    """
    there = {resource.address: resource for resource in found}
    answers = {resource.address: resource.answer for resource in found}
    desired = [replace(resource, body=resolve(resource.body, answers)) for resource in desired]
    wanted = {resource.address for resource in desired}
    changes = [change for resource in desired for change in _towards(resource, there.get(resource.address))]
    undesired = [r for r in reversed(found) if r.owner is Owner.OURS and r.address not in wanted]
    changes += [Change("delete", resource, gone, resource) for resource in undesired]
    refusals = [_refusal(r) for r in found if r.owner is Owner.FOREIGN and r.address in wanted]
    unchanged = len(desired) - sum(change.action != "delete" for change in changes)
    return Plan(environment, tuple(changes), tuple(refusals), tuple(found), unchanged, checksum(desired, found))


def refuse_unsafe(plan: Plan) -> None:
    """Raises: ProvisionError naming everything in the way that is not ours, and the way out."""
    if plan.refusals:
        reasons = "\n".join(f"  - {refusal}" for refusal in plan.refusals)
        raise ProvisionError(f"Environment {plan.environment}: nothing was changed, because of\n{reasons}")


def checksum(desired: Sequence[Resource], found: Sequence[Resource]) -> str:
    """SHA-256 over canonical JSON of the desired bodies and of the actual state they are based on."""
    sides = [[[str(r.address), r.owner.value, r.body] for r in side] for side in (desired, found)]
    text = json.dumps(sides, sort_keys=True, separators=(",", ":"), default=_canonical)
    return hashlib.sha256(text.encode()).hexdigest()


def _towards(resource: Resource, there: Resource | None) -> Iterator[Change]:
    if there is None:
        yield Change("create", resource, "does not exist")
    elif there.owner is not Owner.FOREIGN:
        found = tuple(differences(there.body, resource.body))
        if found:
            yield Change("update", resource, _differs(found), there, found)


def _differs(found: Sequence[Difference]) -> str:
    shown = ", ".join(difference.path for difference in found[:3])
    return f"differs in {shown}" + (f" and {len(found) - 3} more" if len(found) > 3 else "")


def _refusal(resource: Resource) -> str:
    return f"{resource.address} exists and is not Lockstep's: {resource.note}"


def _canonical(value: object) -> str:
    if isinstance(value, Reference):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a body")
