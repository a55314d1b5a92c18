"""Entities as JSON: what is selected and expanded, pages with their next link, and the shape of an error."""

from __future__ import annotations

import uuid
from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from provision.sandbox.graph.entity_types import NAMESPACE
from provision.sandbox.graph.lifecycle_workflows.entity_types import LATE
from provision.sandbox.graph.metadata import TYPES, properties_of, root_of
from provision.sandbox.graph.odata import Options, Shape, skip_token
from provision.sandbox.graph.settings import GraphSettings
from provision.sandbox.graph.tenant import Entity, Tenant
from provision.sandbox.service import Answer, Call, Refusal

EVERY_MEMBER = "include-unknown-enum-members"
"""The value of a Prefer header with which Graph answers members that came after an enumeration's first release."""
_WHOLE = Shape()


class Answers:
    """Renders what is in the tenant."""

    def __init__(self, tenant: Tenant, settings: GraphSettings) -> None:
        self._tenant = tenant
        self._settings = settings

    def one(self, call: Call, entity: Entity, shape: Shape = _WHOLE, status: int = 200) -> Answer:
        """One entity."""
        context = f"{_root(call)}/$metadata#{_resource(call)}/$entity"
        return Answer(status, {"@odata.context": context, **self.render(entity, shape, late=self._late(call))})

    def many(self, call: Call, rows: list[Entity], options: Options) -> Answer:
        """One page of the rows that pass the filter; `rows` in the order of their numbers."""
        found = rows[bisect_right(rows, options.after, key=lambda row: row.number) :]
        if options.condition:
            holds = options.condition.holds
            found = [row for row in found if holds(self._values(row))]
        size = options.top or self._settings.page_size
        body: dict[str, Any] = {"@odata.context": f"{_root(call)}/$metadata#{_resource(call)}"}
        if options.count:
            body["@odata.count"] = self._count(rows, options)
        if len(found) > size:
            query = {**call.query, "$skiptoken": skip_token(found[size - 1].number)}
            body["@odata.nextLink"] = f"{call.base}{quote(call.path)}?{urlencode(query, safe='$', quote_via=quote)}"
        late = self._late(call)
        body["value"] = [self.render(row, options.shape, late=late) for row in found[:size]]
        return Answer(200, body)

    def render(self, entity: Entity, shape: Shape = _WHOLE, *, late: bool = True) -> dict[str, Any]:
        """An entity as JSON, without context; `late` says whether the caller knows late members of enumerations."""
        body = {"@odata.type": f"#{NAMESPACE}{entity.type}"} if TYPES[root_of(entity.type)].abstract else {}
        names = [name for name, found in properties_of(entity.type).items() if not found.link]
        stored = {"id": entity.id, **entity.values}
        body.update({name: stored[name] for name in names if name in stored and _wanted(name, shape)})
        if not late:
            body.update(
                {name: _early(body[name], LATE[kind]) for name, kind in _late_ones(entity.type) if name in body}
            )
        for name, inner in shape.expand.items():
            body[name] = self._expanded(entity, name, inner, late=late)
        return body

    def _late(self, call: Call) -> bool:
        return not self._settings.evolvable_enums or EVERY_MEMBER in call.headers.get("prefer", "").lower()

    def _expanded(self, entity: Entity, name: str, shape: Shape, *, late: bool) -> Any:
        if properties_of(entity.type)[name].many:
            return [self.render(row, shape, late=late) for row in self._tenant.linked_rows(entity, name)]
        found = self._tenant.linked(entity, name)
        return None if found is None else self.render(found, shape, late=late)

    def _values(self, row: Entity) -> Callable[[str], Any]:
        def value(path: str) -> Any:
            *steps, last = path.split("/")
            found: Entity | None = row
            for step in steps:
                found = self._tenant.linked(found, step) if found else None
            if found is None:
                return None
            return found.id if last == "id" else found.values.get(last)

        return value

    def _count(self, rows: list[Entity], options: Options) -> int:
        condition = options.condition
        return sum(1 for row in rows if condition is None or condition.holds(self._values(row)))


def error(refusal: Refusal) -> Answer:
    """A refusal in Graph's shape."""
    inner = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": str(uuid.uuid4()),
        "client-request-id": str(uuid.uuid4()),
    }
    body = {"error": {"code": refusal.code, "message": refusal.message, "innerError": inner}}
    return Answer(refusal.status, body, refusal.headers)


def _late_ones(type_name: str) -> list[tuple[str, str]]:
    return [(name, found.type) for name, found in properties_of(type_name).items() if found.type in LATE]


def _early(value: str, late: frozenset[str]) -> str:
    return ",".join("unknownFutureValue" if member in late else member for member in value.split(","))


def _wanted(name: str, shape: Shape) -> bool:
    return shape.select is None or name in shape.select


def _root(call: Call) -> str:
    return f"{call.base}/{call.path.split('/')[1]}"


def _resource(call: Call) -> str:
    return call.path.split("/", 2)[2]
