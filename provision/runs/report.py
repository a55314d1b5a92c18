"""Runs -> a table or JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from provision.instant import instant
from provision.runs.history import History
from provision.runs.record import Run

COLUMNS: Final = ("time (UTC)", "catalog", "run", "job", "outcome", "user", "package", "id", "detail")
_LISTS: Final = ("added", "removed", "kept", "problems")


def row(run: Run) -> tuple[str, ...]:
    """One line of the table."""
    moment = instant(run.started)
    return (
        f"{moment:%Y-%m-%d %H:%M:%S}" if moment else run.started,
        run.app.label,
        run.status,
        run.job.status if run.job else "-",
        run.outcome or "-",
        run.user_name or "-",
        run.package_name or "-",
        run.id,
        run.detail,
    )


def notes(history: History) -> list[str]:
    """What the table leaves out, and why."""
    said = []
    if history.left_out:
        said.append(f"{history.left_out} runs without a job are left out: connection tests, or of other catalogs")
    if history.more:
        said.append("there are more; a larger --limit or a shorter --since shows others")
    return said


def machine(environment: str, since: str, history: History) -> str:
    """For scripts: one JSON object, `version` 1."""
    document = {
        "version": 1,
        "environment": environment,
        "since": since,
        "runs": [entry(run) for run in history.runs],
        "left_out": history.left_out,
        "more": history.more,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def entry(run: Run) -> dict[str, Any]:
    """One run for scripts; null is what is not known."""
    result = run.job.result if run.job else {}
    return {
        "run": run.id,
        "logic_app": run.app.name,
        "catalog": {"id": run.app.catalog, "name": run.app.label},
        "started": run.started or None,
        "ended": run.ended or None,
        "status": run.status,
        "failed": run.failed,
        "error": run.error or None,
        "job": {"id": run.job.id, "status": run.job.status} if run.job else None,
        "source": run.fact("source") or None,
        "event": run.fact("event") or None,
        "outcome": run.outcome or None,
        "detail": run.detail or None,
        **{name: list(result.get(name) or ()) for name in _LISTS},
        "user": _named(run.fact("user"), run.user_name),
        "package": _named(run.fact("access_package"), run.package_name),
        "request": _request(run),
        "workflow": run.fact("workflow") or None,
    }


def entries(runs: Sequence[Run], form: str) -> list[str]:
    """The runs one by one, each in a line, for when they come one by one; `json` gives an object for each."""
    if form == "json":
        return [json.dumps(entry(run), ensure_ascii=False) for run in runs]
    return ["  ".join(row(run)) for run in runs]


def _named(identifier: str, name: str) -> dict[str, str] | None:
    return {"id": identifier, "name": name} if identifier else None


def _request(run: Run) -> dict[str, Any] | None:
    identifier = run.fact("request")
    if not identifier:
        return None
    return {"id": identifier, "state": run.request.get("state"), "status": run.request.get("status")}
