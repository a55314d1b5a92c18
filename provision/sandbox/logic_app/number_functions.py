"""Functions of numbers: whole ones stay whole, division of whole ones is cut off towards zero.

Pure.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from provision.sandbox.logic_app.function import MANY, Function, eager, wrong
from provision.sandbox.logic_app.tree import ExpressionError
from provision.sandbox.logic_app.value import is_number, kind

Number = int | float


def _arithmetic(name: str, compute: Callable[[Number, Number], Number]) -> Function:
    def calculated(left: Any, right: Any) -> Number:
        for position, value in (("first", left), ("second", right)):
            if not is_number(value):
                raise wrong(name, position, "an integer, a float or a decimal number", value)
        if name in {"div", "mod"} and right == 0:
            raise ExpressionError(f"Attempt to divide an integral or decimal value by zero in function '{name}'.")
        result = compute(left, right)
        if isinstance(result, int) and not -(2**63) <= result < 2**63:
            raise ExpressionError(
                f"The provided parameters for template language function '{name}' caused arithmetic overflow."
            )
        return result

    return eager(name, 2, 2, calculated)


def _divide(left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int):
        quotient = abs(left) // abs(right)
        return quotient if (left < 0) == (right < 0) else -quotient
    return left / right


def _remainder(left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int):
        return left - right * int(_divide(left, right))
    return math.fmod(left, right)


def _extreme(name: str, choose: Callable[..., Number]) -> Function:
    def chosen(*values: Any) -> Number:
        numbers = values[0] if len(values) == 1 and isinstance(values[0], list) else values
        for value in numbers:
            if not is_number(value):
                raise ExpressionError(
                    f"The template language function '{name}' expects all of its parameters to be either integer or "
                    f"decimal numbers. Found invalid parameter types: '{kind(value)}'."
                )
        if not numbers:
            raise ExpressionError(f"The template language function '{name}' expects at least one number.")
        result = choose(numbers)
        return float(result) if any(isinstance(value, float) for value in numbers) else result

    return eager(name, 1, MANY, chosen)


NUMBER = (
    _arithmetic("add", lambda left, right: left + right),
    _arithmetic("sub", lambda left, right: left - right),
    _arithmetic("mul", lambda left, right: left * right),
    _arithmetic("div", _divide),
    _arithmetic("mod", _remainder),
    _extreme("min", min),
    _extreme("max", max),
)
