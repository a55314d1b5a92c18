"""The workflow definition of a catalog's Logic App, rendered from templates/entitlement.json.j2.

Pure apart from reading the template that ships with the package. The definition follows Microsoft's schema
`2016-06-01/workflowdefinition.json`; jobs are started and read at Automation's api-version 2023-11-01: the newest one
seen in public samples of this very call, available in every cloud, and the one the runbook reads its variables with.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Literal

import jinja2

from provision import assets

TRIGGER = "manual"
"""Entitlement management knows the trigger by this name only."""

AUTOMATION_API_VERSION = "2023-11-01"


@dataclass(frozen=True, slots=True)
class WorkflowInputs:
    """What the Logic App of one catalog needs to know.

    `catalog` is the catalog's id; `settings` the name of the Automation variable the runbook reads; `arm` and `graph`
    are origins (`https://management.azure.com`) and the audiences belong to them. The Logic App looks at the job every
    `poll_interval` and stops waiting after `poll_deadline` or `poll_count` looks, whichever comes first.
    """

    environment: str
    catalog: str
    subscription: str
    resource_group: str
    automation_account: str
    runbook: str
    worker_group: str
    settings: str
    on_failure: Literal["hold", "resume"]
    poll_interval: timedelta
    poll_count: int
    poll_deadline: timedelta
    arm: str
    arm_audience: str
    graph: str
    graph_audience: str


def definition(inputs: WorkflowInputs) -> dict[str, Any]:
    """The `properties.definition` of the workflow resource."""
    text = _template().render(
        arm=_literal(inputs.arm.rstrip("/")),
        arm_audience=_literal(inputs.arm_audience),
        graph=_literal(inputs.graph.rstrip("/")),
        graph_audience=_literal(inputs.graph_audience),
        automation_api_version=AUTOMATION_API_VERSION,
        poll_seconds=_seconds(inputs.poll_interval),
        poll_count=inputs.poll_count,
        poll_deadline=f"PT{_seconds(inputs.poll_deadline)}S",
        deadline_seconds=_seconds(inputs.poll_deadline),
    )
    rendered: dict[str, Any] = json.loads(text)
    return rendered


def parameters(inputs: WorkflowInputs) -> dict[str, dict[str, Any]]:
    """The `properties.parameters` of the workflow resource: values are data there, whatever characters they hold."""
    values = {
        "environment": inputs.environment,
        "catalog": inputs.catalog,
        "subscription": inputs.subscription,
        "resourceGroup": inputs.resource_group,
        "automationAccount": inputs.automation_account,
        "runbook": inputs.runbook,
        "workerGroup": inputs.worker_group,
        "settings": inputs.settings,
        "onFailure": inputs.on_failure,
    }
    return {name: {"value": value} for name, value in values.items()}


@cache
def _template() -> jinja2.Template:
    source = assets.path("templates/entitlement.json.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        finalize=_as_json,
        autoescape=False,  # noqa: S701 - the output is JSON, and every value passes through finalize
    )
    return environment.from_string(source)


def _as_json(value: object) -> str:
    if isinstance(value, jinja2.Undefined):
        return str(value)  # StrictUndefined raises here and names the missing value
    return json.dumps(value)


def _literal(address: str) -> str:
    """The address with nothing in it to evaluate; it begins with a scheme, so never with a single `@`."""
    return address.replace("@{", "@@{")


def _seconds(duration: timedelta) -> int:
    return int(duration.total_seconds())
