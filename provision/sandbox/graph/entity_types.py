"""How the sandbox notes a type of Microsoft Graph's metadata, as one line of text.

In a table, `name:Type` is a property, `[Type]` a collection, `!` not nullable; a type that is in no table is a
primitive Edm type. Names leave out the namespace `microsoft.graph`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NAMESPACE = "microsoft.graph."


@dataclass(frozen=True, slots=True)
class Property:
    """One property; `link` marks a navigation, which answers hold only when it was expanded."""

    name: str
    type: str
    many: bool
    nullable: bool
    link: bool


@dataclass(frozen=True, slots=True)
class EdmType:
    """One entity or complex type with its own properties; those of `base` come on top."""

    name: str
    base: str
    abstract: bool
    properties: Mapping[str, Property]


def _properties(table: str, *, link: bool) -> dict[str, Property]:
    found = {}
    for item in table.split():
        name, _, kind = item.partition(":")
        bare = kind.rstrip("!")
        found[name] = Property(name, bare.strip("[]"), bare.startswith("["), not kind.endswith("!"), link)
    return found


def edm_type(name: str, table: str = "", links: str = "", base: str = "", *, abstract: bool = False) -> EdmType:
    """A type from its two tables: properties and navigations."""
    return EdmType(name, base, abstract, {**_properties(table, link=False), **_properties(links, link=True)})
