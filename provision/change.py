"""The nouns of a plan: a difference between two bodies, and one change to make. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from provision.resource import Json, Resource, Target


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

    def __str__(self) -> str:
        return f"{self.action} {self.resource.address}"


def differences(before: Json, after: Json, path: str = "") -> Iterator[Difference]:
    """The places where two bodies differ, in the order of the keys."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            place = f"{path}.{key}" if path else str(key)
            yield from differences(before.get(key, ABSENT), after.get(key, ABSENT), place)
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple):
        for number in range(max(len(before), len(after))):
            yield from differences(_item(before, number), _item(after, number), f"{path}[{number}]")
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield Difference(path, before, after)


def _item(values: Sequence[Any], place: int) -> Json:
    return values[place] if place < len(values) else ABSENT
