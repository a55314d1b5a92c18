"""What the deployed mapping serves and the one on this machine does not any more. Pure.

Nobody is asked about the members of a group that no access package gives any more: they stay for ever, unless
`RetiredGroups` lets a sweep empty it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from provision import ownership
from provision.environment import Environment
from provision.inventory import Inventory
from provision.kinds import variable
from provision.naming import mapping_variable
from provision.resource import Json
from runbook.distinguished_name import fold
from runbook.group_name import GroupName
from runbook.mapping import MappedPackage, Mapping, MappingInvalid, parse_mapping

_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Dropped:
    """Access packages and groups of the deployed mapping that are missing now.

    `left` are groups that would be left to themselves, `retired` those that are in RetiredGroups.
    """

    packages: tuple[MappedPackage, ...]
    left: tuple[GroupName, ...]
    retired: tuple[GroupName, ...]

    def document(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "access_packages": [
                {"id": package.package_id, "groups": [str(name) for name in package.groups]}
                for package in self.packages
            ],
            "groups": [str(name) for name in self.left],
            "retired_groups": [str(name) for name in self.retired],
        }

    def told(self) -> Iterator[str]:
        """For people, a line each."""
        for package in self.packages:
            groups = ", ".join(str(name) for name in package.groups)
            yield f"access package {package.package_id} is not in the mapping any more (it gave {groups})"
        for name in self.retired:
            yield f"group {name} is retired: a sweep takes everybody out of it, within the budgets"
        for name in self.left:
            yield f"group {name} is in no access package any more: its members would stay for ever"


ADVICE: Final = 'Write them under "RetiredGroups" in the mapping, and a sweep empties them within the budgets.'


def dropped(deployed: Mapping, wanted: Mapping, domain: str) -> Dropped:
    """What `wanted` lacks of what is `deployed`; names without a domain are of the one with NetBIOS name `domain`."""

    def meaning(name: GroupName) -> tuple[str, str, str]:
        return name.form, (name.domain or fold(domain)) if name.form == "account" else "", name.key

    given = {meaning(name) for package in wanted.packages for name in package.groups}
    emptied = {meaning(name) for name in wanted.retired}
    served = {meaning(name): name for package in reversed(deployed.packages) for name in reversed(package.groups)}
    gone = sorted((pair for pair in served.items() if pair[0] not in given), key=lambda pair: str(pair[1]))
    return Dropped(
        packages=tuple(package for package in deployed.packages if wanted.package(package.package_id) is None),
        left=tuple(name for key, name in gone if key not in emptied),
        retired=tuple(name for key, name in gone if key in emptied),
    )


def deployed_mapping(environment: Environment, answer: Json) -> Mapping | None:
    """The mapping in Automation's answer about its variable; None without one that is ours.

    Raises:
        MappingInvalid: it is ours, and holds no mapping.
    """
    properties = (answer or {}).get("properties") or {}
    if not ownership.is_described(properties.get("description"), environment.name):
        return None
    name = mapping_variable(environment.name)
    text = variable.parsed(properties)
    return parse_mapping(text if isinstance(text, str) else "", name)


def warnings(inventory: Inventory, wanted: Mapping) -> Iterator[str]:
    """A sentence when applying would leave groups to themselves."""
    environment, name = inventory.environment, mapping_variable(inventory.environment.name)
    answer = next((each for each in inventory.variables if each["name"] == name), None)
    try:
        deployed = deployed_mapping(environment, answer)
    except MappingInvalid:
        return  # somebody has written there; the plan shows it
    found = dropped(deployed, wanted, environment.directory.domain).left if deployed else ()
    if found:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        shown = ", ".join(str(each) for each in found[:_SHOWN]) + more
        yield f"no access package in the mapping gives {shown} any more: members would stay for ever. {ADVICE}"
