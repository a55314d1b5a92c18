"""Whether a request body is what Microsoft's metadata allows: names, types, enumeration members, `@odata.type`.

Nothing unknown is ignored. Codes and wording follow Graph's: `BadRequest` for names and values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from provision.sandbox.graph.entity_types import NAMESPACE, Property
from provision.sandbox.graph.lifecycle_workflows.entity_types import FLAGS
from provision.sandbox.graph.metadata import ENUMS, TYPES, derives, properties_of
from provision.sandbox.service import Call, Refusal

_DURATION = re.compile(r"-?P(?=\d|T\d)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,12})?)?(Z|[+-]\d\d:\d\d)")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ANNOTATION = re.compile(r"(\w*)@odata\.(context|type|id|etag|navigationLink|associationLink)")
_NAMED_ABSTRACT = {"customExtensionCallbackConfiguration"}
"""Abstract in the metadata, and yet what Microsoft's examples send as `@odata.type`."""


def read(call: Call, type_name: str) -> dict[str, Any]:
    """The body of `call`, checked against the type.

    Raises:
        Refusal: 400, naming the first thing that is wrong; 415 when it is not sent as JSON.
    """
    if not call.headers.get("content-type", "").lower().startswith("application/json"):
        raise Refusal(415, "UnsupportedMediaType", "The Content-Type of a request body must be application/json.")
    body = call.json()
    check(body, type_name, "body")
    return dict(body)


def check(value: Any, type_name: str, where: str) -> None:
    """Refuse a value that is not an object of the type.

    Raises:
        Refusal: 400, naming the first thing that is wrong.
    """
    if not isinstance(value, Mapping):
        raise _bad(where, f"must be an object of type {NAMESPACE}{type_name}")
    actual = actual_type(value, type_name, where)
    known = properties_of(actual)
    for name, item in value.items():
        note = _ANNOTATION.fullmatch(name)
        if note and (not note[1] or note[1] in known):
            continue
        if name not in known:
            raise _bad(
                where,
                f"The property '{name}' does not exist on type '{NAMESPACE}{actual}'. Make sure to only use property "
                "names that are defined by the type.",
            )
        _check_property(item, known[name], f"{where}.{name}")


def actual_type(value: Mapping[str, Any], type_name: str, where: str) -> str:
    """The type an object has: the one it names, or the declared one.

    Raises:
        Refusal: 400 when the name is unknown, not derived from the declared type, or missing on an abstract one.
    """
    named = value.get("@odata.type")
    if named is None:
        if TYPES[type_name].abstract:
            raise _bad(where, f"{NAMESPACE}{type_name} is abstract: '@odata.type' must name a type derived from it")
        return type_name
    actual = str(named).removeprefix("#").removeprefix(NAMESPACE)
    if not str(named).removeprefix("#").startswith(NAMESPACE) or actual not in TYPES:
        raise _bad(where, f"'@odata.type' '{named}' is not a type that is known here")
    if not derives(actual, type_name):
        raise _bad(where, f"'@odata.type' '{named}' does not derive from {NAMESPACE}{type_name}")
    if TYPES[actual].abstract and actual not in _NAMED_ABSTRACT:
        raise _bad(where, f"'@odata.type' '{named}' is an abstract type")
    return actual


def seconds_of(duration: str) -> float:
    """The seconds of an ISO 8601 duration of days and time, such as `PT2H` or `P14D`.

    Raises:
        Refusal: 400 when it is none.
    """
    match = _DURATION.fullmatch(duration)
    if match is None:
        raise Refusal(400, "BadRequest", f"'{duration}' is not a valid Edm.Duration.")
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _check_property(value: Any, wanted: Property, where: str) -> None:
    if not wanted.many:
        _check_value(value, wanted, where)
        return
    if not isinstance(value, list):
        raise _bad(where, "is a collection and must be an array, never null")
    for position, item in enumerate(value):
        _check_value(item, wanted, f"{where}[{position}]")


def _check_value(value: Any, wanted: Property, where: str) -> None:
    if value is None:
        if not wanted.nullable:
            raise _bad(where, "must not be null")
    elif wanted.type in TYPES:
        check(value, wanted.type, where)
    elif wanted.type in ENUMS:
        if not _member(value, wanted.type):
            raise _bad(where, f"'{value}' is not a member of {NAMESPACE}{wanted.type}")
    elif not _primitive(wanted.type, value):
        raise _bad(where, f"Cannot convert the literal '{value}' to the expected type 'Edm.{wanted.type}'")


def _member(value: Any, name: str) -> bool:
    members = str(value).split(",") if name in FLAGS else [value]
    return set(members) <= set(ENUMS[name])


def _primitive(kind: str, value: Any) -> bool:
    if kind == "Boolean":
        return isinstance(value, bool)
    if kind in {"Int32", "Int64"}:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "Duration":
        return isinstance(value, str) and _DURATION.fullmatch(value) is not None
    if kind == "DateTimeOffset":
        return isinstance(value, str) and _MOMENT.fullmatch(value) is not None
    if kind == "Guid":
        return isinstance(value, str) and _GUID.fullmatch(value) is not None
    return isinstance(value, str)


def _bad(where: str, message: str) -> Refusal:
    return Refusal(400, "BadRequest", f"{where}: {message}")
