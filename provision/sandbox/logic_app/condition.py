"""Conditions written as objects, `{"and": [{"equals": ["@...", 1]}]}`, read into the same trees as expressions.

Pure. Each object holds one function; its arguments are nested objects, expressions or constants.
"""

from __future__ import annotations

from typing import Any

from provision.sandbox.logic_app.expression import parse
from provision.sandbox.logic_app.tree import Call, ExpressionError, Literal, Node


def read_condition(written: Any) -> Node:
    """The tree of a condition: an object, or a string that holds an expression.

    Raises:
        ExpressionError: it is neither, or an object with more or fewer than one function.
    """
    if isinstance(written, str):
        return parse(written)
    if not isinstance(written, dict):
        return Literal(written)
    if len(written) != 1:
        raise ExpressionError(f"A condition object holds exactly one function; this one holds {len(written)}.")
    ((name, arguments),) = written.items()
    listed = arguments if isinstance(arguments, list) else [arguments]
    return Call(name, tuple(read_condition(argument) for argument in listed), source=name)
