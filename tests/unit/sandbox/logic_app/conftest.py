from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provision.sandbox.clock import Clock
from provision.sandbox.logic_app.definition import SCHEMA
from provision.sandbox.logic_app.http_action import Wire
from provision.sandbox.logic_app.record import RunRecord
from provision.sandbox.logic_app.run import Run
from provision.sandbox.logic_app.run_scope import Plan
from provision.sandbox.logic_app.validation import parameter_values, read_workflow
from provision.sandbox.outside import HttpReply

START = datetime(2026, 1, 1, tzinfo=UTC)
RESOURCE_ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Logic/workflows/la"

Define = Callable[..., dict[str, Any]]
RunIt = Callable[..., Run]


class VirtualClock(Clock):
    """Time that passes by waiting only; `slept` lists the waits in seconds of the service."""

    def __init__(self) -> None:
        super().__init__(1)
        self.present = START
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.present

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.present += timedelta(seconds=seconds)


@dataclass
class ScriptedOutside:
    """Answers with its replies in turn, the last one again and again; an OSError in the list is raised."""

    replies: list[HttpReply | OSError] = field(default_factory=list)
    sent: list[tuple[str, str, Mapping[str, str], bytes | None]] = field(default_factory=list)

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None, timeout: float = 30
    ) -> HttpReply:
        assert timeout > 0
        self.sent.append((method, url, headers, body))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, OSError):
            raise reply
        return reply


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def outside() -> ScriptedOutside:
    return ScriptedOutside([HttpReply(200, {"content-type": "application/json"}, b'{"ok": true}')])


@pytest.fixture
def wire(outside: ScriptedOutside, clock: VirtualClock) -> Wire:
    return Wire(outside, clock, lambda audience: f"token for {audience}")


@pytest.fixture
def define() -> Define:
    def build(actions: Any = None, **members: Any) -> dict[str, Any]:
        return {
            "$schema": SCHEMA,
            "contentVersion": "1.0.0.0",
            "triggers": {"manual": {"type": "Request", "kind": "Http", "inputs": {}}},
            "actions": {} if actions is None else actions,
            **members,
        }

    return build


@pytest.fixture
def run_it(define: Define, wire: Wire, clock: VirtualClock) -> RunIt:
    """Runs the actions to their end; `body` is the trigger's, `parameters` are declared with their values."""

    def carry_out(actions: Mapping[str, Any], body: Any = None, parameters: Mapping[str, str] | None = None) -> Run:
        given = parameters or {}
        written = json.loads(json.dumps(define(actions, parameters={name: {"type": "String"} for name in given})))
        workflow = read_workflow(written)
        values = parameter_values(workflow, {name: {"value": value} for name, value in given.items()})
        record = RunRecord(f"{RESOURCE_ID}/runs/r1", "r1", "manual", {"body": body}, "r1", clock.now())
        run = Run(Plan(workflow, values, RESOURCE_ID), record, wire)
        run.execute()
        return run

    return carry_out
