"""Microsoft.Automation: jobs over the wire (api-version 2023-11-01 and 2024-10-23)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from provision.sandbox.arm.door import document, stamp
from provision.sandbox.arm.list_filter import FilterError, terms_of
from provision.sandbox.automation.account import ACCOUNT, TYPE, Account, ProviderRefusal, automation_error
from provision.sandbox.automation.job_store import ENDED, Job, JobStore, Record
from provision.sandbox.automation.runbook_store import RunbookStore
from provision.sandbox.service import Answer, Call, Refusal, Route

JOB = f"{ACCOUNT}/jobs/{{name}}"
FIELDS = {
    "properties/status": "text",
    "properties/runbook/name": "text",
    "properties/creationTime": "time",
    "properties/startTime": "time",
    "properties/endTime": "time",
}
"""What Microsoft's own tools filter jobs by."""
PARAMETER_COUNT = 50
PARAMETER_BYTES = 512 * 1024


class Jobs:
    """Creates, reads, lists and stops jobs; the worker runs them."""

    def __init__(self, account: Account, jobs: JobStore, runbooks: RunbookStore) -> None:
        self._account = account
        self._jobs = jobs
        self._runbooks = runbooks
        self.duplicates: Literal["conflict", "existing"] = "conflict"
        """What a second PUT of one id gets. No document says: 409, or 201 with the job that is there."""

    def routes(self) -> Sequence[Route]:
        """The job, its output and its streams."""
        return (
            Route("GET", f"{ACCOUNT}/jobs", self._list),
            Route("PUT", JOB, self._put),
            Route("GET", JOB, self._get),
            Route("POST", f"{JOB}/stop", self._stop),
            Route("GET", f"{JOB}/output", self._output),
            Route("GET", f"{JOB}/streams", self._streams),
            Route("GET", f"{JOB}/streams/{{stream}}", self._stream),
        )

    def refuse(self, refusal: Refusal) -> Answer:
        """An error of the service or of Resource Manager."""
        return automation_error(refusal)

    def _find(self, call: Call, operation: str) -> Job:
        name = call.arguments["name"]
        self._account.admit(call, f"jobs/{operation}", "jobs", name)
        found = self._jobs.find(name)
        if found is None:
            raise ProviderRefusal(404, "NotFound", f"The job was not found. Job id: {name}.")
        return found

    def _put(self, call: Call) -> Answer:
        name = call.arguments["name"]
        caller = self._account.admit(call, "jobs/write", "jobs", name)
        runbook, run_on, given = self._parse(call)
        now = self._account.clock.now()
        job = Job(name.lower(), runbook, run_on, given, caller.app_id, now, now)
        present = self._jobs.add(job)
        if present is not None and self.duplicates == "conflict":
            raise ProviderRefusal(409, "Conflict", f"A job with the id '{name}' already exists.")
        return Answer(201, self._render(present or job))

    def _parse(self, call: Call) -> tuple[str, str, dict[str, str]]:
        try:
            uuid.UUID(call.arguments["name"])
        except ValueError as error:
            raise ProviderRefusal(400, "BadRequest", "The id of a job must be a GUID.") from error
        properties = document(call).get("properties") or {}
        wanted = str((properties.get("runbook") or {}).get("name") or "")
        runbook = self._runbooks.find(wanted)
        if runbook is None:
            raise ProviderRefusal(404, "NotFound", f"The Runbook was not found. Runbook name: {wanted}.")
        if runbook.published is None:
            raise ProviderRefusal(400, "BadRequest", f"The runbook '{wanted}' has not been published.")
        run_on = str(properties.get("runOn") or "")
        if run_on.lower() not in self._account.groups:
            message = (
                f"The Hybrid Runbook Worker Group '{run_on}' was not found; the sandbox runs no jobs in the cloud."
            )
            raise ProviderRefusal(400, "BadRequest", message)
        return runbook.name, run_on, parameters(properties.get("parameters") or {})

    def _get(self, call: Call) -> Answer:
        return Answer(200, self._render(self._find(call, "read")))

    def _list(self, call: Call) -> Answer:
        self._account.admit(call, "jobs/read")
        try:
            terms = terms_of(call.query.get("$filter", ""), FIELDS)
        except FilterError as error:
            raise ProviderRefusal(400, "BadRequest", str(error)) from error
        left_out = {"parameters", "exception", "startedBy", "statusDetails", "lastStatusModifiedTime"}
        rows = [self._render(job, left_out) for job in self._jobs.all()]
        found = [row for row in rows if all(term.holds(_value(row, term.path)) for term in terms)]
        return self._account.door.page(call, found)

    def _stop(self, call: Call) -> Answer:
        job = self._find(call, "stop/action")
        if not self._jobs.move(job, "Stopped", "New") and not self._jobs.move(job, "Stopping"):
            raise ProviderRefusal(409, "Conflict", f"The job has ended: {job.status}.")
        return Answer(200)

    def _output(self, call: Call) -> Answer:
        return Answer(200, self._find(call, "output/read").output())

    def _streams(self, call: Call) -> Answer:
        job = self._find(call, "streams/read")
        return self._account.door.page(call, [self._render_record(job, record) for record in list(job.records)])

    def _stream(self, call: Call) -> Answer:
        job = self._find(call, "streams/read")
        for record in list(job.records):
            if _record_id(record) == call.arguments["stream"]:
                return Answer(200, self._render_record(job, record, full=True))
        raise ProviderRefusal(404, "NotFound", f"The job has no stream record '{call.arguments['stream']}'.")

    def _render(self, job: Job, left_out: set[str] | None = None) -> dict[str, Any]:
        state = "Processing" if job.status not in ENDED else "Failed" if job.status == "Failed" else "Succeeded"
        properties = {
            "jobId": job.name,
            "runbook": {"name": job.runbook},
            "runOn": job.run_on,
            "status": job.status,
            "statusDetails": "None",
            "provisioningState": state,
            "parameters": dict(job.parameters),
            "startedBy": job.started_by,
            "exception": job.exception or None,
            "creationTime": stamp(job.created),
            "startTime": stamp(job.started) if job.started else None,
            "endTime": stamp(job.ended) if job.ended else None,
            "lastModifiedTime": stamp(job.modified),
            "lastStatusModifiedTime": stamp(job.modified),
        }
        return {
            "id": f"{self._account.resource_id}/jobs/{job.name}",
            "name": job.name,
            "type": f"{TYPE}/jobs",
            "properties": {key: value for key, value in properties.items() if key not in (left_out or ())},
        }

    def _render_record(self, job: Job, record: Record, *, full: bool = False) -> dict[str, Any]:
        identifier = _record_id(record)
        properties: dict[str, Any] = {
            "jobStreamId": identifier,
            "streamType": record.stream,
            "time": stamp(record.time),
            "summary": record.text[:200],
        }
        if full:
            properties |= {"streamText": record.text, "value": {}}
        return {"id": f"{self._account.resource_id}/jobs/{job.name}/streams/{identifier}", "properties": properties}


def _value(row: Mapping[str, Any], path: str) -> str | None:
    found: Any = row
    for step in path.split("/"):
        found = found[step]
    return None if found is None else str(found)


def _record_id(record: Record) -> str:
    return f"{record.number:08d}"


def parameters(given: Any) -> dict[str, str]:
    """The parameters of a job or of a job schedule.

    Raises:
        ProviderRefusal: 400 for anything but texts, and for too many.
    """
    if not isinstance(given, Mapping) or any(not isinstance(value, str) for value in given.values()):
        raise ProviderRefusal(400, "BadRequest", "The parameters of a job must map names to strings.")
    if len(given) > PARAMETER_COUNT or sum(len(value.encode()) for value in given.values()) > PARAMETER_BYTES:
        raise ProviderRefusal(400, "BadRequest", "A job takes at most 50 parameters of 512 KB together.")
    return dict(given)
