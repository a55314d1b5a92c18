from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from provision.sandbox.clock import Clock
from provision.sandbox.logic_app.host import LogicAppHost
from provision.sandbox.outside import HttpReply
from provision.sandbox.principals import Principals
from provision.sandbox.service import Answer, Call, Refusal
from provision.sandbox.tokens import TokenAuthority

Define = Callable[..., dict[str, Any]]
ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Logic/workflows/la"
ECHO = {"A": {"type": "Compose", "inputs": "@triggerBody()"}}
CALL_OUT = {
    "A": {
        "type": "Http",
        "inputs": {
            "method": "GET",
            "uri": "https://x/",
            "authentication": {"type": "ManagedServiceIdentity", "audience": "https://a"},
            "retryPolicy": {"type": "none"},
        },
    }
}


class GatedOutside:
    """Answers 200 once the gate is open; keeps the headers it was sent."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.reached = threading.Event()
        self.headers: Mapping[str, str] = {}

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None, timeout: float = 30
    ) -> HttpReply:
        self.headers = headers
        self.reached.set()
        assert self.gate.wait(30), f"{method} {url} {body!r} {timeout}"
        return HttpReply(200, {}, b"")


class World:
    """A host with one identity; every call carries the signature unless told otherwise."""

    def __init__(self, define: Define) -> None:
        self.define = define
        self.outside = GatedOutside()
        self.authority = TokenAuthority("tenant")
        self.principals = Principals()
        self.principal = self.principals.add("la")
        self.host = LogicAppHost(self.authority, self.principals, Clock(1000), self.outside)

    def resource(self, actions: Mapping[str, Any], **properties: Any) -> dict[str, Any]:
        return {
            "identity": {"type": "SystemAssigned", "principalId": self.principal.object_id},
            "properties": {"definition": self.define(actions), **properties},
        }

    def deploy(self, actions: Mapping[str, Any], **properties: Any) -> None:
        self.host.deploy(ID, self.resource(actions, **properties))

    def call(self, body: Any = None, path: str | None = None, signature: str | None = None, **headers: str) -> Answer:
        parts = (path or self.host.trigger_path(ID)).split("/")
        return self.host.routes()[0].handler(
            Call(
                method="POST",
                path="/".join(parts),
                arguments={"key": parts[2], "trigger": parts[4]},
                query={"sig": signature or self.host.signature(ID)},
                headers={"content-type": "application/json", **headers},
                body=body if isinstance(body, bytes) else json.dumps(body).encode(),
                base="https://localhost",
            )
        )

    def ended(self) -> dict[str, Any]:
        assert self.host.settle(30)
        return self.host.runs(ID)[0]


@pytest.fixture
def world(define: Define) -> World:
    return World(define)


def test_a_call_is_answered_at_once_while_the_run_goes_on(world: World) -> None:
    world.deploy(CALL_OUT)
    answer = world.call({})
    assert answer.status == 202
    assert world.outside.reached.wait(30)
    (run,) = world.host.runs(ID)
    assert (run["name"], run["properties"]["status"]) == (answer.headers["x-ms-workflow-run-id"], "Running")
    world.outside.gate.set()
    assert world.ended()["properties"]["status"] == "Succeeded"


def test_the_identity_of_the_app_signs_its_requests(world: World) -> None:
    world.deploy(CALL_OUT)
    world.outside.gate.set()
    world.call({})
    world.ended()
    claims = world.authority.claims(world.outside.headers["Authorization"].removeprefix("Bearer "))
    assert claims is not None
    assert (claims["oid"], claims["aud"]) == (world.principal.object_id, "https://a")


def test_an_identity_that_is_gone_fails_the_action(world: World) -> None:
    world.deploy(CALL_OUT)
    world.principals.remove(world.principal.object_id)
    world.call({})
    run = world.ended()
    (action,) = world.host.run_actions(ID, run["name"])
    assert action["properties"]["code"] == "ManagedIdentityNotFound"


def test_runs_and_actions_have_the_shape_of_resource_manager(world: World) -> None:
    world.deploy(ECHO)
    world.call({"a": 1})
    run = world.ended()
    assert run["id"] == f"{ID}/runs/{run['name']}"
    assert run["type"] == "Microsoft.Logic/workflows/runs"
    assert set(run["properties"]) == {
        "startTime",
        "endTime",
        "status",
        "correlation",
        "correlationId",
        "workflow",
        "trigger",
        "outputs",
    }
    (action,) = world.host.run_actions(ID, run["name"])
    assert action["id"] == f"{run['id']}/actions/A"
    assert set(action["properties"]) == {"startTime", "endTime", "status", "correlation", "trackingId"}
    assert world.host.contents(ID, run["name"], "a", "outputs") == {"a": 1}


def test_the_newest_run_comes_first(world: World) -> None:
    world.deploy(ECHO)
    names = [world.call({}).headers["x-ms-workflow-run-id"] for _ in range(3)]
    world.ended()
    assert [run["name"] for run in world.host.runs(ID)] == names[::-1]


def test_the_client_tracking_id_is_evaluated(world: World) -> None:
    definition = world.define(ECHO)
    definition["triggers"]["manual"]["correlation"] = {"clientTrackingId": "@coalesce(triggerBody()?['id'], guid())"}
    world.host.deploy(ID, {"properties": {"definition": definition}})
    assert world.call({"id": "mine"}).headers["x-ms-client-tracking-id"] == "mine"


def test_credentials_do_not_enter_the_run(world: World) -> None:
    world.deploy({"A": {"type": "Compose", "inputs": "@triggerOutputs()"}})
    world.call({}, cookie="secret")
    run = world.ended()
    assert world.host.contents(ID, run["name"], "A", "outputs")["headers"] == {"Content-Type": "application/json"}


def refusal(act: Callable[[], Any]) -> tuple[int, str]:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value.status, caught.value.code


def test_a_call_elsewhere_is_refused(world: World) -> None:
    world.deploy(ECHO)
    path = world.host.trigger_path(ID)
    assert refusal(lambda: world.call({}, path.replace(path.split("/")[2], "0" * 32))) == (404, "WorkflowNotFound")
    assert refusal(lambda: world.call({}, path.replace("manual", "other"))) == (404, "WorkflowTriggerNotFound")
    assert refusal(lambda: world.call({}, signature="x")) == (401, "AuthorizationFailed")
    assert refusal(lambda: world.call(b"{broken")) == (400, "InvalidRequestContent")
    assert world.host.runs(ID) == []


def test_a_disabled_app_runs_nothing(world: World) -> None:
    world.deploy(ECHO, state="Disabled")
    assert refusal(lambda: world.call({})) == (404, "WorkflowTriggerIsNotEnabled")


def test_a_definition_that_is_refused_leaves_the_old_one(world: World) -> None:
    world.deploy(ECHO)
    broken = world.resource({"A": {"type": "Compose", "inputs": "@nope()"}})
    assert refusal(lambda: world.host.deploy(ID, broken)) == (400, "InvalidTemplate")
    assert refusal(lambda: world.host.validate(ID, broken)) == (400, "InvalidTemplate")
    assert world.call({}).status == 202


def test_an_app_without_identity_cannot_use_one(world: World) -> None:
    resource = {**world.resource(CALL_OUT), "identity": {"type": "None"}}
    assert refusal(lambda: world.host.validate(ID, resource)) == (400, "InvalidTemplate")


def test_a_new_version_keeps_address_signature_and_history(world: World) -> None:
    world.deploy(ECHO)
    world.call({})
    before = (world.host.trigger_path(ID), world.host.signature(ID))
    world.deploy({"B": {"type": "Compose", "inputs": "new"}})
    assert (world.host.trigger_path(ID.upper()), world.host.signature(ID)) == before
    world.call({})
    world.ended()
    newest, oldest = world.host.runs(ID)
    assert [world.host.run_actions(ID, run["name"])[0]["name"] for run in (newest, oldest)] == ["B", "A"]


@pytest.mark.parametrize("end", ["remove", "stop"])
def test_removing_or_stopping_cancels_what_runs(world: World, end: str) -> None:
    world.deploy({**CALL_OUT, "B": {"type": "Compose", "inputs": 1, "runAfter": {"A": ["Succeeded"]}}})
    world.call({})
    assert world.outside.reached.wait(30)
    app = world.host._app(ID)
    if end == "remove":
        world.host.remove(ID)
        assert refusal(lambda: world.host.runs(ID)) == (404, "WorkflowNotFound")
    else:
        world.host.stop()
    world.outside.gate.set()
    assert world.host.settle(30)
    assert app.runs[0].record.status == "Cancelled"


def test_a_run_that_is_unknown_is_not_found(world: World) -> None:
    world.deploy(ECHO)
    assert refusal(lambda: world.host.run_actions(ID, "r")) == (404, "WorkflowRunNotFound")


def test_errors_have_the_shape_of_the_trigger(world: World) -> None:
    answer = world.host.refuse(Refusal(403, "MisMatchingOAuthClaims", "no"))
    assert (answer.status, answer.body) == (403, {"error": {"code": "MisMatchingOAuthClaims", "message": "no"}})
