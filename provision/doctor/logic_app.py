"""The Logic Apps, claim by claim: the door that only one service of Entra may open. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from provision.doctor import planned
from provision.doctor.check import Check, State
from provision.doctor.facts import ACCOUNT, WORKFLOWS, Facts
from provision.doctor.planned import Facet, value
from provision.kinds import logic_app
from provision.resource import LIFECYCLE, Json, Resource

AREA = "Logic Apps"
POP = "AADPOP"
_TRIGGERS = "properties.accessControl.triggers"
DOOR = Facet("policy", (f"{_TRIGGERS}.openAuthenticationPolicies",), "")
FACETS = (
    Facet("shared access signatures", (f"{_TRIGGERS}.sasAuthenticationPolicy",), "are refused"),
    Facet("state", ("properties.state",), "is Enabled"),
    Facet("identity", ("identity",), "is system-assigned"),
    Facet("definition", ("properties.definition",), "is the one of this version of Lockstep", values=False),
    Facet("parameters", ("properties.parameters",), "are those of the environment file", values=False),
    Facet("tags and region", ("tags", "location"), "are as they should be"),
)

Found: TypeAlias = tuple[str, State, str]
"""What of the policy was looked at, how it is, and what is said about it."""


def checks(facts: Facts) -> Iterator[Check]:
    """For each wanted Logic App: that it is there, its door, and what it does."""
    for resource in planned.wanted(facts, logic_app.KIND):
        needs = (ACCOUNT, WORKFLOWS, *(() if resource.address.catalog == LIFECYCLE else ("catalogs",)))
        absent = planned.missing(facts, AREA, resource.address.name, resource, needs)
        if absent is not None:
            yield absent
            continue
        yield from _door(facts, resource)
        yield from planned.parts(facts, AREA, resource, FACETS, judged=DOOR)
    if not facts.blocked(WORKFLOWS, "catalogs"):
        yield from planned.leftovers(facts, AREA, logic_app.KIND)


def _door(facts: Facts, resource: Resource) -> Iterator[Check]:
    there = planned.found(facts, resource)
    for subject, state, said in _policy(_policies(resource.body), _policies(there.body if there else {})):
        fix = "" if state == "ok" else facts.apply
        yield Check(AREA, f"{resource.address.name}: {subject}", state, said, fix, resource.address.catalog)


def _policy(wanted: Mapping[str, Json], found: Mapping[str, Json]) -> Iterator[Found]:
    """The one policy there should be: its type, each of its claims, and that no other one opens the trigger."""
    for name, policy in wanted.items():
        there = found.get(name)
        if there is None:
            yield "policy", "fail", f"there is no policy {name}, so that Entra cannot call"
            continue
        yield _alike("policy type", there.get("type"), policy["type"])
        claims, ours = _claims(there), _claims(policy)
        for claim, expected in ours.items():
            yield _alike(f"claim {claim}", claims.get(claim), expected)
        for claim in sorted(claims.keys() - ours.keys()):
            yield f"claim {claim}", "fail", f"is asked for and Entra does not send it: {value(claims[claim])}"
    for name in sorted(found.keys() - wanted.keys()):
        yield f"policy {name}", "fail", "opens the trigger for somebody else"


def _alike(subject: str, there: Json, expected: Json) -> Found:
    if there == expected:
        return subject, "ok", f"is {expected}"
    return subject, "fail", f"is {value(there)}, not {value(expected)}" if there is not None else "is missing"


def _policies(body: Mapping[str, Any]) -> Mapping[str, Json]:
    triggers = ((body.get("properties") or {}).get("accessControl") or {}).get("triggers") or {}
    return (triggers.get("openAuthenticationPolicies") or {}).get("policies") or {}


def _claims(policy: Mapping[str, Json]) -> dict[str, Json]:
    """The claims by name; one that stands there twice with different values never fits, and shows both."""
    claims: dict[str, Json] = {}
    for claim in policy.get("claims") or ():
        name, said = str(claim.get("name")), claim.get("value")
        claims[name] = said if claims.get(name, said) == said else f"{claims[name]} and {said}"
    return claims
