"""Worlds to report on: facts as they would be read, of any size, with names as nasty as wished."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from provision.inventory import Inventory
from provision.job_output import Ended
from provision.kinds.settings import settings
from provision.overview.facts import Assigned, Facts, Package
from provision.sweep_record import Swept
from provision.sweep_record import swept as read
from runbook.mapping import Mapping as GroupMapping
from runbook.mapping import parse_mapping
from runbook.record import Records
from tests.fakes import InMemoryAzure
from tests.sample import NOW, environment, looked_at

CATALOG = "33333333-3333-4333-8333-333333333301"
TEAMS = ("Finance", "Engineering", "Sales", "Support", "Research", "Legal", "Operations", "People", "Design")
ROLES = ("readers", "writers", "reports", "on call", "build", "vendors", "managers", "auditors")


def identifier(number: int, kind: str = "7") -> str:
    """A GUID by its number."""
    return f"{kind * 8}-0000-4000-8000-{number:012d}"


def small() -> Facts:
    """Two packages, three groups, somebody to add and somebody to remove; nothing else is the matter."""
    mapping = _mapping({0: ["Finance_Readers", "Shared"], 1: ["Shared", "Finance_Writers"]})
    groups = [_group(0, "Finance_Readers", 12), _group(1, "Shared", 30), _group(2, "Finance_Writers", 0)]
    moves = [_move(0, "add", 1, 0), _move(1, "remove", 2, 1, "over")]
    return facts(
        mapping, {0: "Finance analyst", 1: "Finance manager"}, swept((*groups, *moves), {"adds": 1, "removes": 1})
    )


def large(packages: int = 200, groups: int = 500, moves: int = 900) -> Facts:
    """Many of everything, always the same."""
    chance = random.Random(4)  # noqa: S311 - a picture, no secret
    names = [f"{chance.choice(TEAMS)}_{chance.choice(ROLES).replace(' ', '_')}_{number:03}" for number in range(groups)]
    near = {
        package: [
            names[min(groups - 1, max(0, int(package * groups / packages) + chance.randint(-3, 6)))] for _ in "123"
        ]
        for package in range(packages)
    }
    given: dict[int, list[str]] = {package: list(dict.fromkeys(each)) for package, each in near.items()}
    for name in names:
        if not any(name in each for each in given.values()):
            given[chance.randrange(packages)].append(name)
    told = list(_told(names[:-6], moves, chance))
    labels = {n: f"{chance.choice(TEAMS)} {chance.choice(ROLES)} {n:03}" for n in range(packages - 3)}
    counts = {"adds": moves // 2, "removes": moves // 3, "withheld": 40, "unexplained": 60, "pending": 12}
    problems = [f"group '{name}' does not exist in AD; correct the mapping or create the group" for name in names[-6:]]
    return facts(_mapping(given), labels, swept(told, problems=problems, counts=counts))


def facts(mapping: GroupMapping, names: dict[int, str], found: Swept | None, unswept: str = "") -> Facts:
    """Facts of that mapping; packages without a name do not exist in Entra."""
    packages = {identifier(n): Package(identifier(n), name, CATALOG, "Finance") for n, name in names.items()}
    people = {identifier(n, "6"): f"person.{n:04}@lab.example" for n in range(1000)}
    assigned = {each: Assigned(10 + place % 40, place % 7) for place, each in enumerate(packages)}
    return Facts(NOW, _inventory(), mapping, mapping, packages, assigned, people, found, unswept)


def swept(records: Any, counts: Mapping[str, int], **result: Any) -> Swept:
    """A sweep that has told this."""
    lines: list[str] = []
    Records(lines.append).put(list(records))
    told = {"outcome": "done", "detail": "would add 1 membership in 1 group", **counts, **result}
    return read(Ended("job", "Completed", told, (), "\n".join(lines)))


def renamed(name: str) -> Facts:
    """The small world, but everything in it is called `name`."""
    found = small()
    told = found.swept
    assert told is not None
    mapping = _mapping({0: [identifier(0, "a"), identifier(1, "a")], 1: [identifier(1, "a"), identifier(2, "a")]})
    records = [{**record, **{key: name for key in ("name", "who") if key in record}} for record in told.records]
    result = {**told.result, "detail": name, "problems": [name], "over": [f"over {name}"]}
    return replace(
        found,
        mapping=mapping,
        deployed=mapping,
        packages={key: replace(one, name=name, catalog_name=name) for key, one in found.packages.items()},
        people=dict.fromkeys(found.people, name),
        swept=swept(records, {}, **result),
    )


def _inventory() -> Inventory:
    found = looked_at(InMemoryAzure())
    wished = settings(environment(), "", {})
    variable = {
        "name": "lockstep-test-settings",
        "properties": {"description": "lockstep:test settings of the runbook", "value": json.dumps(wished)},
    }
    policies = tuple({"id": f"policy {n}", "accessPackage": {"id": identifier(n)}} for n in range(1000) if n % 9 != 8)
    listed = replace(found.catalogs[0], id=CATALOG, name="Finance", listed=True, packages={}, policies=policies)
    return replace(found, variables=(variable,), catalogs=(listed,))


def _mapping(given: dict[int, list[str]]) -> GroupMapping:
    entries = [{"AccessPackageID": identifier(n), "ADGroups": groups} for n, groups in given.items()]
    return parse_mapping(json.dumps({"AccessPackages": entries}), "map.json")


def _told(names: list[str], moves: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    for number, name in enumerate(names):
        yield _group(number, name, chance.randint(0, 900))
    for number in range(moves):
        place, action = chance.randrange(len(names) // 3), "add" if number % 2 else "remove"
        yield _move(
            place, action, number % 700, number % 150, "granted" if number % 2 else "over", withheld=number > 860
        )
    for number in range(60):
        group = identifier(chance.randrange(len(names)), "a")
        yield {
            "kind": "stays",
            "group": group,
            "sid": f"S-1-5-21-1-{number}",
            "who": f"hand.made{number}",
            "why": "unexplained",
        }
    for number in range(12):
        yield {"kind": "pending", "user": identifier(number, "6"), "package": identifier(number), "assignment": "x"}


def _group(number: int, name: str, members: int) -> dict[str, Any]:
    return {
        "kind": "group",
        "group": identifier(number, "a"),
        "name": name,
        "dn": f"CN={name},OU=Groups,DC=lab,DC=example",
        "domain": "",
        "mode": "authoritative",
        "members": members,
    }


def _move(
    group: int, action: str, user: int, package: int, why: str = "granted", *, withheld: bool = False
) -> dict[str, Any]:
    return {
        "kind": "move",
        "group": identifier(group, "a"),
        "action": action,
        "sid": f"S-1-5-21-1-{user}",
        "user": identifier(user, "6"),
        "who": f"person.{user:04}",
        "why": why,
        "package": identifier(package),
        "assignment": identifier(user, "9"),
        "since": "2026-03-01T08:00:00Z",
        "withheld": withheld,
    }
