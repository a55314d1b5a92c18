"""OData query options of one call: `$select`, `$expand`, `$filter`, `$top`, `$count`, `$skiptoken`.

What Graph would refuse is refused with its 400; what Graph knows and the sandbox does not play is refused with 501.
Nothing is ignored.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from provision.sandbox.graph import query_filter
from provision.sandbox.graph.metadata import properties_of
from provision.sandbox.service import Call, Refusal

_ENTITY_OPTIONS = {"$select", "$expand"}
_LIST_OPTIONS = {*_ENTITY_OPTIONS, "$filter", "$top", "$count", "$skiptoken"}
_NOT_PLAYED = {"$orderby", "$skip", "$search", "$format", "$apply", "$compute", "$deltatoken", "$levels"}


@dataclass(frozen=True, slots=True)
class Shape:
    """Which properties and navigations of an entity an answer holds; `select` None means all properties."""

    select: frozenset[str] | None = None
    expand: Mapping[str, Shape] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a call; `after` is the number of the last row of the page before."""

    shape: Shape
    condition: query_filter.Condition | None = None
    top: int | None = None
    count: bool = False
    after: int = 0


def shape_of(call: Call, type_name: str) -> Shape:
    """The options of a call on one entity.

    Raises:
        Refusal: 400 or 501.
    """
    _check_names(call.query, _ENTITY_OPTIONS)
    return _shape(call.query, type_name)


def options_of(call: Call, type_name: str, filterable: query_filter.Filterable) -> Options:
    """The options of a call on a list.

    Raises:
        Refusal: 400 or 501.
    """
    query = call.query
    _check_names(query, _LIST_OPTIONS)
    condition = query_filter.parse(query["$filter"], type_name, filterable) if "$filter" in query else None
    if query.get("$count", "false") not in {"true", "false"}:
        raise Refusal(400, "BadRequest", f"$count must be true or false, not '{query['$count']}'.")
    return Options(
        shape=_shape(query, type_name),
        condition=condition,
        top=_top(query["$top"]) if "$top" in query else None,
        count=query.get("$count") == "true",
        after=_read_token(query["$skiptoken"]) if "$skiptoken" in query else 0,
    )


def skip_token(number: int) -> str:
    """The opaque text that continues a list after the row with this number."""
    return base64.urlsafe_b64encode(f"after={number}".encode()).decode()


def _check_names(query: Mapping[str, str], known: set[str]) -> None:
    for name, value in query.items():
        if name in _NOT_PLAYED:
            raise Refusal(501, "NotImplemented", f"The sandbox does not play the query option '{name}'.")
        if name not in known:
            raise Refusal(400, "BadRequest", f"The query parameter '{name}' is not supported on this resource.")
        if not value.strip():
            raise Refusal(400, "BadRequest", f"The query parameter '{name}' has no value.")


def _top(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 999:
        raise Refusal(400, "BadRequest", f"Invalid value '{text}' for $top: it must be a number from 1 to 999.")
    return int(text)


def _read_token(text: str) -> int:
    try:
        name, _, number = base64.urlsafe_b64decode(text).decode().partition("=")
    except (binascii.Error, UnicodeDecodeError):
        name, number = "", ""
    if name != "after" or not number.isdecimal():
        raise Refusal(400, "BadRequest", "The $skiptoken is not one of this service; follow @odata.nextLink as it is.")
    return int(number)


def _shape(query: Mapping[str, str], type_name: str) -> Shape:
    select = _select(query["$select"], type_name) if "$select" in query else None
    expand = dict(_expansions(query["$expand"], type_name)) if "$expand" in query else {}
    return Shape(select, expand)


def _select(text: str, type_name: str) -> frozenset[str] | None:
    names = [name.strip() for name in text.split(",")]
    known = properties_of(type_name)
    for name in names:
        if name != "*" and name not in known:
            raise _unknown(name, type_name, "$select")
    return None if "*" in names else frozenset(names)


def _expansions(text: str, type_name: str) -> Iterator[tuple[str, Shape]]:
    known = properties_of(type_name)
    for item in _split(text, ","):
        name, bracket, rest = item.strip().partition("(")
        if name not in known:
            raise _unknown(name, type_name, "$expand")
        if not known[name].link:
            message = f"Property '{name}' on type 'microsoft.graph.{type_name}' is not a navigation property."
            raise Refusal(400, "BadRequest", f"{message} Only navigation properties can be expanded.")
        if bracket and not rest.endswith(")"):
            raise Refusal(400, "BadRequest", f"Invalid $expand: '{item}' has unbalanced parentheses.")
        inner = dict(_inner_option(part) for part in _split(rest[:-1], ";")) if bracket else {}
        _check_names(inner, _ENTITY_OPTIONS)
        yield name, _shape(inner, known[name].type)


def _inner_option(part: str) -> tuple[str, str]:
    name, _, value = part.strip().partition("=")
    return name, value


def _split(text: str, separator: str) -> list[str]:
    parts, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    if depth:
        raise Refusal(400, "BadRequest", f"Invalid $expand: '{text}' has unbalanced parentheses.")
    return parts


def _unknown(name: str, type_name: str, option: str) -> Refusal:
    message = f"Could not find a property named '{name}' on type 'microsoft.graph.{type_name}'."
    return Refusal(400, "BadRequest", f"Parsing OData Select and Expand failed: {message} ({option})")
