"""Runs the runbook as a job that the command line itself starts, and reads what it has printed.

I/O: through the Reader and Writer it is given.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from provision.apply import Writer
from provision.environment import Environment
from provision.errors import ProvisionError, ServiceRefusal
from provision.job_output import Ended, encoded, ended
from provision.listed_catalogs import Reader
from provision.naming import JOBS_API_VERSION, account_id, settings_variable
from provision.resource import ArmTarget, Json, OutputTarget, Request

__all__ = ["Ended", "ended", "envelope", "job_target", "run", "told"]

ENDED: Final = frozenset({"Completed", "Failed", "Stopped", "Suspended", "Removing"})
DELAYS: Final = (0.5, 1.0, 2.0, 3.0)
"""Seconds before each look at the job; the last one repeats."""
GRACE: Final = timedelta(seconds=60)
"""How long after its deadline a job is still looked at: it ends itself then, and says so."""


def envelope(environment: Environment, source: str, job: str, deadline: datetime, **more: Json) -> dict[str, Json]:
    """The job's one parameter before it is encoded; `job` is a GUID, `deadline` has a zone, `more` is the source's."""
    return {
        "version": 1,
        "source": source,
        "environment": environment.name,
        "job": job,
        "deadline": deadline.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "arm": environment.cloud.arm,
        "arm_audience": environment.cloud.arm_audience,
        "automation_account": account_id(environment),
        "settings": settings_variable(environment.name),
        **more,
    }


def run(  # noqa: PLR0913, PLR0917 - the last two are only for tests
    reader: Reader,
    writer: Writer,
    environment: Environment,
    envelope: Mapping[str, Json],
    tell: Callable[[str], None],
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Ended:
    """Starts the job, waits until it has ended, and reads its output.

    Raises:
        ProvisionError: the job could not be started or did not end in time; names the job and what to do.
    """
    job = _Job(reader, environment, str(envelope["job"]), tell)
    job.start(writer, envelope)
    status = job.watch(datetime.fromisoformat(str(envelope["deadline"])), pause, clock)
    text = job.output()
    result, checks = ended(text)
    return Ended(job.id, status, result, checks, text)


def job_target(environment: Environment, job: str) -> ArmTarget:
    """Where a job of the environment's account is."""
    return ArmTarget(f"{account_id(environment)}/jobs/{job}", JOBS_API_VERSION)


def told(ended: Ended, environment: Environment) -> str:
    """How the job ended, for people: the runbook's own words, or what is known without them."""
    if ended.result and ended.result.get("detail"):
        detail = str(ended.result["detail"])
        return detail if ended.well else f"{ended.result.get('outcome', 'unknown')}: {detail}"
    if ended.status == "Suspended":
        group = environment.automation.hybrid_worker_group
        return (
            f"job {ended.id} was suspended: no worker of hybrid worker group {group} took it up, or the worker gave it "
            "back. Check that its machine runs and reaches Azure."
        )
    return f"job {ended.id} ended as {ended.status} and wrote no result; Azure Automation shows it under Jobs"


@dataclass(frozen=True, slots=True)
class _Job:
    """One job to be, and who is told how far it is."""

    reader: Reader
    environment: Environment
    id: str
    tell: Callable[[str], None]

    @property
    def target(self) -> ArmTarget:
        return job_target(self.environment, self.id)

    def start(self, writer: Writer, envelope: Mapping[str, Json]) -> None:
        automation = self.environment.automation
        properties = {
            "runbook": {"name": automation.runbook},
            "runOn": automation.hybrid_worker_group,
            "parameters": {"envelope": encoded(envelope)},
        }
        self.tell(f"starting job {self.id}")
        try:
            writer.send(Request("put", self.target, {"properties": properties}), self.tell)
        except ServiceRefusal as refusal:
            if refusal.status in {401, 403, 404} or not self.reader.read(self.target):  # else: it was sent twice
                raise ProvisionError(self._refused(refusal)) from refusal
        except ProvisionError:
            if self.reader.read(self.target) is None:  # the id is new: if it is there, only the answer was lost
                raise

    def watch(self, deadline: datetime, pause: Callable[[float], None], clock: Callable[[], datetime]) -> str:
        """The status in which it ended."""
        begun, delays = clock(), _delays()
        while (status := self._status()) not in ENDED:
            if clock() > deadline + GRACE:
                raise ProvisionError(self._late(status, (clock() - begun).total_seconds()))
            self.tell(f"job {self.id} is {status}")
            pause(next(delays))
        return status

    def output(self) -> str:
        answer = self.reader.read(OutputTarget(self.target.id, JOBS_API_VERSION))
        return str(answer["text"]) if answer else ""

    def _status(self) -> str:
        answer = self.reader.read(self.target) or {}  # a list or a replica may lag behind the write
        return str((answer.get("properties") or {}).get("status") or "New")

    def _refused(self, refusal: ServiceRefusal) -> str:
        automation, said = self.environment.automation, str(refusal)
        if "hybrid" in said.lower():
            remedy = "Check `automation.hybrid_worker_group` in the environment file."
        elif f"unbook '{automation.runbook}'" in said or "Runbook was not found" in said:
            remedy = f"Run `lockstep apply -e {self.environment.name}` first; it puts the runbook there."
        else:
            remedy = ""
        return f"job {self.id} could not be started: {said} {remedy}".rstrip()

    def _late(self, status: str, seconds: float) -> str:
        group = self.environment.automation.hybrid_worker_group
        if status == "New":
            hint = f"No worker of hybrid worker group {group} took it up: check that its machine runs."
        else:
            hint = "Azure Automation shows it under Jobs."
        return (
            f"job {self.id} took longer than {seconds / 60:.0f} minutes (last seen: {status}). {hint} "
            "After its deadline it changes nothing any more; run the command again."
        )


def _delays() -> Iterator[float]:
    yield from DELAYS
    while True:
        yield DELAYS[-1]
