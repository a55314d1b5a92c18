"""The Logic Apps of the sandbox: deploys workflows, takes calls at their triggers, runs them in threads.

Network I/O only through the `Outside` it is given. Runs are kept in memory, newest first.
"""

from __future__ import annotations

import json
import secrets
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from provision.sandbox.clock import Clock
from provision.sandbox.logic_app.access import Access, admit, read_access
from provision.sandbox.logic_app.definition import Trigger, Workflow
from provision.sandbox.logic_app.evaluation import evaluate
from provision.sandbox.logic_app.http_action import Sender, Wire
from provision.sandbox.logic_app.record import RunRecord
from provision.sandbox.logic_app.refusal import invalid
from provision.sandbox.logic_app.run import Plan, Run
from provision.sandbox.logic_app.tree import ExpressionError
from provision.sandbox.logic_app.value import text_of
from provision.sandbox.logic_app.validation import parameter_values, read_workflow
from provision.sandbox.principals import Principals
from provision.sandbox.service import Answer, Call, Refusal, Route
from provision.sandbox.tokens import TokenAuthority

UNSEEN_HEADERS = ("authorization", "cookie")
"""Request headers that never enter a run's history."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployed version of a Logic App."""

    plan: Plan
    access: Access
    enabled: bool
    principal_id: str


@dataclass(slots=True)
class App:
    """A Logic App over all its versions: the key in its address, its signature, its runs."""

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
        _read(resource_id, resource)

    def deploy(self, resource_id: str, resource: Mapping[str, Any]) -> None:
        """Runs this workflow from now on; earlier runs go on with the version they began with.

        `resource` is the whole body of Microsoft.Logic/workflows, with `identity.principalId`.

        Raises:
            Refusal: 400 `InvalidTemplate`, or `NotEmulated` for what the sandbox cannot run.
        """
        deployment = _read(resource_id, resource)
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
        for run in app.runs if app else ():
            run.stop()

    def trigger_path(self, resource_id: str) -> str:
        """`/workflows/{key}/triggers/{trigger}/paths/invoke`."""
        app = self._app(resource_id)
        (trigger, *_) = app.deployment.plan.workflow.triggers.values()
        return f"/workflows/{app.key}/triggers/{trigger.name}/paths/invoke"

    def signature(self, resource_id: str) -> str:
        """The `sig` that opens the trigger while signatures are allowed."""
        return self._app(resource_id).signature

    def runs(self, resource_id: str) -> list[dict[str, Any]]:
        """The runs as Resource Manager shows them, newest first."""
        app = self._app(resource_id)
        with self._lock:
            return [run.record.resource(app.deployment.plan.workflow_id) for run in reversed(app.runs)]

    def run_actions(self, resource_id: str, run_name: str) -> list[dict[str, Any]]:
        """The actions of one run as Resource Manager shows them."""
        run = self._run(resource_id, run_name)
        return [record.resource(run.record.identifier, run.record.tracking_id) for record in run.actions()]

    def contents(self, resource_id: str, run_name: str, action: str, which: str) -> Any:
        """`inputs` or `outputs` of an action as the run's history shows them; secured ones are hidden."""
        for record in self._run(resource_id, run_name).actions():
            if record.action.name.lower() == action.lower():
                return record.shown(which)
        raise Refusal(404, "WorkflowRunActionNotFound", f"The workflow run action '{action}' could not be found.")

    def settle(self, timeout: float) -> bool:
        """Waits real seconds for the runs to end; False when some did not."""
        end = threading.Event()
        for thread in list(self._threads):
            thread.join(timeout)
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        return not self._threads and not end.is_set()

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

    def _run(self, resource_id: str, run_name: str) -> Run:
        for run in self._app(resource_id).runs:
            if run.record.name.lower() == run_name.lower():
                return run
        raise Refusal(404, "WorkflowRunNotFound", f"The workflow run '{run_name}' could not be found.")

    def _invoke(self, call: Call) -> Answer:
        app = self._by_key(call.arguments["key"])
        deployment = app.deployment
        admit(call, deployment.access, app.signature, self._authority)
        workflow_id = deployment.plan.workflow_id
        trigger = deployment.plan.workflow.triggers.get(call.arguments["trigger"].lower())
        if trigger is None:
            message = f"The workflow trigger '{call.arguments['trigger']}' could not be found."
            raise Refusal(404, "WorkflowTriggerNotFound", message)
        if not deployment.enabled:
            name = workflow_id.rsplit("/", 1)[-1]
            message = f"Could not execute workflow '{name}' trigger '{trigger.name}' with state 'Disabled'."
            raise Refusal(404, "WorkflowTriggerIsNotEnabled", message)
        run = self._begin(deployment, trigger, call)
        with self._lock:
            app.runs.append(run)
        thread = threading.Thread(target=run.execute, name=f"run {run.record.name}", daemon=True)
        self._threads.append(thread)
        thread.start()
        return Answer(202, None, _headers(run.record, workflow_id))

    def _by_key(self, key: str) -> App:
        with self._lock:
            for app in self._apps.values():
                if app.key == key.lower():
                    return app
        raise Refusal(404, "WorkflowNotFound", "The workflow could not be found.")

    def _begin(self, deployment: Deployment, trigger: Trigger, call: Call) -> Run:
        plan = deployment.plan
        now = self._clock.now()
        name = _run_name(now.timestamp())
        record = RunRecord(f"{plan.workflow_id}/runs/{name}", name, trigger.name, _outputs(call), name, now)
        run = Run(plan, record, Wire(self._outside, self._clock, self._tokens(deployment)))
        if trigger.tracking_id is not None:
            try:
                record.tracking_id = text_of(evaluate(trigger.tracking_id, run)) or name
            except ExpressionError as error:
                raise Refusal(400, "InvalidTemplate", f"The client tracking id cannot be evaluated: {error}") from error
        return run

    def _tokens(self, deployment: Deployment) -> Any:
        def token(audience: str) -> str:
            principal = self._principals.get(deployment.principal_id)
            if principal is None:
                raise ExpressionError("the managed identity of the workflow is not there any more")
            return self._authority.issue(principal, audience)

        return token


def _read(resource_id: str, resource: Mapping[str, Any]) -> Deployment:
    properties = resource.get("properties") or {}
    workflow = read_workflow(properties.get("definition"))
    identity = resource.get("identity") or {}
    _check_identity(workflow, identity)
    plan = Plan(workflow, parameter_values(workflow, properties.get("parameters")), resource_id)
    enabled = str(properties.get("state", "Enabled")).lower() == "enabled"
    return Deployment(plan, read_access(properties.get("accessControl")), enabled, str(identity.get("principalId", "")))


def _check_identity(workflow: Workflow, identity: Mapping[str, Any]) -> None:
    if str(identity.get("type", "None")).lower() == "systemassigned":
        return
    for action in workflow.every_action():
        if action.kind == "Http" and "authentication" in action.inputs:
            raise invalid(action.path, "it uses a managed identity, which the workflow does not have")


def _outputs(call: Call) -> dict[str, Any]:
    headers = {name.title(): value for name, value in call.headers.items() if name not in UNSEEN_HEADERS}
    if not call.body:
        return {"headers": headers}
    try:
        return {"headers": headers, "body": json.loads(call.body)}
    except ValueError as error:
        message = f"The input body of the trigger is not valid JSON: {error}"
        raise Refusal(400, "InvalidRequestContent", message) from error


def _run_name(now: float) -> str:
    """As the service names runs: the newest sorts first."""
    return f"{10**19 - int(now * 10_000_000):020d}{secrets.randbelow(10**12):012d}CU00"


def _headers(record: RunRecord, workflow_id: str) -> dict[str, str]:
    return {
        "x-ms-workflow-run-id": record.name,
        "x-ms-client-tracking-id": record.tracking_id,
        "x-ms-correlation-id": record.correlation_id,
        "x-ms-workflow-id": workflow_id.rsplit("/", 1)[-1],
        "x-ms-workflow-name": workflow_id.rsplit("/", 1)[-1],
        "x-ms-trigger-type": "Manual",
    }
