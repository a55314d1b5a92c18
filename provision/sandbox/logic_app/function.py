"""One function of the expression language: its name, how many arguments it takes, what it does.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from provision.sandbox.logic_app.scope import Scope
from provision.sandbox.logic_app.tree import ExpressionError
from provision.sandbox.logic_app.value import kind

Later = Callable[[], Any]
"""An argument that is evaluated when it is asked for: `if`, `and`, `or` and `coalesce` are lazy."""

MANY = 10_000
"""Upper bound of a function that takes any number of arguments."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function as the evaluator calls it."""

    name: str
    fewest: int
    most: int
    apply: Callable[[Scope, tuple[Later, ...]], Any]

    def check(self, count: int) -> None:
        """Refuses a wrong number of arguments.

        Raises:
            ExpressionError: says how many were given.
        """
        if not self.fewest <= count <= self.most:
            raise ExpressionError(
                f"The template language function '{self.name}' was invoked with '{count}' parameters; it expects "
                f"{_number(self.fewest, self.most)}."
            )


def _number(fewest: int, most: int) -> str:
    if most == MANY:
        return f"at least {fewest}"
    return str(fewest) if fewest == most else f"{fewest} to {most}"


def eager(name: str, fewest: int, most: int, compute: Callable[..., Any]) -> Function:
    """A function of its arguments' values and nothing else."""
    return Function(name, fewest, most, lambda _scope, arguments: compute(*(argument() for argument in arguments)))


def wrong(name: str, position: str, wanted: str, value: Any) -> ExpressionError:
    """An argument of the wrong kind; `position` is `first`, `second` or empty."""
    place = f"{position} parameter" if position else "parameter"
    return ExpressionError(
        f"The template language function '{name}' expects its {place} to be {wanted}. The provided value is of type "
        f"'{kind(value)}'."
    )


def string(name: str, position: str, value: Any) -> str:
    """The argument, which must be a string."""
    if not isinstance(value, str):
        raise wrong(name, position, "a string", value)
    return value


def integer(name: str, position: str, value: Any) -> int:
    """The argument, which must be a whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong(name, position, "an integer", value)
    return value
