"""The stages of each assignment policy: whether Entra calls the custom extension there. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from provision.change import ABSENT
from provision.doctor import planned
from provision.doctor.check import Check, unknown
from provision.doctor.facts import ACCOUNT, MAPPING, PLAN, Facts
from provision.kinds import binding
from provision.resource import Resource

AREA = "policy stages"
NEEDS = (ACCOUNT, MAPPING, "catalogs", "packages", "policies", "extensions")


def checks(facts: Facts) -> Iterator[Check]:
    """One for each stage of each policy of a mapped access package."""
    if reason := facts.blocked(*NEEDS, PLAN):
        yield unknown(AREA, "the policies of the mapped access packages", reason)
        return
    for resource in planned.wanted(facts, binding.KIND):
        yield from _stages(facts, resource)
    yield from planned.leftovers(facts, AREA, binding.KIND)


def _stages(facts: Facts, resource: Resource) -> Iterator[Check]:
    there = planned.found(facts, resource)
    bound = there.body if there else {}
    for stage in sorted({*resource.body, *bound}):
        expected, called = resource.body.get(stage, ABSENT), bound.get(stage, ABSENT)
        subject, catalog = f"{resource.address.name}: {stage}", resource.address.catalog
        if called == expected:
            yield Check(AREA, subject, "ok", "calls the custom extension", catalog=catalog)
        elif called is ABSENT:
            yield Check(AREA, subject, "fail", "does not call the custom extension", facts.apply, catalog)
        elif expected is ABSENT:
            said = "calls the custom extension, which the environment file does not ask for"
            yield Check(AREA, subject, "fail", said, facts.apply, catalog)
        else:
            said = f"calls {planned.value(called)}, not {planned.value(expected)}"
            yield Check(AREA, subject, "fail", said, facts.apply, catalog)
