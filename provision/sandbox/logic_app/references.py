"""Checks every expression of a workflow: it can be read, its functions exist, and what it names is there in time.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provision.sandbox.logic_app.definition import Action, Workflow
from provision.sandbox.logic_app.expression import parse
from provision.sandbox.logic_app.functions import FUNCTIONS
from provision.sandbox.logic_app.order import preceding
from provision.sandbox.logic_app.reference_functions import ACTION_REFERENCES
from provision.sandbox.logic_app.refusal import invalid
from provision.sandbox.logic_app.tree import Call, ExpressionError, Literal, Node, calls


def check_references(workflow: Workflow) -> None:
    """Refuses a workflow whose expressions cannot work.

    Raises:
        Refusal: 400 InvalidTemplate, naming the action.
    """
    for trigger in workflow.triggers.values():
        for call in _calls(f"triggers.{trigger.name}", trigger.tracking_id):
            _check_call(f"triggers.{trigger.name}", call, workflow, frozenset(), frozenset())
    variables = _variables(workflow)
    for action, before in preceding(workflow.actions):
        visible = before | _own(action)
        set_before = frozenset(name for name, owner in variables.items() if owner in before)
        for call in (*_calls(action.path, action.inputs), *(calls(action.condition) if action.condition else ())):
            _check_call(action.path, call, workflow, visible, set_before)
        _check_set_variable(action, set_before)


def _own(action: Action) -> frozenset[str]:
    """An Until may ask about what ran inside it."""
    return frozenset(inner.name.lower() for inner in action.inside()) if action.kind == "Until" else frozenset()


def _variables(workflow: Workflow) -> dict[str, str]:
    """Each variable, and the action that makes it, lower case."""
    found: dict[str, str] = {}
    top = {action.name for action in workflow.actions}
    for action in workflow.every_action():
        if action.kind != "InitializeVariable":
            continue
        name = action.inputs["variables"][0]["name"]
        if action.name not in top:
            raise invalid(action.path, "variables are initialised at the top level only")
        if name.lower() in found:
            raise invalid(action.path, f"the variable '{name}' is initialised twice")
        found[name.lower()] = action.name.lower()
    return found


def _check_set_variable(action: Action, known: frozenset[str]) -> None:
    if action.kind != "SetVariable":
        return
    name = action.inputs["name"]
    if name.lower() not in known:
        raise invalid(action.path, f"the variable '{name}' is not initialised before this action")
    for call in _calls(action.path, action.inputs["value"]):
        if call.name.lower() == "variables" and _literal(call) == name.lower():
            raise invalid(action.path, f"the variable '{name}' cannot be set from itself")


def _calls(where: str, value: Any) -> Iterator[Call]:
    try:
        if isinstance(value, str):
            yield from calls(parse(value))
        elif isinstance(value, list):
            for item in value:
                yield from _calls(where, item)
        elif isinstance(value, dict):
            for name, item in value.items():
                yield from _calls(where, name)
                yield from _calls(where, item)
    except ExpressionError as error:
        raise invalid(where, str(error)) from None


def _literal(call: Call) -> str | None:
    first: Node | None = call.arguments[0] if call.arguments else None
    return first.value.lower() if isinstance(first, Literal) and isinstance(first.value, str) else None


def _check_call(where: str, call: Call, workflow: Workflow, actions: frozenset[str], variables: frozenset[str]) -> None:
    function = FUNCTIONS.get(call.name.lower())
    if function is None:
        raise invalid(where, f"the template function '{call.name}' is not defined, or not emulated by the sandbox")
    try:
        function.check(len(call.arguments))
    except ExpressionError as error:
        raise invalid(where, str(error)) from None
    known = {
        **dict.fromkeys(ACTION_REFERENCES, (actions, "action that has had its turn")),
        "parameters": (frozenset(workflow.parameters), "declared parameter"),
        "variables": (variables, "variable initialised before"),
    }
    if function.name.lower() not in known:
        return
    names, wanted = known[function.name.lower()]
    named = _literal(call)
    if named is None:
        raise invalid(where, f"{function.name}() needs a literal name")
    if named not in names:
        raise invalid(where, f"{function.name}('{named}'): no {wanted} has this name")
