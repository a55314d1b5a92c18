"""The catalogs that an environment lists: which they are in Entra, and what their Logic Apps are called.

I/O: only through the Reader it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeAlias

from provision.environment import Catalog, Environment
from provision.errors import ProvisionError
from provision.inventory import Answers
from provision.naming import logic_apps
from provision.resource import ArmCollection, GraphCollection, GraphTarget, Json, Target

Matches: TypeAlias = Mapping[str, Answers]
"""The catalogs that go by each listed name or id."""


class Reader(Protocol):
    """The only door to what exists; it cannot change anything."""

    def read(self, target: Target) -> Json:
        """The object there, or for a collection the list of all its items; None when the service says it is absent.

        Raises:
            ProvisionError: anything else, such as half of a list, a refusal, or nobody answering.
        """
        ...


def matches(reader: Reader, environment: Environment) -> dict[str, Answers]:
    """Looks every listed catalog up, by its id or by its very name."""
    return {catalog.label: matching(reader, catalog) for catalog in environment.catalogs}


def logic_app_names(environment: Environment, found: Matches) -> dict[str, tuple[str, str]]:
    """Logic App names of the catalogs that were found once, with the catalogs' ids, by the name in lower case."""
    once = {label: answers[0] for label, answers in found.items() if len(answers) == 1}
    names = logic_apps(environment.name, {str(c["id"]): str(c["displayName"]) for c in once.values()})
    for catalog in environment.catalogs:
        if catalog.logic_app and catalog.label in once:
            names[str(once[catalog.label]["id"])] = catalog.logic_app
    return {name.lower(): (name, identifier) for identifier, name in names.items()}


def whole(reader: Reader, collection: ArmCollection | GraphCollection) -> Answers:
    """All items of a collection that must exist."""
    items = reader.read(collection)
    if items is None:
        raise ProvisionError(f"{collection} does not exist, so that nothing can be planned.")
    return tuple(items)


def matching(reader: Reader, catalog: Catalog) -> Answers:
    """Every catalog that goes by the id, or by the very name, under which this one is listed."""
    if catalog.id:
        found = reader.read(GraphTarget("catalog", (catalog.id,)))
        return (found,) if found else ()
    quoted = str(catalog.name).replace("'", "''")
    candidates = whole(reader, GraphCollection("catalogs", filter=f"displayName eq '{quoted}'"))
    return tuple(candidate for candidate in candidates if candidate["displayName"] == catalog.name)
