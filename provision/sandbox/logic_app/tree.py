"""The tree of an expression, and what can be wrong with one.

Pure data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class ExpressionError(Exception):
    """An expression that cannot be read or evaluated; the text is what the service would say."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant."""

    value: Any


@dataclass(frozen=True, slots=True)
class Step:
    """`['key']`, `[0]` or `.key` after a call; `safe` when written with a question mark."""

    key: Node
    safe: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A function call and the steps into its result. `source` is the expression as it was written."""

    name: str
    arguments: tuple[Node, ...]
    steps: tuple[Step, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Interpolation:
    """Text with expressions in it; always gives a string."""

    parts: tuple[Node, ...]


Node = Literal | Call | Interpolation


def calls(node: Node) -> list[Call]:
    """Every call in the tree, outer ones first."""
    if isinstance(node, Interpolation):
        return [call for part in node.parts for call in calls(part)]
    if isinstance(node, Call):
        inner = (*node.arguments, *(step.key for step in node.steps))
        return [node, *(call for part in inner for call in calls(part))]
    return []
