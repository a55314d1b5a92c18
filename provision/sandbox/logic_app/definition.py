"""A workflow definition as the engine runs it: frozen, checked, with nothing in it that would be ignored.

Pure. Source: the 2016-06-01 schema and the published reference of actions and triggers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from provision.sandbox.logic_app.tree import Node

SCHEMA = "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#"
STATUSES = ("Succeeded", "Failed", "Skipped", "TimedOut")


@dataclass(frozen=True, slots=True)
class Limit:
    """When an Until gives up: passes, and seconds since it began."""

    count: int = 60
    timeout: float = 3600.0


@dataclass(frozen=True, slots=True)
class Action:
    """One action. `path` says where it stands in the definition.

    `branches` holds the actions inside: `actions` (Scope, Until, If), `else` (If), the names of the cases and
    `default` (Switch). `cases` holds what each case compares with.
    """

    name: str
    kind: str
    path: str
    run_after: Mapping[str, frozenset[str]]
    inputs: Any = None
    condition: Node | None = None
    branches: Mapping[str, tuple[Action, ...]] = field(default_factory=dict)
    cases: Mapping[str, Any] = field(default_factory=dict)
    limit: Limit = Limit()
    options: frozenset[str] = frozenset()
    secured: frozenset[str] = frozenset()

    def inside(self) -> Iterator[Action]:
        """Every action below this one."""
        for branch in self.branches.values():
            for action in branch:
                yield action
                yield from action.inside()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared workflow parameter; `kind` is lower case."""

    name: str
    kind: str
    has_default: bool
    default: Any = None
    allowed: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """A Request trigger. `tracking_id` is an expression, or None."""

    name: str
    tracking_id: Any = None
    secured: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Workflow:
    """A whole definition; `actions` are in the order in which they can run."""

    parameters: Mapping[str, Parameter]
    triggers: Mapping[str, Trigger]
    actions: tuple[Action, ...]

    def every_action(self) -> Iterator[Action]:
        """Every action, nested ones too."""
        for action in self.actions:
            yield action
            yield from action.inside()
