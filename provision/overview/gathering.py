"""Environment -> facts: everything is read once. A list that is not whole is an error, never a short list.

I/O: only through the Reader it is given, by several threads at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from provision import ownership
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.inventory import Answers, Inventory
from provision.kinds.variable import parsed
from provision.listed_catalogs import Reader, whole
from provision.naming import mapping_variable
from provision.overview.facts import Assigned, Facts, Package
from provision.reading import inventory
from provision.release import LIVE
from provision.resource import GraphCollection, Json
from provision.side_by_side import side_by_side
from runbook.mapping import Mapping as GroupMapping
from runbook.mapping import MappingInvalid, parse_mapping


def gather(reader: Reader, environment: Environment, mapping: GroupMapping) -> Facts:
    """What the services say; `mapping` is the one in the environment's files.

    Raises:
        ProvisionError: something could not be read.
    """
    found = inventory(reader, environment)
    deployed = deployed_mapping(found)
    packages = {package.id: package for package in map(_package, _packages(reader))}
    wanted = [package.package_id for package in (deployed or mapping).packages]
    reads = [partial(whole, reader, _assignments(package)) for package in wanted if package in packages]
    answers = side_by_side(reads, wait=False)
    lists = dict(zip((package for package in wanted if package in packages), answers, strict=True))
    return Facts(
        now=datetime.now(UTC),
        inventory=found,
        mapping=mapping,
        deployed=deployed,
        packages=packages,
        assigned={package: _counted(rows) for package, rows in lists.items()},
        people=dict(_name(row) for rows in lists.values() for row in rows),
    )


def deployed_mapping(found: Inventory) -> GroupMapping | None:
    """The mapping in the Automation variable of ours; None when there is none.

    Raises:
        ProvisionError: the variable holds something else.
    """
    environment = found.environment
    name = mapping_variable(environment.name)
    for answer in found.variables:
        properties = answer["properties"]
        if answer["name"] == name and ownership.is_described(properties.get("description"), environment.name):
            try:
                return parse_mapping(str(parsed(properties)), f"variable {name}")
            except MappingInvalid as error:
                raise ProvisionError(f"{error}\n`lockstep apply -e {environment.name}` puts it right.") from error
    return None


def _packages(reader: Reader) -> Answers:
    return whole(reader, GraphCollection("packages", expand="catalog"))


def _package(answer: Mapping[str, Json]) -> Package:
    catalog = answer.get("catalog") or {}
    return Package(
        str(answer["id"]).lower(),
        str(answer["displayName"]),
        str(catalog.get("id") or ""),
        str(catalog.get("displayName") or ""),
    )


def _assignments(package: str) -> GraphCollection:
    return GraphCollection("assignments", filter=f"accessPackage/id eq '{package}'", expand="target")


def _counted(rows: Answers) -> Assigned:
    live = sum(str(row.get("state") or "").lower() in LIVE for row in rows)
    return Assigned(live, len(rows) - live)


def _name(row: Mapping[str, Json]) -> tuple[str, str]:
    target = row.get("target") or {}
    name = target.get("principalName") or target.get("displayName") or ""
    return str(target.get("objectId") or "").lower(), str(name)
