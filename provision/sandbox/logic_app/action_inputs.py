"""What the `inputs` of each kind of action must look like.

Pure. Strings that are expressions are left to the run; constants are checked here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from provision.sandbox.logic_app import document
from provision.sandbox.logic_app.refusal import invalid, not_emulated

VARIABLE_KINDS = ("array", "boolean", "float", "integer", "object", "string")
WAIT_SECONDS = {"Second": 1, "Minute": 60, "Hour": 3600, "Day": 86400, "Week": 604800}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
RUN_STATUSES = ("Failed", "Cancelled", "Succeeded")


def is_expression(value: Any) -> bool:
    """True for a string that the run will evaluate."""
    return isinstance(value, str) and ((value.startswith("@") and not value.startswith("@@")) or "@{" in value)


def _http(where: str, inputs: Any) -> None:
    known = ("method", "uri", "headers", "queries", "body", "authentication", "retryPolicy")
    found = document.members(where, inputs, known, ("cookie",))
    if not is_expression(found.get("method")):
        document.one_of(f"{where}.method", found.get("method"), METHODS)
    uri = document.text(f"{where}.uri", found.get("uri"))
    if not is_expression(uri) and not uri.startswith(("https://", "http://")):
        raise invalid(f"{where}.uri", f"'{uri}' is no absolute address")
    for name in ("headers", "queries"):
        if name in found:
            document.mapping(f"{where}.{name}", found[name])
    if "authentication" in found:
        _authentication(f"{where}.authentication", found["authentication"])
    if "retryPolicy" in found:
        _retry(f"{where}.retryPolicy", found["retryPolicy"])


def _authentication(where: str, value: Any) -> None:
    kinds = ("ManagedServiceIdentity", "None", "Basic", "ClientCertificate", "ActiveDirectoryOAuth", "Raw")
    kind = document.one_of(f"{where}.type", document.mapping(where, value).get("type"), kinds)
    if kind != "ManagedServiceIdentity":
        raise not_emulated(where, f"authentication of type {kind}")
    document.members(where, value, ("type", "audience"), ("identity",))
    if "audience" in value:
        document.text(f"{where}.audience", value["audience"])


def _retry(where: str, value: Any) -> None:
    names = ("type", "count", "interval", "minimumInterval", "maximumInterval")
    found = document.members(where, value, names)
    kind = document.one_of(f"{where}.type", found.get("type"), ("none", "fixed", "exponential", "default"))
    if kind in {"fixed", "exponential"}:
        document.whole(f"{where}.count", found.get("count"), 1, 90)
        interval = document.duration(f"{where}.interval", found.get("interval"))
        if not 5 <= interval <= 86400:
            raise invalid(f"{where}.interval", "the interval must be between PT5S and P1D")
    for name in ("minimumInterval", "maximumInterval"):
        if name in found:
            document.duration(f"{where}.{name}", found[name])


def _compose(where: str, inputs: Any) -> None:
    if inputs is None:
        raise invalid(where, "inputs are needed")


def _initialize_variable(where: str, inputs: Any) -> None:
    listed = document.members(where, inputs, ("variables",)).get("variables")
    if not isinstance(listed, list) or len(listed) != 1:
        raise invalid(f"{where}.variables", "a list of one variable is needed")
    found = document.members(f"{where}.variables[0]", listed[0], ("name", "type", "value"))
    document.text(f"{where}.variables[0].name", found.get("name"))
    document.one_of(f"{where}.variables[0].type", found.get("type"), VARIABLE_KINDS)


def _set_variable(where: str, inputs: Any) -> None:
    found = document.members(where, inputs, ("name", "value"))
    document.text(f"{where}.name", found.get("name"))
    if "value" not in found:
        raise invalid(f"{where}.value", "a value is needed")


def _wait(where: str, inputs: Any) -> None:
    interval = document.members(where, inputs, ("interval",), ("until",)).get("interval")
    found = document.members(f"{where}.interval", interval, ("count", "unit"))
    if not is_expression(found.get("count")):
        document.whole(f"{where}.interval.count", found.get("count"), 1, 7_776_000)
    if found.get("unit") == "Month":
        raise not_emulated(f"{where}.interval.unit", "the unit Month")
    document.one_of(f"{where}.interval.unit", found.get("unit"), WAIT_SECONDS)


def _terminate(where: str, inputs: Any) -> None:
    found = document.members(where, inputs, ("runStatus", "runError"))
    status = document.one_of(f"{where}.runStatus", found.get("runStatus"), RUN_STATUSES)
    if "runError" in found:
        document.members(f"{where}.runError", found["runError"], ("code", "message"))
        if status != "Failed":
            raise invalid(f"{where}.runError", "an error belongs to the status Failed only")


INPUTS: Mapping[str, Callable[[str, Any], None]] = {
    "Http": _http,
    "Compose": _compose,
    "InitializeVariable": _initialize_variable,
    "SetVariable": _set_variable,
    "Wait": _wait,
    "Terminate": _terminate,
}
"""By kind of action; each raises `Refusal` for inputs the service or the sandbox cannot take."""
