"""What an expression may ask about its surroundings.

Pure: the run implements it, and tests do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol


class Scope(Protocol):
    """The surroundings of an expression; every name is compared without case."""

    def trigger(self) -> Mapping[str, Any]:
        """`name`, `status`, `outputs` of the trigger that started the run."""
        ...

    def action(self, name: str) -> Mapping[str, Any] | None:
        """`name`, `status`, `inputs`, `outputs` ... of an action; None before it ran."""
        ...

    def parameter(self, name: str) -> Any:
        """The value of a workflow parameter.

        Raises:
            ExpressionError: there is none of that name.
        """
        ...

    def variable(self, name: str) -> Any:
        """The value of a variable.

        Raises:
            ExpressionError: it was not initialised.
        """
        ...

    def workflow(self) -> Mapping[str, Any]:
        """`id`, `name`, `type`, and `run` with the same."""
        ...

    def now(self) -> datetime:
        """The time in UTC."""
        ...
