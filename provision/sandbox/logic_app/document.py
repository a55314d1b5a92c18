"""Reads pieces of a definition and refuses what does not belong there.

Pure: every reader takes the path of the piece, for the message.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from provision.sandbox.logic_app.duration import seconds
from provision.sandbox.logic_app.refusal import invalid, not_emulated


def mapping(where: str, value: Any) -> Mapping[str, Any]:
    """The value, which must be an object."""
    if not isinstance(value, dict):
        raise invalid(where, "an object is needed")
    return value


def members(where: str, value: Any, known: Collection[str], foreign: Collection[str] = ()) -> Mapping[str, Any]:
    """The object, which may hold `known` members only; `foreign` ones exist in Azure but not here."""
    found = mapping(where, value)
    for name in found:
        if name in foreign:
            raise not_emulated(f"{where}.{name}", "this setting")
        if name not in known:
            raise invalid(f"{where}.{name}", f"unknown member; known are {', '.join(sorted(known))}")
    return found


def text(where: str, value: Any) -> str:
    """The value, which must be a string that is not empty."""
    if not isinstance(value, str) or not value:
        raise invalid(where, "a text is needed")
    return value


def one_of(where: str, value: Any, known: Collection[str]) -> str:
    """The value in the spelling of `known`; the service compares without case."""
    for name in known:
        if isinstance(value, str) and value.lower() == name.lower():
            return name
    raise invalid(where, f"'{value}' is none of {', '.join(sorted(known))}")


def whole(where: str, value: Any, lowest: int, highest: int) -> int:
    """The value, which must be a whole number within the limits."""
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise invalid(where, f"'{value}' is not a whole number from {lowest} to {highest}")
    return value


def duration(where: str, value: Any) -> float:
    """The seconds of an ISO 8601 duration."""
    try:
        return seconds(text(where, value))
    except ValueError as error:
        raise invalid(where, str(error)) from None


def flags(where: str, value: Any, known: Collection[str], foreign: Collection[str] = ()) -> frozenset[str]:
    """The options of a comma-separated text, in the spelling of `known`."""
    if value is None:
        return frozenset()
    found = set()
    for part in text(where, value).split(","):
        name = part.strip()
        if name.lower() in {option.lower() for option in foreign}:
            raise not_emulated(where, f"the option {name}")
        found.add(one_of(where, name, known))
    return frozenset(found)


def secured(where: str, configuration: Any, supported: Collection[str]) -> frozenset[str]:
    """What `runtimeConfiguration.secureData` hides: `inputs`, `outputs` or both."""
    if configuration is None:
        return frozenset()
    foreign = ("concurrency", "contentTransfer", "paginationPolicy", "staticResult", "requestOptions")
    found = members(where, configuration, ("secureData",), foreign)
    data = members(f"{where}.secureData", found.get("secureData", {}), ("properties",))
    listed = data.get("properties", [])
    if not isinstance(listed, list):
        raise invalid(f"{where}.secureData.properties", "a list is needed")
    names = [one_of(f"{where}.secureData.properties", name, ("inputs", "outputs")) for name in listed]
    for name in names:
        if name not in supported:
            raise invalid(f"{where}.secureData.properties", f"this kind of action cannot hide its {name}")
    return frozenset(names)
