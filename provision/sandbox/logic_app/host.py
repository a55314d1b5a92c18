"""The Logic Apps of the sandbox: deploys workflows, takes calls at their triggers, runs them in threads.

Network I/O only through the `Outside` it is given. Runs are kept in memory.
"""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from provision.sandbox.clock import Clock
from provision.sandbox.logic_app.access import admit
from provision.sandbox.logic_app.definition import Trigger
from provision.sandbox.logic_app.deployment import Deployment, read_deployment
from provision.sandbox.logic_app.evaluation import evaluate
from provision.sandbox.logic_app.http_action import Sender, Wire
from provision.sandbox.logic_app.run import Run
from provision.sandbox.logic_app.tree import ExpressionError
from provision.sandbox.logic_app.trigger import answer_headers, new_record
from provision.sandbox.logic_app.value import text_of
from provision.sandbox.principals import Principals
from provision.sandbox.service import Answer, Call, Refusal, Route
from provision.sandbox.tokens import TokenAuthority


@dataclass(slots=True)
class App:
    """A Logic App over all its versions: the key in its address, its signature, its runs, oldest first."""

    deployment: Deployment
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    signature: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    runs: list[Run] = field(default_factory=list)


class LogicAppHost:
    """All Logic Apps of one sandbox; safe to use from many threads."""

    def __init__(self, authority: TokenAuthority, principals: Principals, clock: Clock, outside: Sender) -> None:
        self._authority = authority
        self._principals = principals
        self._clock = clock
        self._outside = outside
        self._lock = threading.Lock()
        self._apps: dict[str, App] = {}
        self._threads: list[threading.Thread] = []

    def routes(self) -> Sequence[Route]:
        """The trigger."""
        return (Route("POST", "/workflows/{key}/triggers/{trigger}/paths/invoke", self._invoke),)

    def refuse(self, refusal: Refusal) -> Answer:
        """The error shape of the trigger's endpoint."""
        return Answer(refusal.status, {"error": {"code": refusal.code, "message": refusal.message}}, refusal.headers)

    def validate(self, resource_id: str, resource: Mapping[str, Any]) -> None:
        """Refuses what `deploy` would refuse, and changes nothing."""
        read_deployment(resource_id, resource)

    def deploy(self, resource_id: str, resource: Mapping[str, Any]) -> None:
        """Runs this workflow from now on; runs that have begun go on with their version.

        `resource` is the whole body of Microsoft.Logic/workflows, with `identity.principalId`.

        Raises:
            Refusal: 400 `InvalidTemplate`, or `NotEmulated` for what the sandbox cannot run.
        """
        deployment = read_deployment(resource_id, resource)
        with self._lock:
            present = self._apps.get(resource_id.lower())
            if present is None:
                self._apps[resource_id.lower()] = App(deployment)
            else:
                present.deployment = deployment

    def remove(self, resource_id: str) -> None:
        """Forgets the Logic App and cancels its runs."""
        with self._lock:
            app = self._apps.pop(resource_id.lower(), None)
            running = list(app.runs) if app else []
        for run in running:
            run.stop()

    def trigger_path(self, resource_id: str) -> str:
        """`/workflows/{key}/triggers/{trigger}/paths/invoke`, of the first trigger."""
        app = self._app(resource_id)
        trigger = next(iter(app.deployment.plan.workflow.triggers.values()))
        return f"/workflows/{app.key}/triggers/{trigger.name}/paths/invoke"

    def signature(self, resource_id: str) -> str:
        """The `sig` that opens the trigger while signatures are allowed."""
        return self._app(resource_id).signature

    def runs(self, resource_id: str) -> list[dict[str, Any]]:
        """The runs as Resource Manager shows them, newest first."""
        workflow_id = self._app(resource_id).deployment.plan.workflow_id
        return [run.record.resource(workflow_id) for run in reversed(self._runs(resource_id))]

    def run_actions(self, resource_id: str, run_name: str) -> list[dict[str, Any]]:
        """The actions of one run as Resource Manager shows them."""
        run = self._run(resource_id, run_name)
        return [turn.resource(run.record.identifier, run.record.tracking_id) for turn in run.scope.turns()]

    def contents(self, resource_id: str, run_name: str, action: str, which: str) -> Any:
        """`inputs` or `outputs` of an action as the run's history shows them; secured ones are hidden."""
        for turn in self._run(resource_id, run_name).scope.turns():
            if turn.action.name.lower() == action.lower():
                return turn.shown(which)
        raise Refusal(404, "WorkflowRunActionNotFound", f"The workflow run action '{action}' could not be found.")

    def settle(self, timeout: float) -> bool:
        """Waits up to `timeout` real seconds for all runs to end; False when some did not."""
        end = time.monotonic() + timeout
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def stop(self) -> None:
        """Cancels every run before its next action."""
        with self._lock:
            running = [run for app in self._apps.values() for run in app.runs]
        for run in running:
            run.stop()

    def _app(self, resource_id: str) -> App:
        with self._lock:
            found = self._apps.get(resource_id.lower())
        if found is None:
            raise Refusal(404, "WorkflowNotFound", f"The workflow '{resource_id}' could not be found.")
        return found

    def _runs(self, resource_id: str) -> list[Run]:
        app = self._app(resource_id)
        with self._lock:
            return list(app.runs)

    def _run(self, resource_id: str, run_name: str) -> Run:
        for run in self._runs(resource_id):
            if run.record.name.lower() == run_name.lower():
                return run
        raise Refusal(404, "WorkflowRunNotFound", f"The workflow run '{run_name}' could not be found.")

    def _invoke(self, call: Call) -> Answer:
        app = self._by_key(call.arguments["key"])
        deployment = app.deployment
        admit(call, deployment.access, app.signature, self._authority)
        trigger = _open_trigger(deployment, call.arguments["trigger"])
        run = self._begin(deployment, trigger, call)
        thread = threading.Thread(target=run.execute, name=f"run {run.record.name}", daemon=True)
        with self._lock:
            app.runs.append(run)
            self._threads = [*(running for running in self._threads if running.is_alive()), thread]
            thread.start()
        return Answer(202, None, answer_headers(run.record, deployment.plan.workflow_id))

    def _by_key(self, key: str) -> App:
        with self._lock:
            for app in self._apps.values():
                if app.key == key.lower():
                    return app
        raise Refusal(404, "WorkflowNotFound", "The workflow could not be found.")

    def _begin(self, deployment: Deployment, trigger: Trigger, call: Call) -> Run:
        record = new_record(call, trigger, deployment.plan.workflow_id, self._clock.now())
        run = Run(deployment.plan, record, Wire(self._outside, self._clock, self._tokens(deployment)))
        if trigger.tracking_id is not None:
            try:
                record.tracking_id = text_of(evaluate(trigger.tracking_id, run.scope)) or record.name
            except ExpressionError as error:
                raise Refusal(400, "InvalidTemplate", f"The client tracking id cannot be evaluated: {error}") from error
        return run

    def _tokens(self, deployment: Deployment) -> Callable[[str], str | None]:
        def token(audience: str) -> str | None:
            principal = self._principals.get(deployment.principal_id)
            if principal is None:
                return None
            return self._authority.issue(principal, audience, resource=deployment.plan.workflow_id)

        return token


def _open_trigger(deployment: Deployment, name: str) -> Trigger:
    trigger = deployment.plan.workflow.triggers.get(name.lower())
    if trigger is None:
        raise Refusal(404, "WorkflowTriggerNotFound", f"The workflow trigger '{name}' could not be found.")
    if not deployment.enabled:
        message = f"Could not execute workflow trigger '{trigger.name}' with state 'Disabled': trigger is not enabled."
        raise Refusal(404, "WorkflowTriggerIsNotEnabled", message)
    return trigger
