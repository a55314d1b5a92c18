"""Functions that reach for the run: trigger, actions, parameters, variables, the workflow itself.

Pure: they ask the scope.
"""

from __future__ import annotations

from typing import Any

from provision.sandbox.logic_app.function import Function, Later, string
from provision.sandbox.logic_app.scope import Scope

ACTION_REFERENCES = frozenset({"body", "outputs", "actions"})
"""Functions whose first argument names an action, lower case."""


def _trigger(scope: Scope, _arguments: tuple[Later, ...]) -> Any:
    return dict(scope.trigger())


def _trigger_outputs(scope: Scope, _arguments: tuple[Later, ...]) -> Any:
    return scope.trigger().get("outputs")


def _trigger_body(scope: Scope, _arguments: tuple[Later, ...]) -> Any:
    return _body_of(scope.trigger().get("outputs"))


def _actions(scope: Scope, arguments: tuple[Later, ...]) -> Any:
    found = scope.action(string("actions", "", arguments[0]()))
    return None if found is None else dict(found)


def _outputs(scope: Scope, arguments: tuple[Later, ...]) -> Any:
    found = scope.action(string("outputs", "", arguments[0]()))
    return None if found is None else found.get("outputs")


def _body(scope: Scope, arguments: tuple[Later, ...]) -> Any:
    found = scope.action(string("body", "", arguments[0]()))
    return None if found is None else _body_of(found.get("outputs"))


def _body_of(outputs: Any) -> Any:
    return outputs.get("body") if isinstance(outputs, dict) else None


def _parameters(scope: Scope, arguments: tuple[Later, ...]) -> Any:
    return scope.parameter(string("parameters", "", arguments[0]()))


def _variables(scope: Scope, arguments: tuple[Later, ...]) -> Any:
    return scope.variable(string("variables", "", arguments[0]()))


def _workflow(scope: Scope, _arguments: tuple[Later, ...]) -> Any:
    return dict(scope.workflow())


REFERENCE = (
    Function("trigger", 0, 0, _trigger),
    Function("triggerOutputs", 0, 0, _trigger_outputs),
    Function("triggerBody", 0, 0, _trigger_body),
    Function("actions", 1, 1, _actions),
    Function("outputs", 1, 1, _outputs),
    Function("body", 1, 1, _body),
    Function("parameters", 1, 1, _parameters),
    Function("variables", 1, 1, _variables),
    Function("workflow", 0, 0, _workflow),
)
