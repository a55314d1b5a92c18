"""One run of a workflow: every action gets its turn, or is skipped, in the order of `runAfter`.

No I/O of its own; Http actions reach the network through `Wire`. Parallel branches take turns one after the other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from provision.sandbox.logic_app.action_inputs import WAIT_SECONDS
from provision.sandbox.logic_app.definition import Action
from provision.sandbox.logic_app.evaluation import evaluate, evaluate_node
from provision.sandbox.logic_app.http_action import Wire, send
from provision.sandbox.logic_app.outcome import summary
from provision.sandbox.logic_app.record import ActionRecord, RunRecord
from provision.sandbox.logic_app.result import Result, Terminated, failed
from provision.sandbox.logic_app.run_scope import Plan, RunScope
from provision.sandbox.logic_app.tree import ExpressionError
from provision.sandbox.logic_app.value import is_number

_GROUP_FAILED = "An action failed. No dependent actions succeeded."


class Run:
    """Carries out one run; `record` and `scope` can be read from other threads meanwhile."""

    def __init__(self, plan: Plan, record: RunRecord, wire: Wire) -> None:
        self.record = record
        self.scope = RunScope(plan, record, wire.clock)
        self._actions = plan.workflow.actions
        self._wire = wire
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
        """Runs to the end; whatever a definition does wrong ends in the record, only a bug of the sandbox raises."""
        try:
            self._container(self._actions)
            status = summary(self._actions, self.scope.status)
            if status == "Failed":
                self._conclude(status, "ActionFailed", {"code": "ActionFailed", "message": _GROUP_FAILED})
            else:
                self._conclude(status)
        except Terminated as end:
            self._conclude(end.status, end.code, end.error)
        except Exception as error:
            self._conclude("Failed", "InternalServerError", {"code": "InternalServerError", "message": repr(error)})
            raise

    def stop(self) -> None:
        """Ends the run before its next action, as Cancelled."""
        self._stopped.set()

    def _conclude(self, status: str, code: str | None = None, error: dict[str, Any] | None = None) -> None:
        self.record.code, self.record.error = code, error
        self.record.ended = self.scope.now()
        self.record.status = status

    def _container(self, actions: tuple[Action, ...]) -> None:
        for action in actions:
            if self._stopped.is_set():
                raise Terminated("Cancelled")
            if all(self.scope.status(name) in wanted for name, wanted in action.run_after.items()):
                self._turn(action)
            else:
                self._skip(action)

    def _turn(self, action: Action) -> None:
        turn = self.scope.begin(action, "Running")
        try:
            result = self._handlers[action.kind](action, turn)
        except ExpressionError as error:
            text = f"Unable to process template language expressions in action '{action.name}': '{error}'."
            result = failed("InvalidTemplate", text)
        except Terminated as end:
            turn.ended = self.scope.now()
            turn.status = "Succeeded" if action.kind == "Terminate" else end.status
            raise
        turn.outputs, turn.code, turn.error = result.outputs, result.code, result.error
        turn.retries, turn.ended = result.retries, self.scope.now()
        turn.status = result.status

    def _skip(self, action: Action) -> None:
        turn = self.scope.begin(action, "Skipped")
        turn.ended, turn.code = turn.started, "ActionSkipped"
        message = "The action was skipped: what it runs after did not end as its runAfter wants it."
        turn.error = {"code": "ActionSkipped", "message": message}
        for inner in action.inside():
            self.scope.begin(inner, "Skipped").ended = turn.started

    def _inputs(self, action: Action, turn: ActionRecord) -> Any:
        turn.inputs = evaluate(action.inputs, self.scope)
        return turn.inputs

    def _http(self, action: Action, turn: ActionRecord) -> Result:
        return send(self._inputs(action, turn), self._wire, follow="DisableAsyncPattern" not in action.options)

    def _compose(self, action: Action, turn: ActionRecord) -> Result:
        return Result(outputs=self._inputs(action, turn))

    def _initialize_variable(self, action: Action, turn: ActionRecord) -> Result:
        written = self._inputs(action, turn)["variables"][0]
        fits = self.scope.declare(written["name"], written["type"].lower(), written.get("value"))
        return _assigned(written["name"], written.get("value"), fits=fits)

    def _set_variable(self, action: Action, turn: ActionRecord) -> Result:
        written = self._inputs(action, turn)
        return _assigned(written["name"], written["value"], fits=self.scope.assign(written["name"], written["value"]))

    def _wait(self, action: Action, turn: ActionRecord) -> Result:
        interval = self._inputs(action, turn)["interval"]
        if not is_number(interval["count"]) or interval["count"] < 0:
            return failed("BadRequest", f"The interval '{interval['count']}' is not a number of units to wait.")
        self._wire.clock.sleep(interval["count"] * WAIT_SECONDS[interval["unit"].title()])
        return Result()

    def _terminate(self, action: Action, turn: ActionRecord) -> Result:
        written = self._inputs(action, turn)
        error = written.get("runError") or {}
        raise Terminated(written["runStatus"].title(), error.get("code"), error.get("message"))

    def _branch(self, action: Action, name: str) -> Result:
        for other, branch in action.branches.items():
            if other != name:
                for inner in branch:
                    self._skip(inner)
        chosen = action.branches.get(name, ())
        self._container(chosen)
        if summary(chosen, self.scope.status) == "Succeeded":
            return Result()
        return failed("ActionFailed", _GROUP_FAILED)

    def _value(self, action: Action) -> Any:
        if action.condition is None:
            raise ExpressionError(f"the action '{action.name}' has no expression")
        return evaluate_node(action.condition, self.scope)

    def _truth(self, action: Action) -> bool:
        value = self._value(action)
        if not isinstance(value, bool):
            raise ExpressionError(f"the expression of '{action.name}' must give true or false, not '{value}'")
        return value

    def _if(self, action: Action, _turn: ActionRecord) -> Result:
        return self._branch(action, "actions" if self._truth(action) else "else")

    def _switch(self, action: Action, _turn: ActionRecord) -> Result:
        value = self._value(action)
        chosen = (name for name, case in action.cases.items() if type(case) is type(value) and case == value)
        return self._branch(action, next(chosen, "default"))

    def _scope(self, action: Action, _turn: ActionRecord) -> Result:
        return self._branch(action, "actions")

    def _until(self, action: Action, _turn: ActionRecord) -> Result:
        """The body runs first; the limits are looked at between passes; the last pass decides the status."""
        end = self.scope.now() + timedelta(seconds=self._wire.clock.scale(action.limit.timeout))
        for _ in range(action.limit.count):
            result = self._branch(action, "actions")
            if self._truth(action):
                return result
            if self.scope.now() >= end:
                break
        if result.status == "Succeeded" and "FailWhenLimitsReached" in action.options:
            return failed("LimitsReached", "The loop reached its count or its timeout.")
        return result


def _assigned(name: str, value: Any, *, fits: bool) -> Result:
    if not fits:
        return failed("BadRequest", f"The variable '{name}' is of another type than its new value.")
    return Result(outputs={"body": {"name": name, "value": value}})
