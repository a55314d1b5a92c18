"""What ties the runbook to the schedule of the nightly sweep, with the envelope that every night begins with.

Source: Azure Automation REST API 2024-10-23, jobSchedules. One cannot be changed, a runbook and a schedule can be tied
only once, and deleting either unties them: another envelope deletes the old tie and makes a new one. The list leaves
parameters out, and no document says that one of them always tells them: the digest in its GUID then counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from provision import ownership
from provision.blueprint import Blueprint
from provision.change import Change
from provision.environment import Environment
from provision.errors import ServiceRefusal
from provision.inventory import Inventory
from provision.job_output import decoded, encoded
from provision.kinds.kind import Verdict
from provision.kinds.kind import no_doubt as doubt
from provision.naming import AUTOMATION_API_VERSION, account_id, job_schedule, settings_variable, sweep_schedule
from provision.resource import Address, ArmTarget, Json, Request, Resource

__all__ = ["KIND", "desired", "doubt", "envelope", "found", "request", "verdict"]

KIND = "job schedule"
_SAME: Final = ("same id", "specified id")
"""How the service says that it has been made already; its GUID holds what it is made of."""


def desired(blueprint: Blueprint) -> Iterable[Resource]:
    """One, when the environment says at what time."""
    environment = blueprint.environment
    if environment.sweep.schedule is not None:
        address = Address(KIND, sweep_schedule(environment.name))
        note = f"runs {environment.automation.runbook} with the envelope of a sweep"
        yield Resource(address, _target(environment, _identifier(environment)), _body(environment), note)


def found(inventory: Inventory) -> Iterable[Resource]:
    """What our schedule starts of our runbooks, also of former ones. One that is there twice is one too many."""
    environment = inventory.environment
    name, ours = sweep_schedule(environment.name), _runbooks(inventory)
    ties = [answer for answer in inventory.job_schedules if _named(answer, "runbook").lower() in ours]
    ties.sort(key=lambda answer: _named(answer, "runbook").lower() != environment.automation.runbook.lower())
    for place, answer in enumerate(ties):
        identifier = _identifier_of(answer)
        address = Address(KIND, name, key=identifier if place else "")
        yield Resource(address, _target(environment, identifier), _comparable(environment, answer), answer=answer)


def request(change: Change, current: Json) -> Request | None:
    """PUT, after the old tie is gone."""
    resource = change.resource
    if change.action == "delete":
        return Request("delete", resource.target) if current is not None else None
    if change.action == "create" and current is not None:
        return None
    body = resource.body
    properties = {
        "schedule": {"name": body["schedule"]},
        "runbook": {"name": body["runbook"]},
        "runOn": body["runOn"],
        "parameters": {key: encoded(value) for key, value in body["parameters"].items()},
    }
    old = change.found.target if change.found else None
    replaces = old if isinstance(old, ArmTarget) else None
    return Request("put", resource.target, {"properties": properties}, replaces)


def verdict(refusal: ServiceRefusal) -> Verdict:
    """Made already is done; a schedule that is new, or an old tie that is just gone, may take a while to be known."""
    if refusal.status == 409 and any(words in str(refusal) for words in _SAME):
        return "done"
    return "wait" if refusal.status in {404, 409} else "failed"


def envelope(environment: Environment) -> dict[str, Json]:
    """What every scheduled sweep is told. It knows neither its job's id nor the hour it will begin."""
    sweep = environment.sweep
    return {
        "version": 1,
        "source": "sweep",
        "environment": environment.name,
        "minutes": sweep.time_limit // timedelta(minutes=1),
        "arm": environment.cloud.arm,
        "arm_audience": environment.cloud.arm_audience,
        "automation_account": account_id(environment),
        "settings": settings_variable(environment.name),
        "apply": sweep.apply,
        "adds_over_budget": sweep.adds_over_budget,
    }


def _body(environment: Environment) -> dict[str, Json]:
    return {
        "schedule": sweep_schedule(environment.name),
        "runbook": environment.automation.runbook,
        "runOn": environment.automation.hybrid_worker_group,
        "parameters": {"envelope": envelope(environment)},
    }


def _identifier(environment: Environment) -> str:
    return job_schedule(account_id(environment), json.dumps(_body(environment), sort_keys=True))


def _identifier_of(answer: Mapping[str, Json]) -> str:
    return str(answer["id"]).rsplit("/", 1)[1].lower()


def _comparable(environment: Environment, answer: Mapping[str, Json]) -> dict[str, Json]:
    """The answer in the shape of `desired`; what it does not tell is as its GUID says."""
    properties = answer["properties"]
    untold: Mapping[str, Json] = {}
    if _identifier_of(answer) == _identifier(environment):
        untold = _body(environment)
    parameters = properties.get("parameters")
    told = {key.lower(): decoded(str(value)) or value for key, value in (parameters or {}).items()}
    return {
        "schedule": sweep_schedule(environment.name),
        "runbook": _written(_named(answer, "runbook"), environment.automation.runbook),
        "runOn": _written(properties.get("runOn") or untold.get("runOn"), environment.automation.hybrid_worker_group),
        "parameters": told or untold.get("parameters", {}),
    }


def _runbooks(inventory: Inventory) -> set[str]:
    """The names of our runbooks in lower case, the wanted one among them."""
    environment = inventory.environment
    tagged = (answer for answer in inventory.runbooks if ownership.is_tagged(answer, environment.name))
    return {environment.automation.runbook.lower(), *(str(answer["name"]).lower() for answer in tagged)}


def _named(answer: Mapping[str, Json], member: str) -> str:
    return str((answer["properties"].get(member) or {}).get("name") or "")


def _written(told: str | None, wanted: str) -> str | None:
    """A name as we write it, where only its case differs."""
    return wanted if told and told.lower() == wanted.lower() else told


def _target(environment: Environment, identifier: str) -> ArmTarget:
    return ArmTarget(f"{account_id(environment)}/jobSchedules/{identifier}", AUTOMATION_API_VERSION)
