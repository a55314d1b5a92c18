"""Functions of truth: lazy where the engine is lazy, strict about booleans and about what can be ordered.

Pure.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from provision.sandbox.logic_app.function import MANY, Function, Later, eager, wrong
from provision.sandbox.logic_app.scope import Scope
from provision.sandbox.logic_app.tree import ExpressionError
from provision.sandbox.logic_app.value import is_number, kind, same


def _boolean(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise wrong(name, "", "a boolean", value)
    return value


def _and(_scope: Scope, arguments: tuple[Later, ...]) -> bool:
    return all(_boolean("and", argument()) for argument in arguments)


def _or(_scope: Scope, arguments: tuple[Later, ...]) -> bool:
    return any(_boolean("or", argument()) for argument in arguments)


def _if(_scope: Scope, arguments: tuple[Later, ...]) -> Any:
    condition, when_true, when_false = arguments
    return when_true() if _boolean("if", condition()) else when_false()


def _coalesce(_scope: Scope, arguments: tuple[Later, ...]) -> Any:
    for argument in arguments:
        value = argument()
        if value is not None:
            return value
    return None


def _equals(first: Any, *others: Any) -> bool:
    return all(_equal(first, other) for other in others)


def _equal(left: Any, right: Any) -> bool:
    if is_number(left) and is_number(right):
        return bool(left == right)
    return same(left, right)


def _ordering(name: str, compare: Callable[[Any, Any], bool]) -> Function:
    def ordered(left: Any, right: Any) -> bool:
        texts = isinstance(left, str) and isinstance(right, str)
        if texts or (is_number(left) and is_number(right)):
            return compare(left, right)
        raise ExpressionError(
            f"The template language function '{name}' expects two parameter of matching types. The function was "
            f"invoked with values of type '{kind(left)}' and '{kind(right)}' that do not match."
        )

    return eager(name, 2, 2, ordered)


LOGIC = (
    Function("and", 1, MANY, _and),
    Function("or", 1, MANY, _or),
    Function("if", 3, 3, _if),
    Function("coalesce", 1, MANY, _coalesce),
    eager("not", 1, 1, lambda value: not _boolean("not", value)),
    eager("equals", 2, MANY, _equals),
    _ordering("greater", operator.gt),
    _ordering("greaterOrEquals", operator.ge),
    _ordering("less", operator.lt),
    _ordering("lessOrEquals", operator.le),
)
