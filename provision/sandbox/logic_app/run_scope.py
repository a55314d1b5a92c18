"""What the expressions of one run can see: its trigger, the turns of its actions, parameters and variables.

Pure; readable from other threads while the run goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provision.sandbox.clock import Clock
from provision.sandbox.logic_app.definition import Action, Workflow
from provision.sandbox.logic_app.record import ActionRecord, RunRecord
from provision.sandbox.logic_app.tree import ExpressionError
from provision.sandbox.logic_app.value import is_number


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run carries out: the workflow, its parameters by lower-case name, its resource id."""

    workflow: Workflow
    parameters: Mapping[str, Any]
    workflow_id: str


class RunScope:
    """The `Scope` of a run, and where the run writes down what happened."""

    def __init__(self, plan: Plan, record: RunRecord, clock: Clock) -> None:
        self.plan = plan
        self.record = record
        self._clock = clock
        self._turns: dict[str, ActionRecord] = {}
        self._variables: dict[str, tuple[str, Any]] = {}

    def begin(self, action: Action, status: str) -> ActionRecord:
        """A new turn of an action; inside a loop it takes the place of the earlier one."""
        earlier = self._turns.get(action.name.lower())
        turn = ActionRecord(action, status, self.now(), passes=earlier.passes + 1 if earlier else 1)
        self._turns[action.name.lower()] = turn
        return turn

    def status(self, name: str) -> str:
        """How the latest turn of an action stands."""
        return self._turns[name.lower()].status

    def turns(self) -> list[ActionRecord]:
        """The latest turn of every action so far, in the order of their first ones."""
        return list(self._turns.values())

    def declare(self, name: str, kind: str, value: Any) -> bool:
        """Makes a variable; False when the value is of another kind."""
        if value is not None and not _fits(kind, value):
            return False
        self._variables[name.lower()] = (kind, value)
        return True

    def assign(self, name: str, value: Any) -> bool:
        """Sets a variable; False when the value is of another kind."""
        kind, _ = self._variables[name.lower()]
        return self.declare(name, kind, value)

    def trigger(self) -> Mapping[str, Any]:
        """The trigger of this run."""
        return {"name": self.record.trigger_name, "status": "Succeeded", "outputs": self.record.trigger_outputs}

    def action(self, name: str) -> Mapping[str, Any] | None:
        """The latest turn of an action; None before it had one."""
        found = self._turns.get(name.lower())
        return None if found is None else found.reference()

    def parameter(self, name: str) -> Any:
        """A workflow parameter."""
        if name.lower() not in self.plan.parameters:
            raise ExpressionError(f"The workflow parameter '{name}' is not found.")
        return self.plan.parameters[name.lower()]

    def variable(self, name: str) -> Any:
        """A variable."""
        if name.lower() not in self._variables:
            raise ExpressionError(f"The variable '{name}' must be initialized before it can be used.")
        return self._variables[name.lower()][1]

    def workflow(self) -> Mapping[str, Any]:
        """The workflow and this run."""
        identifier = self.plan.workflow_id
        run = {"id": self.record.identifier, "name": self.record.name, "type": "Microsoft.Logic/workflows/runs"}
        name = identifier.rsplit("/", 1)[-1]
        return {"id": identifier, "name": name, "type": "Microsoft.Logic/workflows", "run": run}

    def now(self) -> datetime:
        """The time in UTC."""
        return self._clock.now()


def _fits(kind: str, value: Any) -> bool:
    if kind in {"integer", "float"}:
        return is_number(value) and (kind == "float" or isinstance(value, int))
    wanted: Mapping[str, type] = {"array": list, "boolean": bool, "object": dict, "string": str}
    return isinstance(value, wanted[kind])
