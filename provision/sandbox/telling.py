"""What became of a request, told in one piece: its callouts with the Logic App's run and the job behind each."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from typing import Any

from provision.sandbox import seed
from provision.sandbox.automation.job_store import ENDED, Job
from provision.sandbox.automation.schedule_store import Schedule
from provision.sandbox.service import Refusal
from provision.sandbox.world import World

RESULT = "LOCKSTEP-RESULT "
RUN_SECONDS = 5.0
JOB_SECONDS = 1200.0
OPEN = ("Running", "Waiting")
_PARTS = ("callouts", "tasks")
NEWEST = 20
"""How many jobs and requests a survey tells of."""


def survey(world: World) -> dict[str, Any]:
    """What is in the world: names of Logic Apps, variables and workflows, states of runbooks and jobs, what was asked.

    Requests and activations (runs of lifecycle workflows) come newest first.
    """
    cloud = world.cloud
    return {
        "logic_apps": [identifier.rsplit("/", 1)[1] for identifier in cloud.workflows.ids()],
        "runbooks": {runbook.name: runbook.state for runbook in cloud.runbooks.all()},
        "variables": cloud.variables.names(),
        "jobs": {job.name: job.status for job in cloud.jobs.all()[:NEWEST]},
        "schedules": {schedule.name: _next(schedule) for schedule in cloud.schedules.all()},
        "requests": [tell(world, request) for request in world.entitlement.requests()[:NEWEST]],
        "workflows": world.entitlement.workflows(),
        "activations": [tell(world, run) for run in world.entitlement.activations()[:NEWEST]],
    }


def account_of(user: str) -> str:
    """The sAMAccountName of a user named by account, user principal name or object id.

    Raises:
        Refusal: 404 for anybody else.
    """
    wanted = user.lower()
    for known in seed.USERS:
        if wanted in (known.object_id, known.account, f"{known.account}@{seed.DNS_DOMAIN}"):
            return known.account
    names = ", ".join(known.account for known in seed.USERS)
    raise Refusal(404, "UnknownUser", f"There is no user '{user}' in the sandbox; there are {names}.")


def tell(world: World, request: dict[str, Any]) -> dict[str, Any]:
    """`request` as Graph tells it, each callout or task with `run` {name, status, error}, `job` and `outcome`.

    `job` is {id, status, exception} of the job that has the callout's instance as its id, None without one; `outcome`
    is the JSON object of the job's last result line, None without one.
    """
    parts = {name: [_callout(world, part) for part in request[name]] for name in _PARTS if name in request}
    return {**request, **parts}


def tell_ended(world: World, request: dict[str, Any]) -> dict[str, Any]:
    """As `tell`, once the Logic Apps' runs have ended, which is a moment after their callbacks ended the request.

    A run that goes on for long (its job hangs) is told as it is then.
    """
    deadline = time.monotonic() + RUN_SECONDS
    while True:
        told = tell(world, request)
        runs = [part["run"] for name in _PARTS for part in told.get(name, ()) if part["run"]]
        if all(run["status"] not in OPEN for run in runs) or time.monotonic() > deadline:
            return told
        time.sleep(0.02)


def tell_jobs(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Each as {id, status, exception, outcome}, once it has ended; one that nobody takes up is told as it is then."""
    deadline = time.monotonic() + JOB_SECONDS
    while any(job.status not in ENDED for job in jobs) and time.monotonic() < deadline:
        time.sleep(0.02)
    return [{"id": job.name, "status": job.status, "exception": job.exception, "outcome": outcome(job)} for job in jobs]


def _callout(world: World, callout: dict[str, Any]) -> dict[str, Any]:
    job = world.cloud.jobs.find(callout["instance"])
    told = None if job is None else {"id": job.name, "status": job.status, "exception": job.exception}
    return {**callout, "run": _run(world, callout["run"]), "job": told, "outcome": outcome(job)}


def _next(schedule: Schedule) -> str:
    return f"next {schedule.following:%Y-%m-%d %H:%M %Z}" if schedule.following else "off"


def _run(world: World, name: str) -> dict[str, Any] | None:
    """The run of this name; a Logic App that was removed meanwhile has taken its runs along."""
    for workflow in world.cloud.workflows.ids():
        for run in world.host.runs(workflow):
            if run["name"] == name:
                properties = run["properties"]
                error = (properties.get("error") or {}).get("message", "")
                return {"logic_app": workflow, "name": name, "status": properties["status"], "error": error}
    return None


def outcome(job: Job | None) -> dict[str, Any] | None:
    """What the last result line of a job says; None when there is none, or it is no JSON object."""
    lines = re.findall(rf"{RESULT}(.*)", job.output()) if job else []
    if not lines:
        return None
    try:
        found = json.loads(lines[-1])
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
