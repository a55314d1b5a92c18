"""The plan -> checks: what is wanted, what was found, and where they differ. Pure.

A link that `apply` makes is good when the plan has nothing to do about it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from provision.change import ABSENT, Change, Difference
from provision.doctor.check import Check, unknown
from provision.doctor.facts import PLAN, Facts
from provision.resource import Json, Owner, Reference, Resource

SHOWN: Final = 3
VALUE_LENGTH: Final = 120
NOT_SHOWN: Final = "Only a call that was answered proves it."


@dataclass(frozen=True, slots=True)
class Facet:
    """A part of a resource that is a check of its own: everything at and below these places of its body.

    `good` is what is said when it is as it should be. `values` are shown where they differ; left out where a person
    may have typed a secret into them. What the service's answer does not hold at `shown` was not looked at: the plan
    believes that it is as it was sent, the doctor does not.
    """

    name: str
    places: tuple[str, ...]
    good: str
    values: bool = True
    shown: tuple[str, ...] = ()

    def holds(self, difference: Difference) -> bool:
        """Whether the difference is about this part."""
        return any(difference.path == p or difference.path.startswith((f"{p}.", f"{p}[")) for p in self.places)


def wanted(facts: Facts, kind: str) -> list[Resource]:
    """What should be there of this kind."""
    return [resource for resource in facts.wanted if resource.address.kind == kind]


def found(facts: Facts, resource: Resource) -> Resource | None:
    """What was found in its place, whoever made it."""
    there = facts.plan.found if facts.plan else ()
    return next((other for other in there if other.address == resource.address), None)


def change(facts: Facts, resource: Resource) -> Change | None:
    """What `apply` would do about it."""
    changes = facts.plan.changes if facts.plan else ()
    return next((c for c in changes if c.resource.address == resource.address and c.action != "delete"), None)


def missing(facts: Facts, area: str, subject: str, resource: Resource, needs: Sequence[str]) -> Check | None:
    """The one check of a resource that is not there, is somebody else's, or cannot be looked at; None when it is."""
    catalog = resource.address.catalog
    if reason := facts.blocked(*needs, PLAN):
        return unknown(area, subject, reason, catalog)
    there = found(facts, resource)
    if there is None:
        return Check(area, subject, "fail", "does not exist", facts.apply, catalog)
    if there.owner is Owner.FOREIGN:
        said = "exists, but was not made by Lockstep for this environment"
        return Check(area, subject, "fail", said, _way_out(facts, there), catalog)
    return None


def whole(
    facts: Facts, area: str, kind: str, needs: Sequence[str], good: str = "is as it should be"
) -> Iterator[Check]:
    """One check for each resource of this kind, and one for each that is ours and not wanted."""
    for resource in wanted(facts, kind):
        subject, catalog = str(resource.address), resource.address.catalog
        absent = missing(facts, area, subject, resource, needs)
        if absent is not None:
            yield absent
            continue
        made = change(facts, resource)
        if made is None:
            yield Check(area, subject, "ok", good, catalog=catalog)
        else:
            yield Check(area, subject, "fail", _differing(made.differences, values=False), facts.apply, catalog)
    if not facts.blocked(*needs, PLAN):
        yield from leftovers(facts, area, kind)


def parts(
    facts: Facts, area: str, resource: Resource, facets: Iterable[Facet], judged: Facet | None = None
) -> Iterator[Check]:
    """One check for each facet of a resource that is there, and one for whatever else differs in it.

    What is `judged` has its checks elsewhere.
    """
    made = change(facts, resource)
    left = [d for d in (made.differences if made else ()) if not (judged and judged.holds(d))]
    for facet in facets:
        here = [difference for difference in left if facet.holds(difference)]
        left = [difference for difference in left if difference not in here]
        yield _part(facts, area, resource, facet, here)
    if left:
        yield _part(facts, area, resource, Facet("everything else", (), ""), left)


def leftovers(facts: Facts, area: str, kind: str) -> Iterator[Check]:
    """What is ours and nobody wants any more; it does no harm, and `apply` takes it away."""
    for made in facts.plan.changes if facts.plan else ():
        if made.action == "delete" and made.resource.address.kind == kind:
            address = made.resource.address
            fix = f"{facts.command('apply')} takes it away."
            yield Check(area, str(address), "warn", "is Lockstep's and not wanted any more", fix, address.catalog)


def value(data: Json) -> str:
    """A value as it is shown: short, and a Reference in words."""
    if data is ABSENT:
        return "nothing"
    text = str(data) if isinstance(data, Reference) else json.dumps(data, ensure_ascii=False, default=str)
    return text if len(text) <= VALUE_LENGTH else f"{text[:VALUE_LENGTH]}..."


def _way_out(facts: Facts, there: Resource) -> str:
    """What to do about something of somebody else that stands where ours would be."""
    if there.unadoptable:
        return f"It cannot be taken over: {there.unadoptable}. Instead, {there.note}."
    return f"{facts.command('apply --adopt')} takes it over; or {there.note}."


def _part(facts: Facts, area: str, resource: Resource, facet: Facet, here: Sequence[Difference]) -> Check:
    subject, catalog = f"{resource.address.name}: {facet.name}", resource.address.catalog
    if not here and not _shows(found(facts, resource), facet.shown):
        said = f"Microsoft Graph does not show it, so that it is not known whether it {facet.good}"
        return Check(area, subject, "warn", said, f"{NOT_SHOWN} {facts.command('runs')} shows it.", catalog)
    if not here:
        return Check(area, subject, "ok", facet.good, catalog=catalog)
    said = _differing(here, values=facet.values and bool(facet.places))
    return Check(area, subject, "fail", said, facts.apply, catalog)


def _shows(there: Resource | None, path: Sequence[str]) -> bool:
    value: Json = (there and there.answer) or {}
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value is not None


def _differing(differences: Sequence[Difference], *, values: bool) -> str:
    told = [_told(difference, values=values) for difference in differences[:SHOWN]]
    if len(differences) > SHOWN:
        told.append(f"and {len(differences) - SHOWN} more places")
    return "; ".join(told) if values else f"differs in {', '.join(told)}"


def _told(difference: Difference, *, values: bool) -> str:
    path = difference.path or "its value"
    return f"{path} is {value(difference.before)}, not {value(difference.after)}" if values else path
