"""Statuses -> a table or JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from provision.instant import instant
from provision.runs.record import Run
from provision.runs.status import Status, extension_id, is_ours

COLUMNS: Final = ("catalog", "health", "bound", "last run (UTC)", "last failed (UTC)", "last job", "why")


def row(status: Status) -> tuple[str, ...]:
    """One line of the table."""
    recent = status.recent
    job = recent.last.job if recent.last else None
    total = "?" if status.policies is None else status.policies
    return (
        status.served.label,
        status.health,
        f"{status.bound} of {total}",
        _told(recent.last),
        _time(recent.failed),
        f"{job.status}, {job.id}" if job else "-",
        status.reason,
    )


def machine(environment: str, statuses: Sequence[Status]) -> str:
    """For scripts: one JSON object, `version` 1; null is what is not there or not known."""
    document = {"version": 1, "environment": environment, "catalogs": [_entry(status) for status in statuses]}
    return json.dumps(document, indent=2, ensure_ascii=False)


def _entry(status: Status) -> dict[str, Any]:
    found = status.extension
    extension = {"id": extension_id(found), "ours": is_ours(found)} if found else None
    return {
        "catalog": {"id": status.served.id, "name": status.served.label},
        "health": status.health,
        "reason": status.reason,
        "logic_app": status.app.address.name if status.app else None,
        "extension": extension,
        "bound": status.bound,
        "policies": status.policies,
        "last_run": _run(status.recent.last),
        "last_failed_run": _run(status.recent.failed),
        "running": status.recent.going_on,
    }


def _run(run: Run | None) -> dict[str, Any] | None:
    if run is None:
        return None
    return {
        "run": run.id,
        "started": run.started,
        "ended": run.ended or None,
        "status": run.status,
        "outcome": run.outcome or None,
        "detail": run.detail or None,
        "job": {"id": run.job.id, "status": run.job.status} if run.job else None,
    }


def _told(run: Run | None) -> str:
    return f"{_time(run)} {run.outcome or run.status}" if run else "-"


def _time(run: Run | None) -> str:
    if run is None:
        return "-"
    moment = instant(run.started)
    return f"{moment:%Y-%m-%d %H:%M}" if moment else run.started
