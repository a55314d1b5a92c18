"""The job that the nightly schedule has started last. I/O: through the Reader it is given.

No job says which schedule started it, and its id is the service's: it is the one that began when it was due, with the
envelope of a sweep on a schedule.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from provision.doctor.facts import LastSweep
from provision.doctor.noting import Noting
from provision.instant import instant
from provision.inventory import Inventory
from provision.job_output import Ended, decoded, ended
from provision.jobs import job_target
from provision.naming import JOBS_API_VERSION, account_id
from provision.resource import ArmCollection, Json, OutputTarget
from provision.upcoming import zone_of

LATE: Final = timedelta(minutes=15)
"""So long after its time a job is still the schedule's."""


def last_sweep(noting: Noting, found: Inventory, now: datetime) -> LastSweep | None:
    """None when the schedule is not there, is off, or has not come to its first time."""
    due = _due(found, now)
    if due is None:
        return None
    environment = found.environment
    runbook = environment.automation.runbook
    query = f"properties/runbook/name eq '{runbook}' and properties/creationTime ge {_text(due - timedelta(minutes=1))}"
    listed = noting.read(ArmCollection(f"{account_id(environment)}/jobs", JOBS_API_VERSION, query)) or []
    for row in sorted(listed, key=_created):
        identifier = str((row.get("properties") or {}).get("jobId") or row.get("name"))
        if _created(row) <= _text(due + LATE) and (job := _job(noting, found, identifier)):
            return LastSweep(due, job)
    return LastSweep(due, None)


def _due(found: Inventory, now: datetime) -> datetime | None:
    """When it should have begun last: a day before the next time, by the clock of its zone."""
    properties: Mapping[str, Json] = next(iter(found.schedules), {}).get("properties") or {}
    following, first = (instant(str(properties.get(key) or "")) for key in ("nextRun", "startTime"))
    if following is None or first is None or first > now:
        return None
    zone = zone_of(found.environment.sweep.time_zone) or UTC
    return (following.astimezone(zone) - timedelta(days=1)).astimezone(UTC)


def _job(noting: Noting, found: Inventory, identifier: str) -> Ended | None:
    """The job, with its output; None when it is no sweep on a schedule."""
    target = job_target(found.environment, identifier)
    properties = (noting.read(target) or {}).get("properties") or {}
    envelopes = (decoded(str(value)) or {} for value in (properties.get("parameters") or {}).values())
    if not any(envelope.get("source") == "sweep" and "minutes" in envelope for envelope in envelopes):
        return None
    output = noting.read(OutputTarget(target.id, JOBS_API_VERSION)) or {}
    text = str(output.get("text") or "")
    return Ended(identifier, str(properties.get("status") or "Unknown"), *ended(text), text)


def _created(row: Mapping[str, Json]) -> str:
    moment = instant(str((row.get("properties") or {}).get("creationTime") or ""))
    return _text(moment) if moment else ""


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
