"""One run of a workflow: every action gets its turn, or is skipped, in the order of `runAfter`.

No I/O of its own; Http actions reach the network through `Wire`. Parallel branches take turns one after the other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from provision.sandbox.logic_app.action_inputs import WAIT_SECONDS
from provision.sandbox.logic_app.definition import Action, Workflow
from provision.sandbox.logic_app.evaluation import evaluate, evaluate_node
from provision.sandbox.logic_app.http_action import Wire, send
from provision.sandbox.logic_app.outcome import summary
from provision.sandbox.logic_app.record import ActionRecord, RunRecord
from provision.sandbox.logic_app.result import Result, Terminated, failed
from provision.sandbox.logic_app.tree import ExpressionError
from provision.sandbox.logic_app.value import is_number


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run carries out: the workflow, its parameters by lower-case name, its resource id."""

    workflow: Workflow
    parameters: Mapping[str, Any]
    workflow_id: str


class Run:
    """Carries out one run; it is the `Scope` of its expressions. Readable from other threads while it runs."""

    def __init__(self, plan: Plan, record: RunRecord, wire: Wire) -> None:
        self.record = record
        self._plan = plan
        self._wire = wire
        self._records: dict[str, ActionRecord] = {}
        self._variables: dict[str, tuple[str, Any]] = {}
        self._stopped = threading.Event()
        self._handlers: Mapping[str, Callable[[Action, ActionRecord], Result]] = {
            "Http": self._http,
            "Compose": self._compose,
            "InitializeVariable": self._initialize_variable,
            "SetVariable": self._set_variable,
            "Wait": self._wait,
            "Terminate": self._terminate,
            "If": self._if,
            "Switch": self._switch,
            "Scope": self._scope,
            "Until": self._until,
        }

    def execute(self) -> None:
        """Runs to the end and leaves the outcome in the record; never raises for what a definition can do wrong."""
        try:
            self._container(self._plan.workflow.actions)
            status = summary(self._plan.workflow.actions, self._status)
            if status == "Failed":
                self.record.code = "ActionFailed"
                self.record.error = {"code": "ActionFailed", "message": "An action failed. No dependent actions succeeded."}
        except Terminated as end:
            status = end.status
            self.record.code, self.record.error = end.code, end.error
        self.record.ended = self._wire.clock.now()
        self.record.status = status

    def stop(self) -> None:
        """Ends the run before its next action, as Cancelled."""
        self._stopped.set()

    def actions(self) -> list[ActionRecord]:
        """The records so far, in the order of their first turn."""
        return list(self._records.values())

    # Scope

    def trigger(self) -> Mapping[str, Any]:
        """The trigger of this run."""
        return {"name": self.record.trigger_name, "status": "Succeeded", "outputs": self.record.trigger_outputs}

    def action(self, name: str) -> Mapping[str, Any] | None:
        """An action's latest turn."""
        found = self._records.get(name.lower())
        return None if found is None else found.reference()

    def parameter(self, name: str) -> Any:
        """A workflow parameter."""
        if name.lower() not in self._plan.parameters:
            raise ExpressionError(f"The workflow parameter '{name}' is not found.")
        return self._plan.parameters[name.lower()]

    def variable(self, name: str) -> Any:
        """A variable."""
        if name.lower() not in self._variables:
            raise ExpressionError(f"The variable '{name}' must be initialized before it can be used.")
        return self._variables[name.lower()][1]

    def workflow(self) -> Mapping[str, Any]:
        """The workflow and this run."""
        identifier = self._plan.workflow_id
        run = {"id": self.record.identifier, "name": self.record.name, "type": "Microsoft.Logic/workflows/runs"}
        name = identifier.rsplit("/", 1)[-1]
        return {"id": identifier, "name": name, "type": "Microsoft.Logic/workflows", "run": run}

    def now(self) -> datetime:
        """The time in UTC."""
        return self._wire.clock.now()

    # Turns

    def _status(self, action: Action) -> str:
        return self._records[action.name.lower()].status

    def _container(self, actions: tuple[Action, ...]) -> None:
        for action in actions:
            if self._stopped.is_set():
                raise Terminated("Cancelled")
            met = (self._records[name.lower()].status in wanted for name, wanted in action.run_after.items())
            if all(met):
                self._turn(action)
            else:
                self._skip(action)

    def _begin(self, action: Action, status: str) -> ActionRecord:
        earlier = self._records.get(action.name.lower())
        record = ActionRecord(action, status, self.now(), passes=earlier.passes + 1 if earlier else 1)
        self._records[action.name.lower()] = record
        return record

    def _turn(self, action: Action) -> None:
        record = self._begin(action, "Running")
        try:
            result = self._handlers[action.kind](action, record)
        except ExpressionError as error:
            text = f"Unable to process template language expressions in action '{action.name}': '{error}'."
            result = failed("InvalidTemplate", text)
        except Terminated as end:
            record.status, record.ended = ("Succeeded" if action.kind == "Terminate" else end.status), self.now()
            raise
        record.outputs, record.code, record.error = result.outputs, result.code, result.error
        record.retries, record.ended = result.retries, self.now()
        record.status = result.status

    def _skip(self, action: Action) -> None:
        record = self._begin(action, "Skipped")
        record.ended, record.code = record.started, "ActionSkipped"
        message = "The action was skipped: what it runs after did not end as its runAfter wants it."
        record.error = {"code": "ActionSkipped", "message": message}
        for branch in action.branches.values():
            for inner in branch:
                self._skip(inner)

    # Actions

    def _inputs(self, action: Action, record: ActionRecord) -> Any:
        record.inputs = evaluate(action.inputs, self)
        return record.inputs

    def _http(self, action: Action, record: ActionRecord) -> Result:
        return send(self._inputs(action, record), self._wire, follow="DisableAsyncPattern" not in action.options)

    def _compose(self, action: Action, record: ActionRecord) -> Result:
        return Result(outputs=self._inputs(action, record))

    def _initialize_variable(self, action: Action, record: ActionRecord) -> Result:
        written = self._inputs(action, record)["variables"][0]
        return self._assign(written["name"], written["type"].lower(), written.get("value"))

    def _set_variable(self, action: Action, record: ActionRecord) -> Result:
        written = self._inputs(action, record)
        kind, _ = self._variables[written["name"].lower()]
        return self._assign(written["name"], kind, written["value"])

    def _assign(self, name: str, kind: str, value: Any) -> Result:
        if value is not None and not _fits(kind, value):
            return failed("BadRequest", f"The variable '{name}' is of type {kind}; the value is not.")
        self._variables[name.lower()] = (kind, value)
        return Result(outputs={"body": {"name": name, "value": value}})

    def _wait(self, action: Action, record: ActionRecord) -> Result:
        interval = self._inputs(action, record)["interval"]
        if not is_number(interval["count"]) or interval["count"] < 0:
            return failed("BadRequest", f"The interval '{interval['count']}' is not a number of units to wait.")
        self._wire.clock.sleep(interval["count"] * WAIT_SECONDS[interval["unit"]])
        return Result()

    def _terminate(self, action: Action, record: ActionRecord) -> Result:
        written = self._inputs(action, record)
        error = written.get("runError") or {}
        raise Terminated(written["runStatus"], error.get("code"), error.get("message"))

    # Containers

    def _branch(self, action: Action, name: str) -> Result:
        for other, branch in action.branches.items():
            if other != name:
                for inner in branch:
                    self._skip(inner)
        chosen = action.branches.get(name, ())
        self._container(chosen)
        if summary(chosen, self._status) == "Succeeded":
            return Result()
        return failed("ActionFailed", "An action failed. No dependent actions succeeded.")

    def _value(self, action: Action) -> Any:
        if action.condition is None:
            raise ExpressionError(f"the action '{action.name}' has no expression")
        return evaluate_node(action.condition, self)

    def _truth(self, action: Action) -> bool:
        value = self._value(action)
        if not isinstance(value, bool):
            raise ExpressionError(f"the expression of '{action.name}' must give true or false, not '{value}'")
        return value

    def _if(self, action: Action, _record: ActionRecord) -> Result:
        chosen = "actions" if self._truth(action) else "else"
        return self._branch(action, chosen)

    def _switch(self, action: Action, _record: ActionRecord) -> Result:
        value = self._value(action)
        chosen = (name for name, case in action.cases.items() if type(case) is type(value) and case == value)
        return self._branch(action, next(chosen, "default"))

    def _scope(self, action: Action, _record: ActionRecord) -> Result:
        return self._branch(action, "actions")

    def _until(self, action: Action, record: ActionRecord) -> Result:
        """The body runs first; the limits are looked at between passes; the last pass decides the status."""
        end = self.now() + timedelta(seconds=self._wire.clock.scale(action.limit.timeout))
        for count in range(1, action.limit.count + 1):
            result = self._branch(action, "actions")
            record.outputs = {"iterations": count}
            if self._truth(action):
                return result
            if self.now() >= end:
                break
        if result.status == "Succeeded" and "FailWhenLimitsReached" in action.options:
            return failed("LimitsReached", "The loop reached its count or its timeout.")
        return result


def _fits(kind: str, value: Any) -> bool:
    if kind in {"integer", "float"}:
        return is_number(value) and (kind == "float" or isinstance(value, int))
    wanted: Mapping[str, type] = {"array": list, "boolean": bool, "object": dict, "string": str}
    return isinstance(value, wanted[kind])
