"""The nightly sweep: its schedule, what it starts, when it begins next, and how the last one ended. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from provision.doctor import planned
from provision.doctor.check import Check, unknown
from provision.doctor.facts import ACCOUNT, JOBS, MAPPING, SCHEDULES, Facts
from provision.instant import instant
from provision.job_output import Ended
from provision.jobs import ENDED
from provision.kinds import job_schedule, schedule
from provision.upcoming import zone_of

AREA: Final = "nightly sweep"
LAST: Final = "the last one"
PATIENCE: Final = timedelta(minutes=15)
"""So long after its time a job may be missing in the list."""


def checks(facts: Facts) -> Iterator[Check]:
    """Nothing where the environment asks for no schedule and there is none."""
    needs = (ACCOUNT, SCHEDULES, MAPPING)
    yield from planned.whole(facts, AREA, schedule.KIND, needs, _next(facts))
    yield from planned.whole(facts, AREA, job_schedule.KIND, needs, "starts the runbook with the envelope of a sweep")
    if facts.environment.sweep.schedule and not facts.blocked(*needs):
        yield from _last(facts)


def _next(facts: Facts) -> str:
    properties = next(iter(facts.inventory.schedules if facts.inventory else ()), {}).get("properties") or {}
    following, name = instant(str(properties.get("nextRun") or "")), facts.environment.sweep.time_zone
    if following is None:
        return "is on"
    return f"is on; next at {following.astimezone(zone_of(name)):%Y-%m-%d %H:%M} ({name})"


def _last(facts: Facts) -> Iterator[Check]:
    last = facts.last_sweep
    if last is None:
        return
    if reason := facts.blocked(JOBS):
        yield unknown(AREA, LAST, reason)
    elif last.job is not None:
        yield _judged(facts, last.job)
    elif facts.now - last.due > PATIENCE:
        said = f"none was started at {last.due:%Y-%m-%d %H:%M} UTC, when it was due"
        yield Check(AREA, LAST, "warn", said, f"{_portal(facts)} > Jobs shows what was started.")


def _judged(facts: Facts, job: Ended) -> Check:
    fix = f"{_portal(facts)} > Jobs > {job.id} > Output says all of it."
    if job.status not in ENDED:
        return Check(AREA, LAST, "ok", f"goes on: job {job.id} is {job.status}")
    result = job.result or {}
    told = f"{result.get('outcome')}: {result.get('detail')}" if result else "it wrote no result"
    said = f"job {job.id} ended as {job.status}; {told}"
    if job.well:
        return Check(AREA, LAST, "ok", said)
    return Check(AREA, LAST, "warn" if result.get("outcome") == "partial" else "fail", said, fix)


def _portal(facts: Facts) -> str:
    return f"Azure portal > Automation account {facts.environment.automation.account}"
