"""Evaluates expressions as Microsoft's engine does; recorded answers of that engine are in tests/cases/expression.

Pure: everything an expression can ask for comes from the `Scope`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from provision.sandbox.logic_app.expression import parse
from provision.sandbox.logic_app.functions import FUNCTIONS
from provision.sandbox.logic_app.scope import Scope
from provision.sandbox.logic_app.tree import Call, ExpressionError, Interpolation, Literal, Node, Step
from provision.sandbox.logic_app.value import kind, text_of


def evaluate(value: Any, scope: Scope) -> Any:
    """Any JSON value of a definition with every expression in it evaluated, keys too.

    Raises:
        ExpressionError: as the action would fail.
    """
    if isinstance(value, str):
        return evaluate_node(parse(value), scope)
    if isinstance(value, list):
        return [evaluate(item, scope) for item in value]
    if isinstance(value, dict):
        return _evaluate_object(value, scope)
    return value


def _evaluate_object(value: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for written, item in value.items():
        name = evaluate(written, scope)
        if not isinstance(name, str):
            raise ExpressionError(
                f"Unable to evaluate template language expression '{written}' as JSON property name: the expression "
                f"value of type '{kind(name)}' could not be used as property name."
            )
        if name in result:
            raise ExpressionError(
                f"Unable to evaluate template language expression '{written}' as JSON property name: the property "
                f"with name '{name}' already exists."
            )
        result[name] = evaluate(item, scope)
    return result


def evaluate_node(node: Node, scope: Scope) -> Any:
    """The value of one tree."""
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Interpolation):
        return "".join(text_of(evaluate_node(part, scope)) for part in node.parts)
    function = FUNCTIONS.get(node.name.lower())
    if function is None:
        raise ExpressionError(f"The template function '{node.name}' is not defined or not valid.")
    function.check(len(node.arguments))
    arguments = tuple(_later(argument, scope) for argument in node.arguments)
    result = function.apply(scope, arguments)
    for step in node.steps:
        result = _follow(result, step, node, scope)
    return result


def _later(node: Node, scope: Scope) -> Callable[[], Any]:
    return lambda: evaluate_node(node, scope)


def _follow(value: Any, step: Step, call: Call, scope: Scope) -> Any:
    key = evaluate_node(step.key, scope)
    if value is None:
        if step.safe:
            return None
        raise _unselectable(call, key)
    if isinstance(value, dict) and isinstance(key, str):
        return _property(value, key, step, call)
    if isinstance(value, list) and isinstance(key, int) and not isinstance(key, bool):
        return _element(value, key, step, call)
    raise _unselectable(call, key)


def _property(value: dict[str, Any], key: str, step: Step, call: Call) -> Any:
    if key in value:
        return value[key]
    for name, item in value.items():
        if name.lower() == key.lower():
            return item
    if step.safe:
        return None
    raise ExpressionError(
        f"The template language expression '{call.source}' cannot be evaluated because property '{key}' doesn't "
        f"exist, available properties are '{', '.join(value)}'."
    )


def _element(value: list[Any], key: int, step: Step, call: Call) -> Any:
    if 0 <= key < len(value):
        return value[key]
    if step.safe:
        return None
    raise ExpressionError(
        f"The template language expression '{call.source}' cannot be evaluated because array index '{key}' is outside "
        f"bounds (0, {len(value) - 1}) of array."
    )


def _unselectable(call: Call, key: Any) -> ExpressionError:
    return ExpressionError(
        f"The template language expression '{call.source}' cannot be evaluated because property '{text_of(key)}' "
        "cannot be selected."
    )
