"""The definitions of our Logic Apps, rendered from templates/entitlement.json.j2 and templates/lifecycle.json.j2.

Pure apart from reading the templates that ship with the package. A definition follows Microsoft's schema
`2016-06-01/workflowdefinition.json`; jobs are started and read at Automation's api-version 2023-11-01: the newest one
seen in public samples of this very call, available in every cloud, and the one the runbook reads its variables with.
Both templates share templates/job.json.j2: starting a job, and waiting for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, ClassVar, Literal

import jinja2

from provision import assets
from provision.naming import JOBS_API_VERSION

TRIGGER = "manual"
"""Entra knows the trigger by this name only."""


@dataclass(frozen=True, slots=True)
class LifecycleInputs:
    """What the Logic App of Lifecycle Workflows needs to know, and every other one too.

    `settings` is the name of the Automation variable the runbook reads; `arm` and `graph` are origins
    (`https://management.azure.com`) and the audiences belong to them. The Logic App looks at the job every
    `poll_interval` and stops waiting after `poll_deadline` or `poll_count` looks, whichever comes first.
    """

    TEMPLATE: ClassVar[str] = "lifecycle.json.j2"

    environment: str
    subscription: str
    resource_group: str
    automation_account: str
    runbook: str
    worker_group: str
    settings: str
    poll_interval: timedelta
    poll_count: int
    poll_deadline: timedelta
    arm: str
    arm_audience: str
    graph: str
    graph_audience: str

    def values(self) -> dict[str, str]:
        """The parameters of the workflow by their names."""
        return {
            "environment": self.environment,
            "subscription": self.subscription,
            "resourceGroup": self.resource_group,
            "automationAccount": self.automation_account,
            "runbook": self.runbook,
            "workerGroup": self.worker_group,
            "settings": self.settings,
        }


@dataclass(frozen=True, slots=True)
class WorkflowInputs(LifecycleInputs):
    """What the Logic App of one catalog needs to know; `catalog` is the catalog's id.

    `on_pending` says what becomes of a person who is not in AD yet: the next sweep gives the groups, and Entra hears
    so; or the job counts as failed.
    """

    TEMPLATE: ClassVar[str] = "entitlement.json.j2"

    catalog: str
    on_failure: Literal["hold", "resume"]
    on_pending: Literal["sweep", "fail"]

    def values(self) -> dict[str, str]:
        """The parameters of the workflow by their names."""
        first = {"environment": self.environment, "catalog": self.catalog}
        last = {"onFailure": self.on_failure, "onPending": self.on_pending}
        return first | LifecycleInputs.values(self) | last


def definition(inputs: LifecycleInputs) -> dict[str, Any]:
    """The `properties.definition` of the workflow resource."""
    text = _template(inputs.TEMPLATE).render(
        arm=_literal(inputs.arm.rstrip("/")),
        arm_audience=_literal(inputs.arm_audience),
        graph=_literal(inputs.graph.rstrip("/")),
        graph_audience=_literal(inputs.graph_audience),
        automation_api_version=JOBS_API_VERSION,
        poll_seconds=_seconds(inputs.poll_interval),
        poll_count=inputs.poll_count,
        poll_deadline=f"PT{_seconds(inputs.poll_deadline)}S",
        deadline_seconds=_seconds(inputs.poll_deadline),
    )
    rendered: dict[str, Any] = json.loads(text)
    return rendered


def parameters(inputs: LifecycleInputs) -> dict[str, dict[str, Any]]:
    """The `properties.parameters` of the workflow resource: values are data there, whatever characters they hold."""
    return {name: {"value": value} for name, value in inputs.values().items()}


@cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(assets.path("templates")),
        undefined=jinja2.StrictUndefined,
        finalize=_as_json,
        autoescape=False,  # noqa: S701 - the output is JSON, and every value passes through finalize
    )
    return environment.get_template(name)


def _as_json(value: object) -> str:
    if isinstance(value, jinja2.Undefined):
        return str(value)  # StrictUndefined raises here and names the missing value
    return json.dumps(value)


def _literal(address: str) -> str:
    """The address with nothing in it to evaluate; it begins with a scheme, so never with a single `@`."""
    return address.replace("@{", "@@{")


def _seconds(duration: timedelta) -> int:
    return int(duration.total_seconds())
