"""(desired, actual) -> Plan: what must be created, updated or deleted, by plain equality. Pure; knows no kind.

Creates and updates come in the order of the desired resources, deletions after them in the reverse order of what
was found: what depends on something is made after it and removed before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from provision.change import ABSENT, Change, Difference, differences
from provision.errors import ProvisionError
from provision.reference import resolve
from provision.resource import Address, Json, Owner, Reference, Resource

ADOPTION = "adopt: from now on Lockstep's, destroy will delete it"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something of somebody else, where ours would be; `differences` lead from what it is to what ours would be."""

    resource: Resource
    differences: tuple[Difference, ...]

    @property
    def adoptable(self) -> bool:
        """Whether `--adopt` could take it over."""
        return not self.resource.unadoptable

    def __str__(self) -> str:
        found = self.resource
        if self.adoptable:
            return f"{found.address} exists, not ours: take it over with --adopt, or {found.note}"
        return f"{found.address} exists, not ours, and cannot be adopted: {found.unadoptable}. Instead, {found.note}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything to do for one environment, what stands in the way, and a checksum to bind an apply to.

    `found` are the resources that the changes were decided on, `unchanged` counts those that are as desired. `names`
    tells what people call an `Address.catalog`.
    """

    environment: str
    changes: tuple[Change, ...]
    refusals: tuple[Refusal, ...]
    found: tuple[Resource, ...]
    unchanged: int
    checksum: str
    names: Mapping[str, str] = field(default_factory=dict)

    def count(self, action: str) -> int:
        """How many changes do this."""
        return sum(change.action == action for change in self.changes)


def plan(  # noqa: PLR0913 - the last two have their defaults
    environment: str,
    desired: Sequence[Resource],
    found: Sequence[Resource],
    *,
    gone: str,
    adopt: bool = False,
    names: Mapping[str, str] | None = None,
) -> Plan:
    """Compares; `gone` is the reason given for deleting what is ours and not desired.

    With `adopt`, what is somebody else's and stands where ours would be becomes ours. References to what was found
    already are resolved first.
    """
    there = {resource.address: resource for resource in found}
    answers = {resource.address: resource.answer for resource in found}
    desired = [replace(resource, body=resolve(resource.body, answers)) for resource in desired]
    wanted = {resource.address: resource for resource in desired}
    refusals = [
        Refusal(r, tuple(differences(r.body, wanted[r.address].body)))
        for r in found
        if r.owner is Owner.FOREIGN and r.address in wanted and not (adopt and not r.unadoptable)
    ]
    kept = {refusal.resource.address for refusal in refusals}
    changes = [c for r in desired if r.address not in kept for c in _towards(r, there.get(r.address))]
    undesired = [r for r in reversed(found) if r.owner is Owner.OURS and r.address not in wanted]
    changes += [Change("delete", resource, gone, resource) for resource in undesired]
    unchanged = len(desired) - len(refusals) - sum(change.action != "delete" for change in changes)
    adopted = [change.resource.address for change in changes if change.adopts]
    total = checksum(desired, found, adopted)
    return Plan(environment, tuple(changes), tuple(refusals), tuple(found), unchanged, total, names or {})


def refuse_unsafe(plan: Plan) -> None:
    """Raises: ProvisionError naming everything in the way that is not ours, and the way out."""
    if plan.refusals:
        reasons = "\n".join(f"  - {refusal}" for refusal in plan.refusals)
        raise ProvisionError(f"Environment {plan.environment}: nothing was changed, because of\n{reasons}")


def checksum(desired: Sequence[Resource], found: Sequence[Resource], adopted: Collection[Address] = ()) -> str:
    """SHA-256 over canonical JSON of the desired bodies, the actual state they are based on, and what is taken over."""
    sides: list[Json] = [[[str(r.address), r.owner.value, r.body] for r in side] for side in (desired, found)]
    sides += [sorted(map(str, adopted))] if adopted else []
    text = json.dumps(sides, sort_keys=True, separators=(",", ":"), default=_canonical)
    return hashlib.sha256(text.encode()).hexdigest()


def _towards(resource: Resource, there: Resource | None) -> Iterator[Change]:
    if there is None:
        yield Change("create", resource, "does not exist")
    elif there.owner is Owner.FOREIGN:
        yield Change("update", resource, ADOPTION, there, tuple(differences(there.body, resource.body)))
    else:
        found = tuple(differences(there.body, resource.body))
        if found:
            yield Change("update", resource, _differs(found, resource.part), there, found)


def _differs(found: Sequence[Difference], part: str) -> str:
    shown = ", ".join(difference.path for difference in found[:3])
    verb = "differs in"
    if all(difference.before is ABSENT for difference in found):
        verb = f"is missing at {part}" if part else "is missing"
    return f"{verb} {shown}" + (f" and {len(found) - 3} more" if len(found) > 3 else "")


def _canonical(value: object) -> str:
    if isinstance(value, Reference):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a body")
