"""Finds what is to be repeated: the callout behind a Logic App's run or a job, or a person.

I/O: only through the Reader it is given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from provision.environment import Environment
from provision.errors import ProvisionError
from provision.jobs import ENDED
from provision.listed_catalogs import Reader, whole
from provision.naming import LOGIC_API_VERSION
from provision.resource import ArmTarget, GraphCollection, Json
from provision.runs import history as runs
from provision.runs import record
from provision.runs.record import Job, LogicApp, Run

ENTITLEMENT: Final = "entitlement"
LIFECYCLE: Final = "lifecycle"
CALLOUT: Final = {
    ENTITLEMENT: (
        "user",
        "stage",
        "request_type",
        "request",
        "stage_instance",
        "access_package",
        "assignment",
        "catalog",
    ),
    LIFECYCLE: ("user", "workflow", "task", "task_result"),
}
"""What a callout consists of, by the source of its envelope; the rest of an envelope belongs to the job."""
GRANTED: Final = "assignmentRequestGranted"
REMOVED: Final = "assignmentRequestRemoved"
_RUN: Final = re.compile(r"[A-Za-z0-9]{1,64}")


@dataclass(frozen=True, slots=True)
class Original:
    """What is to be repeated: the callout, and what is known of it. `source` is the service that has called.

    `run` is the Logic App's run when that was named, `job` the job, if one was started.
    """

    source: str
    callout: Mapping[str, Json]
    job: Job | None
    run: Run | None

    @property
    def said(self) -> str:
        """What became of it, in its own words."""
        if self.run:
            return f"run {self.run.id} ended as {self.run.status}: {self.run.detail}"
        job = self.job
        detail = (job and job.result.get("detail")) or "it printed no result"
        return f"job {job.id if job else ''} is {job.status if job else ''}: {detail}"


def find(reader: Reader, environment: Environment, reference: str, apps: Sequence[LogicApp]) -> Original:
    """The failed callout that a run of a Logic App, or a job, stands for.

    Raises:
        ProvisionError: there is none, it is not this environment's, or nothing says what it was.
    """
    if not record.is_guid(reference):
        run = _run(reader, environment, reference, apps)
        return _of_job(run.job, environment, run) if run.job else _of_request(run)
    return _of_job(_known(reader, environment, reference), environment, None)


def job_of(reader: Reader, environment: Environment, reference: str) -> Job:
    """The job of that id, or the one that the run of a Logic App has started.

    Raises:
        ProvisionError: there is none.
    """
    if record.is_guid(reference):
        return _known(reader, environment, reference)
    run = _run(reader, environment, reference, runs.logic_apps(reader, environment))
    if run.job is None:
        raise ProvisionError(f"run {run.id} has no job: {run.detail or run.status}.")
    return run.job


def refuse_needless(original: Original, *, waits: bool) -> None:
    """Raises: ProvisionError when nothing failed, or it still goes on."""
    run, job = original.run, original.job
    if (run and run.open) or (job and job.status not in ENDED):
        raise ProvisionError(f"{original.said}. Wait until it has ended; `lockstep runs --follow` shows it.")
    if job and job.well and not waits and not (run and run.failed):
        raise ProvisionError(
            f"{original.said}. It did not fail, so there is nothing to repeat. To bring the person's groups in step "
            f"all the same: `lockstep reconcile --user {original.callout['user']}`."
        )


def user_id(reader: Reader, reference: str) -> str:
    """The object id of a person, given it or the user principal name.

    Names are looked up among those who have or had an access package: for others the deployer may lack permission.

    Raises:
        ProvisionError: the name is nobody's there.
    """
    if record.is_guid(reference):
        return reference.lower()
    if "@" not in reference:
        raise ProvisionError(f"--user {reference}: give the object id in Entra, or the user principal name.")
    targets = [row.get("target") or {} for row in whole(reader, GraphCollection("assignments", expand="target"))]
    found = {
        str(target["objectId"]).lower()
        for target in targets
        if str(target.get("principalName") or "").casefold() == reference.casefold() and target.get("objectId")
    }
    if len(found) != 1:
        raise ProvisionError(
            f"--user {reference}: {len(found) or 'none'} of those with an access package is called so. Names are "
            "looked up among them only; give the object id, which Entra shows on the user's page."
        )
    return found.pop()


def _known(reader: Reader, environment: Environment, identifier: str) -> Job:
    job = runs.job(reader, environment, identifier.lower())
    if job is None:
        raise ProvisionError(
            f"{identifier} is neither a job nor a run of environment {environment.name}, or it is older than 30 days. "
            "`lockstep runs` lists those of callouts, Azure Automation lists all under Jobs. `lockstep reconcile "
            "--user ID` brings one person's groups in step without one."
        )
    return job


def _run(reader: Reader, environment: Environment, reference: str, apps: Sequence[LogicApp]) -> Run:
    if not _RUN.fullmatch(reference):
        raise ProvisionError(f"{reference} is no id of a run or job; `lockstep runs` shows them in column id.")
    for app in apps:
        found = reader.read(ArmTarget(f"{app.id}/runs/{reference}", LOGIC_API_VERSION))
        if found is not None:
            return runs.joined(reader, environment, app, found)
    raise ProvisionError(
        f"no Logic App of environment {environment.name} has a run {reference}. `lockstep runs` lists them; the runs "
        "of a Logic App that was deleted are gone. `lockstep reconcile --user ID` brings one person's groups in step "
        "without one."
    )


def _of_job(job: Job, environment: Environment, run: Run | None) -> Original:
    """What the job's envelope says."""
    envelope = job.envelope or {}
    source = str(envelope.get("source"))
    if envelope.get("environment") != environment.name or not record.is_guid(str(envelope.get("user"))):
        raise ProvisionError(f"job {job.id} is no job of environment {environment.name} about a person.")
    if source not in CALLOUT:
        raise ProvisionError(
            f"job {job.id} was started by `lockstep` itself ({source}), not by Entra. Run "
            f"`lockstep reconcile --user {envelope['user']}`."
        )
    return Original(source, {key: str(envelope.get(key) or "") for key in CALLOUT[source]}, job, run)


def _of_request(run: Run) -> Original:
    """What Entra's request says of a run that started no job."""
    request = run.request
    mine = next((i for i in runs.callouts(request) if i.get("externalCorrelationId") == run.id), None)
    if mine is None or not record.is_guid(run.fact("user")):
        raise ProvisionError(
            f"run {run.id} has no job that could be repeated, and Entra knows no request for it: "
            f"{run.detail or run.status}. Bring the person's groups in step with `lockstep reconcile --user ID`."
        )
    kind = str(request.get("requestType") or "")
    callout = {
        "user": run.fact("user"),
        "stage": REMOVED if kind.lower().endswith("remove") or "expire" in kind.lower() else GRANTED,
        "request_type": kind,
        "request": run.fact("request"),
        "stage_instance": str(mine.get("id") or ""),
        "access_package": run.fact("access_package"),
        "assignment": str((request.get("assignment") or {}).get("id") or ""),
        "catalog": run.app.catalog,
    }
    return Original(ENTITLEMENT, callout, None, run)
