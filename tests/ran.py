"""What ran, for tests: answers of Logic Apps, Automation and Graph, and a Reader and Writer that gives them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from provision import jobs
from provision.errors import ProvisionError
from provision.job_output import encoded
from provision.naming import account_id
from provision.resource import GraphCollection, GraphTarget, Json, OutputTarget, Request, Target
from provision.runs import record
from provision.runs.record import LogicApp, Run
from tests.fakes import WORKFLOWS, guid
from tests.sample import environment

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
ENVIRONMENT = environment()
APP = LogicApp(f"{WORKFLOWS}/lockstep-test-finance", "lockstep-test-finance", guid("c1"), "Finance")
RUN = "08584061588248945057117593005279CU00"
USER, JOB, REQUEST, PACKAGE = guid("ada"), guid("job"), guid("request"), guid("p1")
STAGE = "assignmentRequestGranted"


class Answers:
    """A Reader and Writer over answers by resource id, or by Graph's noun and keys; a list of them is given in turn.

    `refusals` are raised by writes, one each. `requests` are all writes, `reads` the targets that were asked for.
    """

    def __init__(self, answers: Mapping[Any, Any] | None = None) -> None:
        self.answers = dict(answers or {})
        self.refusals: list[ProvisionError] = []
        self.requests: list[Request] = []
        self.reads: list[Target] = []

    def read(self, target: Target) -> Json:
        """See `provision.listed_catalogs.Reader`."""
        self.reads.append(target)
        if isinstance(target, GraphTarget | GraphCollection):
            return self._given((target.noun, *target.keys))
        return self._given(f"{target.id}/output" if isinstance(target, OutputTarget) else target.id)

    def send(self, request: Request, tell: Callable[[str], None]) -> Json:
        """See `provision.apply.Writer`."""
        tell("sending")
        self.requests.append(request)
        if self.refusals:
            raise self.refusals.pop(0)
        return None

    def _given(self, key: Any) -> Any:
        found = self.answers.get(key)
        return found.pop(0) if isinstance(found, list) and found and isinstance(found[0], Turn) else found


class Turn(dict[str, Any]):
    """An answer that is given once, before the next one in its list."""


def callout(**changes: Any) -> dict[str, Any]:
    """The envelope of a callout."""
    named = {
        "user": USER,
        "stage": STAGE,
        "request_type": "adminAdd",
        "request": REQUEST,
        "stage_instance": JOB,
        "access_package": PACKAGE,
        "assignment": guid("assignment"),
        "catalog": guid("c1"),
    }
    return jobs.envelope(ENVIRONMENT, "entitlement", JOB, NOW, **named) | changes


def job_id(name: str = JOB) -> str:
    """The resource id of a job."""
    return f"{account_id(ENVIRONMENT)}/jobs/{name}"


def job_answer(status: str, envelope: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A job as Automation answers with it."""
    parameters = {"envelope": encoded(envelope)} if envelope else {}
    return {"properties": {"status": status, "parameters": parameters}}


def printed(outcome: str, detail: str = "said", **more: Any) -> str:
    """The output of a job that ends with a result line."""
    result = {"version": 1, "outcome": outcome, "detail": detail, "user": USER, "stage_instance": JOB, **more}
    return f"access package {PACKAGE} granted\r\nLOCKSTEP-RESULT {json.dumps(result)}\r\n"


def run_answer(status: str, *, tracking: str = JOB, error: str = "", name: str = RUN, **more: Any) -> dict[str, Any]:
    """A run as Logic Apps answers with it."""
    properties = {
        "startTime": "2026-01-01T11:00:00.1234567Z",
        "endTime": "2026-01-01T11:01:00Z",
        "status": status,
        "correlation": {"clientTrackingId": tracking},
        **({"error": {"code": "NotDone", "message": error}} if error else {}),
        **more,
    }
    return {"name": name, "properties": properties}


def request_answer(status: str = "WaitingForCallback", **more: Any) -> dict[str, Any]:
    """A request as Graph answers with it."""
    return {
        "id": REQUEST,
        "state": "delivering",
        "status": status,
        "accessPackage": {"id": PACKAGE, "displayName": "Analyst"},
        "requestType": "adminAdd",
        "assignment": {
            "id": guid("assignment"),
            "target": {"objectId": USER, "principalName": "ada@corp.example", "displayName": "Ada"},
        },
        **more,
    }


def run(status: str = "Failed", outcome: str = "refused", job: str = "Failed", **more: Any) -> Run:
    """A run with its job and request; `job` empty: there is none."""
    found = record.job(JOB, job_answer(job, callout()), printed(outcome, **more) if outcome else "") if job else None
    return record.run(APP, run_answer(status), found, request_answer() if found else None, NOW)
