"""Microsoft.Automation: job schedules over the wire. They are made and deleted, never changed.

Sources: the REST API's own schema and examples (a list has no parameters); the words of the two conflicts: issues of
people who deployed one twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from provision.sandbox.arm.door import document
from provision.sandbox.arm.list_filter import FilterError, terms_of
from provision.sandbox.automation.account import ACCOUNT, TYPE, Account, ProviderRefusal, automation_error
from provision.sandbox.automation.jobs import parameters
from provision.sandbox.automation.runbook_store import RunbookStore
from provision.sandbox.automation.schedule_store import ScheduleStore, Tie
from provision.sandbox.service import Answer, Call, Refusal, Route

JOB_SCHEDULE = f"{ACCOUNT}/jobSchedules/{{name}}"
FIELDS = {"properties/schedule/name": "text", "properties/runbook/name": "text"}


class JobSchedules:
    """What the schedules of the account start."""

    def __init__(self, account: Account, store: ScheduleStore, runbooks: RunbookStore) -> None:
        self._account = account
        self._store = store
        self._runbooks = runbooks

    def routes(self) -> Sequence[Route]:
        """List, read, make, delete."""
        return (
            Route("GET", f"{ACCOUNT}/jobSchedules", self._list),
            Route("GET", JOB_SCHEDULE, self._get),
            Route("PUT", JOB_SCHEDULE, self._put),
            Route("DELETE", JOB_SCHEDULE, self._delete),
        )

    def refuse(self, refusal: Refusal) -> Answer:
        """An error of the service or of Resource Manager."""
        return automation_error(refusal)

    def _admit(self, call: Call, verb: str) -> str:
        name = call.arguments["name"]
        self._account.admit(call, f"jobSchedules/{verb}", "jobSchedules", name)
        return name.lower()

    def _list(self, call: Call) -> Answer:
        self._account.admit(call, "jobSchedules/read")
        try:
            terms = terms_of(call.query.get("$filter", ""), FIELDS)
        except FilterError as error:
            raise ProviderRefusal(400, "BadRequest", str(error)) from error
        rows = [
            self._render(tie) for tie in self._store.ties() if all(term.holds(_at(tie, term.path)) for term in terms)
        ]
        return self._account.door.page(call, rows)

    def _get(self, call: Call) -> Answer:
        name = self._admit(call, "read")
        found = self._store.tie(name)
        if found is None:
            raise _absent(name)
        return Answer(200, self._render(found, whole=True))

    def _put(self, call: Call) -> Answer:
        identifier = self._admit(call, "write")
        with self._store.lock:
            made = self._parsed(identifier, document(call).get("properties") or {})
            for tie in self._store.ties():
                if tie.identifier == identifier:
                    raise ProviderRefusal(409, "Conflict", "A jobSchedule with same id already exists.")
                if tie.schedule is made.schedule and tie.runbook is made.runbook:
                    message = "A job schedule for the specified runbook and schedule already exists."
                    raise ProviderRefusal(409, "Conflict", message)
            self._store.add_tie(made)
        return Answer(201, self._render(made, whole=True))

    def _parsed(self, identifier: str, properties: dict[str, Any]) -> Tie:
        try:
            uuid.UUID(identifier)
        except ValueError as error:
            raise ProviderRefusal(400, "BadRequest", "The id of a job schedule must be a GUID.") from error
        names = [str((properties.get(member) or {}).get("name") or "") for member in ("schedule", "runbook")]
        schedule, runbook = self._store.find(names[0]), self._runbooks.find(names[1])
        if schedule is None:
            raise ProviderRefusal(404, "NotFound", f"The schedule was not found. Schedule name: {names[0]}.")
        if runbook is None:
            raise ProviderRefusal(404, "NotFound", f"The Runbook was not found. Runbook name: {names[1]}.")
        if runbook.published is None:
            raise ProviderRefusal(400, "BadRequest", f"The runbook '{names[1]}' has not been published.")
        run_on = str(properties.get("runOn") or "")
        if run_on.lower() not in self._account.groups:
            message = (
                f"The Hybrid Runbook Worker Group '{run_on}' was not found; the sandbox runs no jobs in the cloud."
            )
            raise ProviderRefusal(400, "BadRequest", message)
        return Tie(identifier, schedule, runbook, run_on, parameters(properties.get("parameters") or {}))

    def _delete(self, call: Call) -> Answer:
        name = self._admit(call, "delete")
        if not self._store.remove_tie(name):
            raise _absent(name)
        return Answer(200)

    def _render(self, tie: Tie, *, whole: bool = False) -> dict[str, Any]:
        more = {"runOn": tie.run_on, "parameters": dict(tie.parameters)} if whole else {}
        return {
            "id": f"{self._account.resource_id}/jobSchedules/{tie.identifier}",
            "name": tie.identifier,
            "type": f"{TYPE}/jobSchedules",
            "properties": {
                "jobScheduleId": tie.identifier,
                "schedule": {"name": tie.schedule.name},
                "runbook": {"name": tie.runbook.name},
                **more,
            },
        }


def _at(tie: Tie, path: str) -> str:
    return tie.schedule.name if path == "properties/schedule/name" else tie.runbook.name


def _absent(name: str) -> ProviderRefusal:
    return ProviderRefusal(404, "NotFound", f"The job schedule was not found. Job schedule id: {name}.")
