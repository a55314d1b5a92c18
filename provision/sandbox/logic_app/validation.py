"""From the JSON of a definition to a `Workflow`, refused as the service would refuse it.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from provision.sandbox.logic_app import document
from provision.sandbox.logic_app.actions import read_actions
from provision.sandbox.logic_app.definition import SCHEMA, Parameter, Trigger, Workflow
from provision.sandbox.logic_app.order import ordered
from provision.sandbox.logic_app.references import check_references
from provision.sandbox.logic_app.refusal import invalid, not_emulated

MOST_ACTIONS = 500
MOST_PARAMETERS = 50
MOST_TRIGGERS = 10

_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "securestring": str,
    "int": int,
    "float": (int, float),
    "bool": bool,
    "array": list,
    "object": dict,
    "secureobject": dict,
}
_TRIGGER_OPTIONS = (
    "IncludeAuthorizationHeadersInOutputs",
    "SingleInstance",
    "SuppressWorkflowHeadersOnResponse",
    "EnableSchemaValidation",
)


def read_workflow(definition: Any) -> Workflow:
    """The checked workflow.

    Raises:
        Refusal: 400 `InvalidTemplate`, or `NotEmulated` for what only Azure can do.
    """
    known = ("$schema", "contentVersion", "parameters", "triggers", "actions", "outputs", "description", "metadata")
    found = document.members("definition", definition, known, ("staticResults",))
    if found.get("$schema") != SCHEMA:
        raise invalid("definition.$schema", f"'{found.get('$schema')}' is not {SCHEMA}")
    if not re.fullmatch(r"\d+(\.\d+){3}", str(found.get("contentVersion"))):
        raise invalid("definition.contentVersion", f"'{found.get('contentVersion')}' is no version such as 1.0.0.0")
    if found.get("outputs"):
        raise not_emulated("definition.outputs", "an output of the workflow")
    workflow = Workflow(
        parameters=_parameters(found.get("parameters", {})),
        triggers=_triggers(found.get("triggers")),
        actions=ordered(read_actions("actions", found.get("actions", {}))),
    )
    _check_names(workflow)
    check_references(workflow)
    return workflow


def parameter_values(workflow: Workflow, given: Any) -> dict[str, Any]:
    """The value of every declared parameter by lower-case name.

    Raises:
        Refusal: 400 when one is missing, undeclared, of the wrong kind or not allowed.
    """
    values = {}
    for name, holder in document.mapping("parameters", given or {}).items():
        if name.lower() not in workflow.parameters:
            raise invalid(f"parameters.{name}", "the definition declares no such parameter")
        values[name.lower()] = document.members(f"parameters.{name}", holder, ("value", "type")).get("value")
    for key, parameter in workflow.parameters.items():
        if key not in values and not parameter.has_default:
            raise invalid(f"parameters.{parameter.name}", "the parameter has neither a value nor a default")
        values.setdefault(key, parameter.default)
        _check_value(parameter, values[key])
    return values


def _check_value(parameter: Parameter, value: Any) -> None:
    fits = isinstance(value, _KINDS[parameter.kind]) and (parameter.kind == "bool" or not isinstance(value, bool))
    if not fits:
        raise invalid(f"parameters.{parameter.name}", f"the value is not of type {parameter.kind}")
    if parameter.allowed is not None and value not in parameter.allowed:
        raise invalid(f"parameters.{parameter.name}", f"'{value}' is not among the allowed values")


def _parameters(written: Any) -> dict[str, Parameter]:
    found = document.mapping("definition.parameters", written)
    if len(found) > MOST_PARAMETERS:
        raise invalid("definition.parameters", f"more than {MOST_PARAMETERS} parameters")
    result = {}
    for name, body in found.items():
        where = f"definition.parameters.{name}"
        inner = document.members(where, body, ("type", "defaultValue", "allowedValues", "metadata", "description"))
        allowed = inner.get("allowedValues")
        result[name.lower()] = Parameter(
            name=name,
            kind=document.one_of(f"{where}.type", inner.get("type"), _KINDS),
            has_default="defaultValue" in inner,
            default=inner.get("defaultValue"),
            allowed=None if allowed is None else tuple(allowed),
        )
    return result


def _triggers(written: Any) -> dict[str, Trigger]:
    found = document.mapping("definition.triggers", written)
    if not 1 <= len(found) <= MOST_TRIGGERS:
        raise invalid("definition.triggers", f"1 to {MOST_TRIGGERS} triggers are needed")
    return {name.lower(): _trigger(f"definition.triggers.{name}", name, body) for name, body in found.items()}


def _trigger(where: str, name: str, written: Any) -> Trigger:
    if str(document.mapping(where, written).get("type")).lower() != "request":
        raise not_emulated(where, f"the trigger type {written.get('type')}")
    known = (
        "type",
        "kind",
        "inputs",
        "correlation",
        "runtimeConfiguration",
        "operationOptions",
        "description",
        "metadata",
    )
    found = document.members(where, written, known, ("conditions", "splitOn", "recurrence"))
    document.one_of(f"{where}.kind", found.get("kind", "Http"), ("Http",))
    inputs = document.members(f"{where}.inputs", found.get("inputs", {}), ("method", "schema"), ("relativePath",))
    if str(inputs.get("method", "POST")).upper() != "POST":
        raise not_emulated(f"{where}.inputs.method", f"the method {inputs['method']}")
    document.flags(f"{where}.operationOptions", found.get("operationOptions"), (), _TRIGGER_OPTIONS)
    correlation = document.members(f"{where}.correlation", found.get("correlation", {}), ("clientTrackingId",))
    hidden = document.secured(f"{where}.runtimeConfiguration", found.get("runtimeConfiguration"), ("inputs", "outputs"))
    return Trigger(name, correlation.get("clientTrackingId"), hidden)


def _check_names(workflow: Workflow) -> None:
    seen: set[str] = set()
    loops = _inside_loops(workflow)
    for action in workflow.every_action():
        if action.name.lower() in seen:
            raise invalid(action.path, f"the name '{action.name}' is used twice in this workflow")
        seen.add(action.name.lower())
        if action.kind == "Terminate" and action.name in loops:
            raise invalid(action.path, "Terminate cannot stand inside an Until")
    if len(seen) > MOST_ACTIONS:
        raise invalid("actions", f"{len(seen)} actions; the service takes {MOST_ACTIONS}")


def _inside_loops(workflow: Workflow) -> frozenset[str]:
    loops = (action for action in workflow.every_action() if action.kind == "Until")
    return frozenset(inner.name for loop in loops for inner in loop.inside())
