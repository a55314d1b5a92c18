"""The nouns of a plan: a difference between two bodies, and one change to make. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from provision.resource import Json, Owner, Resource, Target


class _Absent:
    """The side of a difference that does not exist; JSON null is a value of its own."""

    def __repr__(self) -> str:
        return "(absent)"


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in a body, dotted in the service's own words, and what stands there before and after."""

    path: str
    before: Json
    after: Json


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to do. `resource` is the desired one, or the found one of a deletion; `found` what is there now."""

    action: Literal["create", "update", "delete"]
    resource: Resource
    reason: str
    found: Resource | None = None
    differences: tuple[Difference, ...] = ()

    @property
    def target(self) -> Target:
        """Where to look before the change is made: what was found, or where it will be."""
        return (self.found or self.resource).target

    @property
    def adopts(self) -> bool:
        """Whether it takes over what somebody else has made; only a plan that was asked to holds such a change."""
        return self.action == "update" and self.found is not None and self.found.owner is Owner.FOREIGN

    def __str__(self) -> str:
        return f"{'adopt' if self.adopts else self.action} {self.resource.address}"


def differences(before: Json, after: Json, path: str = "") -> Iterator[Difference]:
    """The places where two bodies differ, in the order of the keys; what has names goes by them: `claims[u].value`."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            place = f"{path}.{key}" if path else str(key)
            yield from differences(before.get(key, ABSENT), after.get(key, ABSENT), place)
    elif (named := _named(before)) is not None and (wanted := _named(after)) is not None:
        for key in [*wanted, *(key for key in named if key not in wanted)]:
            yield from differences(named.get(key, ABSENT), wanted.get(key, ABSENT), f"{path}[{key}]")
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple):
        for number in range(max(len(before), len(after))):
            yield from differences(_item(before, number), _item(after, number), f"{path}[{number}]")
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield Difference(path, before, after)


def _named(values: Json) -> dict[str, Json] | None:
    """The items of a list by their names, when each has one of its own; otherwise they go by their places."""
    if not isinstance(values, list | tuple) or not values:
        return None
    named = {str(item["name"]): item for item in values if isinstance(item, Mapping) and item.get("name")}
    return named if len(named) == len(values) else None


def _item(values: Sequence[Any], place: int) -> Json:
    return values[place] if place < len(values) else ABSENT
