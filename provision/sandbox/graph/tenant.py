"""What the emulated Graph holds: entities in their sets, and how they lead to each other.

An entity is never changed in place: an update stores a new one, so a reader without the lock sees old or new, never
a mixture.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from provision.sandbox.graph.lifecycle_workflows.entity_types import TASK, WORKFLOW
from provision.sandbox.graph.metadata import properties_of, root_of
from provision.sandbox.service import Refusal

Links = Mapping[str, str | tuple[str, ...] | None]

_BACKWARDS = {
    ("accessPackageCatalog", "accessPackages"): "catalog",
    ("accessPackageCatalog", "customWorkflowExtensions"): "catalog",
    ("accessPackage", "assignmentPolicies"): "accessPackage",
    (WORKFLOW, "versions"): "workflow",
    (WORKFLOW, "userProcessingResults"): "workflow",
    (TASK, "taskProcessingResults"): "task",
}
"""Navigations that nobody stores: the rows whose link of the given name leads back to the entity."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One row: `values` by name, `links` the ids behind navigations, `number` its place in lists.

    Values whose names are in no metadata are the sandbox's own and in no answer. `hidden` rows are in no list yet.
    """

    type: str
    id: str
    number: int
    values: Mapping[str, Any] = field(default_factory=dict)
    links: Links = field(default_factory=dict)
    hidden: bool = False


class Tenant:
    """All entity sets; `changed` is the lock of every writer and wakes those who wait for a change."""

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self._sets: dict[str, dict[str, Entity]] = {}
        self._numbers = count(1)

    def clear(self) -> None:
        """Forget everything."""
        with self.changed:
            self._sets = {}
            self.changed.notify_all()

    def add(self, type_name: str, values: Mapping[str, Any], links: Links | None = None, key: str = "") -> Entity:
        """A new entity; its id is made up when `key` is empty."""
        with self.changed:
            entity = Entity(type_name, key or str(uuid.uuid4()), next(self._numbers), values, links or {})
            return self._store(entity)

    def update(
        self, entity: Entity, values: Mapping[str, Any], links: Links | None = None, *, hidden: bool | None = None
    ) -> Entity:
        """`entity` as it is stored now, with these values and links on top of its own."""
        with self.changed:
            old = self.require(entity.type, entity.id)
            merged = {**old.links, **(links or {})}
            seen = old.hidden if hidden is None else hidden
            return self._store(replace(old, values={**old.values, **values}, links=merged, hidden=seen))

    def remove(self, entity: Entity) -> None:
        """Forget one entity."""
        with self.changed:
            self._sets[root_of(entity.type)].pop(entity.id.lower(), None)
            self.changed.notify_all()

    def get(self, type_name: str, key: str) -> Entity | None:
        """The entity of this set with this id."""
        return self._sets.get(root_of(type_name), {}).get(key.lower())

    def require(self, type_name: str, key: str) -> Entity:
        """The entity of this set with this id.

        Raises:
            Refusal: 404 `ResourceNotFound`.
        """
        found = self.get(type_name, key)
        if found is None:
            raise Refusal(404, "ResourceNotFound", f"The {root_of(type_name)} with id '{key}' was not found.")
        return found

    def rows(self, type_name: str, *, hidden: bool = False) -> list[Entity]:
        """Every entity of a set in the order in which they came, hidden ones only on demand."""
        with self.changed:
            return [row for row in self._sets.get(root_of(type_name), {}).values() if hidden or not row.hidden]

    def linked(self, entity: Entity, name: str) -> Entity | None:
        """The one entity a navigation leads to."""
        key = entity.links.get(name)
        return self.get(properties_of(entity.type)[name].type, key) if isinstance(key, str) else None

    def follow(self, entity: Entity, name: str) -> Entity:
        """The one entity a navigation leads to, where there always is one.

        Raises:
            Refusal: 404 when it is gone.
        """
        return self.require(properties_of(entity.type)[name].type, str(entity.links.get(name)))

    def linked_rows(self, entity: Entity, name: str) -> list[Entity]:
        """The list a navigation leads to."""
        navigation = properties_of(entity.type)[name]
        back = _BACKWARDS.get((entity.type, name))
        if back:
            return [row for row in self.rows(navigation.type) if row.links.get(back) == entity.id]
        found = [self.get(navigation.type, key) for key in entity.links.get(name) or ()]
        return [row for row in found if row is not None]

    def _store(self, entity: Entity) -> Entity:
        self._sets.setdefault(root_of(entity.type), {})[entity.id.lower()] = entity
        self.changed.notify_all()
        return entity


def timestamp(moment: datetime | None = None) -> str:
    """A moment (now by default) as Graph writes it."""
    return (moment or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
