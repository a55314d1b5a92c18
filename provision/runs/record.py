"""One run of a Logic App, joined with its job, the job's outcome, and Entra's request. Pure.

The job's id is the run's `clientTrackingId`; where that is no GUID, a failed run names its job in its error
(`templates/entitlement.json.j2`). Sources: Logic Apps REST API 2019-05-01, workflow runs; Automation, jobs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from provision.instant import instant
from provision.job_output import decoded, ended, says_well
from provision.resource import Json
from runbook.group_name import GUID

OPEN: Final = frozenset({"Running", "Waiting", "Paused", "Suspended"})
FAILED: Final = frozenset({"Failed", "Faulted", "Cancelled", "TimedOut", "Aborted"})
KEPT: Final = timedelta(days=30)
"""So long Automation keeps jobs and their output."""
_NAMED: Final = re.compile(rf"\bJob ({GUID.pattern})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LogicApp:
    """A Logic App of the environment; `catalog` is a catalog's id or `LIFECYCLE`, `label` its name for people."""

    id: str
    name: str
    catalog: str
    label: str


@dataclass(frozen=True, slots=True)
class Job:
    """A job as Automation answered: its status, its envelope (None: not ours), and its output (None: there is none)."""

    id: str
    status: str
    envelope: Mapping[str, Json] | None
    text: str | None

    @property
    def result(self) -> Mapping[str, Json]:
        """The runbook's own last line; empty without one."""
        return ended(self.text or "")[0] or {}

    @property
    def well(self) -> bool:
        """Whether Automation and the runbook both say so."""
        return self.status == "Completed" and says_well(self.result)


@dataclass(frozen=True, slots=True)
class Run:
    """One run, told in one piece; what is not known is empty. `job` is None when Automation knows none."""

    app: LogicApp
    id: str
    status: str
    started: str
    ended: str
    error: str
    job: Job | None
    age: timedelta
    request: Mapping[str, Json] = field(default_factory=dict)
    subject: Mapping[str, Json] = field(default_factory=dict)
    """Whom a lifecycle workflow ran for, as Graph shows the user."""

    @property
    def failed(self) -> bool:
        """Whether the callout was not answered as done."""
        return self.status in FAILED

    @property
    def open(self) -> bool:
        """Whether it still goes on."""
        return self.status in OPEN

    @property
    def foreign(self) -> bool:
        """Whether it was no callout for us: a connection test or another catalog's, which end well without a job."""
        return self.job is None and not self.failed and not self.open and self.age < KEPT

    @property
    def outcome(self) -> str:
        """The runbook's own word; empty without one."""
        return str(self.job.result.get("outcome", "")) if self.job else ""

    @property
    def detail(self) -> str:
        """What the runbook said, or why it is not known."""
        if self.job and self.job.result.get("detail"):
            return str(self.job.result["detail"])
        if self.error:
            return self.error
        if self.open:
            return "goes on"
        if self.age >= KEPT:
            return "the job is gone: Automation keeps jobs for 30 days"
        return "the job printed no result" if self.job else ""

    def fact(self, name: str) -> str:
        """A fact of the callout: from the job's result, else from its envelope, else from Entra's request."""
        if self.job is None:
            return str(self._asked.get(name) or "")
        return str(self.job.result.get(name) or (self.job.envelope or {}).get(name) or "")

    @property
    def _asked(self) -> Mapping[str, Json]:
        """What Entra's request says of a callout that started no job."""
        return {
            "request": self.request.get("id"),
            "user": ((self.request.get("assignment") or {}).get("target") or {}).get("objectId"),
            "access_package": (self.request.get("accessPackage") or {}).get("id"),
        }

    @property
    def user_name(self) -> str:
        """The person's name in Entra, or the object id where Entra says none."""
        target = (self.request.get("assignment") or {}).get("target") or {}
        named = target.get("principalName") or self.subject.get("userPrincipalName")
        return str(named or target.get("displayName") or self.subject.get("displayName") or self.fact("user"))

    @property
    def package_name(self) -> str:
        """The access package's name in Entra, or its id where Entra says none."""
        return str((self.request.get("accessPackage") or {}).get("displayName") or self.fact("access_package"))


def job_id(run: Mapping[str, Json]) -> str:
    """The id of the job that a run has started; empty when it cannot be known."""
    properties = run.get("properties") or {}
    tracking = str((properties.get("correlation") or {}).get("clientTrackingId") or "")
    if is_guid(tracking):
        return tracking.lower()
    named = _NAMED.search(str((properties.get("error") or {}).get("message") or ""))
    return named[1].lower() if named else ""


def is_guid(text: str) -> bool:
    """Whether it has the form of a GUID."""
    return GUID.fullmatch(text) is not None


def job(identifier: str, answer: Mapping[str, Json], text: str | None) -> Job:
    """A job from Automation's answer and its output."""
    properties = answer.get("properties") or {}
    parameters = properties.get("parameters") or {}
    envelope = next((found for value in parameters.values() if (found := decoded(str(value)))), None)
    return Job(identifier, str(properties.get("status") or "Unknown"), envelope, text)


def run(app: LogicApp, answer: Mapping[str, Json], found: Job | None, request: Json, now: datetime) -> Run:
    """A run from the answers of Logic Apps, Automation and Graph (None where there is none)."""
    properties = answer["properties"]
    error = properties.get("error") or {}
    started = str(properties.get("startTime") or "")
    moment = instant(started)
    return Run(
        app=app,
        id=str(answer["name"]),
        status=str(properties.get("status") or "Unknown"),
        started=started,
        ended=str(properties.get("endTime") or ""),
        error=str(error.get("message") or error.get("code") or ""),
        job=found,
        age=now - moment if moment else timedelta(),
        request=request or {},
    )
