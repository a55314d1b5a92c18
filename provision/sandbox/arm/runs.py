"""Microsoft.Logic/workflows: triggers, callback URLs, runs and their actions over the wire (api-version 2019-05-01)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from provision.sandbox.arm.door import Door, arm_error
from provision.sandbox.arm.list_filter import FilterError, terms_of
from provision.sandbox.arm.workflows import TYPE, WORKFLOW, Workflows
from provision.sandbox.service import Answer, Call, Refusal, Route

CALLBACK_VERSION = "2016-10-01"
MOST = 250
"""The highest `$top`."""
RUN_FIELDS = {"Status": "text", "StartTime": "time", "ClientTrackingId": "text"}
"""What the reference page of the list says that runs can be filtered by."""
ACTION_FIELDS = {"Status": "text"}


class History(Protocol):
    """What ran, in the shape Resource Manager answers with, newest first."""

    def runs(self, resource_id: str) -> list[dict[str, Any]]:
        """The runs of one workflow."""
        ...

    def run_actions(self, resource_id: str, run_name: str) -> list[dict[str, Any]]:
        """The actions of one run."""
        ...

    def trigger_path(self, resource_id: str) -> str:
        """The path of its request trigger."""
        ...

    def signature(self, resource_id: str) -> str:
        """The `sig` of its callback URL, which the trigger accepts unless SAS is disabled."""
        ...


class WorkflowRuns:
    """Reads triggers and runs of the workflows, and hands out the trigger's callback URL."""

    def __init__(self, door: Door, workflows: Workflows, history: History) -> None:
        self._door = door
        self._workflows = workflows
        self._history = history

    def routes(self) -> Sequence[Route]:
        """Below one workflow."""
        return (
            Route("GET", f"{WORKFLOW}/triggers", self._triggers),
            Route("GET", f"{WORKFLOW}/triggers/{{trigger}}", self._trigger),
            Route("POST", f"{WORKFLOW}/listCallbackUrl", self._callback),
            Route("POST", f"{WORKFLOW}/triggers/{{trigger}}/listCallbackUrl", self._callback),
            Route("GET", f"{WORKFLOW}/runs", self._runs),
            Route("GET", f"{WORKFLOW}/runs/{{run}}", self._run),
            Route("GET", f"{WORKFLOW}/runs/{{run}}/actions", self._actions),
            Route("GET", f"{WORKFLOW}/runs/{{run}}/actions/{{action}}", self._action),
        )

    def refuse(self, refusal: Refusal) -> Answer:
        """An error of Resource Manager."""
        return arm_error(refusal)

    def _triggers(self, call: Call) -> Answer:
        workflow = self._workflows.admit(call, "triggers/read")
        names = workflow["properties"]["definition"].get("triggers") or {}
        return self._door.page(call, [_trigger(workflow, name) for name in names])

    def _trigger(self, call: Call) -> Answer:
        workflow = self._workflows.admit(call, "triggers/read")
        return Answer(200, _trigger(workflow, _trigger_name(workflow, call)))

    def _callback(self, call: Call) -> Answer:
        """The callback URL; with SAS disabled it carries no signature, because none would be accepted."""
        action = "triggers/listCallbackUrl/action" if "trigger" in call.arguments else "listCallbackUrl/action"
        workflow = self._workflows.admit(call, action)
        path = self._history.trigger_path(workflow["id"])
        queries = {"api-version": CALLBACK_VERSION}
        if not _sas_disabled(workflow["properties"]):
            trigger = path.split("/")[4]
            signature = self._history.signature(workflow["id"])
            queries |= {"sp": f"/triggers/{trigger}/run", "sv": "1.0", "sig": signature}
        query = "&".join(f"{name}={value.replace('/', '%2F')}" for name, value in queries.items())
        body = {"value": f"{call.base}{path}?{query}", "method": "POST", "basePath": f"{call.base}{path}"}
        return Answer(200, {**body, "queries": queries})

    def _runs(self, call: Call) -> Answer:
        workflow = self._workflows.admit(call, "runs/read")
        found = _filtered(call, self._history.runs(workflow["id"]), RUN_FIELDS)
        return self._door.page(call, found, _top(call))

    def _run(self, call: Call) -> Answer:
        workflow = self._workflows.admit(call, "runs/read")
        return Answer(200, self._find_run(workflow, call.arguments["run"]))

    def _find_run(self, workflow: Mapping[str, Any], name: str) -> dict[str, Any]:
        for run in self._history.runs(workflow["id"]):
            if run["name"].lower() == name.lower():
                return run
        raise Refusal(404, "WorkflowRunNotFound", f"The workflow run '{name}' could not be found.")

    def _actions(self, call: Call) -> Answer:
        workflow = self._workflows.admit(call, "runs/actions/read")
        run = self._find_run(workflow, call.arguments["run"])
        found = _filtered(call, self._history.run_actions(workflow["id"], run["name"]), ACTION_FIELDS)
        return self._door.page(call, found, _top(call))

    def _action(self, call: Call) -> Answer:
        workflow = self._workflows.admit(call, "runs/actions/read")
        run = self._find_run(workflow, call.arguments["run"])
        for action in self._history.run_actions(workflow["id"], run["name"]):
            if action["name"].lower() == call.arguments["action"].lower():
                return Answer(200, action)
        message = f"The workflow run action '{call.arguments['action']}' could not be found."
        raise Refusal(404, "WorkflowRunActionNotFound", message)


def _top(call: Call) -> int:
    text = call.query.get("$top")
    if text is None:
        return 0
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise Refusal(400, "InvalidTop", f"The value '{text}' of $top is not a number from 1 to {MOST}.")
    return int(text)


def _filtered(call: Call, items: list[dict[str, Any]], fields: Mapping[str, str]) -> list[dict[str, Any]]:
    try:
        terms = terms_of(call.query.get("$filter", ""), fields)
    except FilterError as error:
        raise Refusal(400, "InvalidFilterInQueryString", str(error)) from error
    return [item for item in items if all(term.holds(_value(item, term.path)) for term in terms)]


def _value(item: Mapping[str, Any], path: str) -> str | None:
    properties = item["properties"]
    if path == "ClientTrackingId":
        return str(properties["correlation"]["clientTrackingId"])
    return str(properties["status" if path == "Status" else "startTime"])


def _trigger_name(workflow: Mapping[str, Any], call: Call) -> str:
    wanted = call.arguments["trigger"]
    for name in workflow["properties"]["definition"].get("triggers") or {}:
        if str(name).lower() == wanted.lower():
            return str(name)
    raise Refusal(404, "WorkflowTriggerNotFound", f"The workflow trigger '{wanted}' could not be found.")


def _trigger(workflow: Mapping[str, Any], name: str) -> dict[str, Any]:
    properties = workflow["properties"]
    shown = {key: properties[key] for key in ("provisioningState", "createdTime", "changedTime", "state")}
    return {
        "id": f"{workflow['id']}/triggers/{name}",
        "name": name,
        "type": f"{TYPE}/triggers",
        "properties": {**shown, "workflow": {"id": workflow["id"], "name": workflow["name"], "type": TYPE}},
    }


def _sas_disabled(properties: Mapping[str, Any]) -> bool:
    """Whether the access control says so; Resource Manager ignores the case of property names."""
    node: Any = properties
    for wanted in ("accesscontrol", "triggers", "sasauthenticationpolicy", "state"):
        node = next((value for key, value in node.items() if re.fullmatch(wanted, key, re.IGNORECASE)), None)
        if not isinstance(node, Mapping):
            break
    return isinstance(node, str) and node.lower() == "disabled"
