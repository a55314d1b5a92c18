"""The model's JSON Schema: for editors, and as the guide to what belongs where. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]


def published(schema: Schema) -> Schema:
    """The schema for editors: without titles that only repeat the keys, and without defaults of nothing."""
    plain = _plain(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Lockstep environment", **plain}


class Guide:
    """Answers questions about a place in the file; a place is given as the model's errors give it."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def keys(self, way: tuple[str | int, ...]) -> list[str]:
        """The keys that may stand in the section there."""
        found = {key: None for schema in self._at(way) for key in schema.get("properties", {})}
        return [key for key in found if not key.startswith("$")]

    def choices(self, way: tuple[str | int, ...]) -> list[str]:
        """The values of the key on which the others depend."""
        return [choice for schema in self._at(way) for choice in schema.get("discriminator", {}).get("mapping", ())]

    def example(self, way: tuple[str | int, ...]) -> Any:
        """How the value there may look; None where nothing is given."""
        return next((schema["examples"][0] for schema in self._at(way) if schema.get("examples")), None)

    def _at(self, way: tuple[str | int, ...]) -> list[Schema]:
        """Every schema that a value there may have to follow."""
        places = list(self._variants(self._schema))
        for step in way:
            places = [inner for place in places for inner in self._step(place, step)]
        return places

    def _step(self, schema: Schema, step: str | int) -> Iterator[Schema]:
        if isinstance(step, int):
            yield from self._variants(schema.get("items", {}))
        elif step in schema.get("properties", {}):
            yield from self._variants(schema["properties"][step])
        elif step in schema.get("discriminator", {}).get("mapping", {}):
            yield from self._variants({"$ref": schema["discriminator"]["mapping"][step]})

    def _variants(self, schema: Schema) -> Iterator[Schema]:
        """The schema itself, what it refers to, and each of its alternatives."""
        yield schema
        if "$ref" in schema:
            yield from self._variants(self._schema["$defs"][schema["$ref"].rpartition("/")[2]])
        for alternative in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
            yield from self._variants(alternative)


def _plain(value: Any, inside: str = "") -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    names = inside in {"properties", "$defs"}
    kept = {key: item for key, item in value.items() if names or (key != "title" and (key, item) != ("default", None))}
    return {key: _plain(item, key) for key, item in kept.items()}
