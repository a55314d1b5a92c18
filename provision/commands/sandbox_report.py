"""What the sandbox tells, as rows of two cells for people. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Row: TypeAlias = tuple[str, str]


def status_rows(found: Mapping[str, Any]) -> list[Row]:
    """The rows of `lockstep sandbox status`; none when it is down."""
    if not found["running"]:
        return []
    directory = found["directory"]
    rows = [
        ("services", str(found["url"])),
        ("directory", f"{directory['kind']} at {directory['url']}"),
        ("speed", f"{found['speed']:g} times"),
        ("folder", str(found["folder"])),
        ("log", str(found["log"])),
        ("Logic Apps", _names(found["logic_apps"])),
        ("runbooks", _states(found["runbooks"])),
        ("variables", _names(found["variables"])),
        ("jobs", _states(found["jobs"])),
        *(("request", _in_short(request)) for request in found["requests"]),
    ]
    return rows + [("FAILURE", failure) for failure in found["failures"]]


def request_rows(answer: Mapping[str, Any]) -> list[Row]:
    """The rows of `lockstep sandbox grant|remove`: the request, its callouts, the user's groups."""
    groups = answer["groups"]
    return [
        ("user", str(answer["user"]["name"])),
        ("access package", f"{answer['package']['name']} (catalog {answer['catalog']})"),
        ("state", " > ".join(answer["passed"])),
        *(row for callout in answer["callouts"] for row in _callout_rows(callout)),
        ("groups before", _names(groups["before"])),
        ("groups after", _names(groups["after"])),
    ]


def _callout_rows(callout: Mapping[str, Any]) -> list[Row]:
    detail = f": {callout['detail']}" if callout["detail"] else ""
    rows = [(f"callout at {callout['stage']}", f"{callout['name']}, {callout['status']}{detail}")]
    run, job, outcome = callout["run"], callout["job"], callout["outcome"]
    if run:
        error = f": {run['error']}" if run["error"] else ""
        rows.append(("  Logic App run", f"{run['name']}, {run['status']}{error}"))
    if job:
        error = f": {job['exception']}" if job["exception"] else ""
        rows.append(("  job", f"{job['id']}, {job['status']}{error}"))
    if outcome:
        rows.append(("  outcome", f"{outcome.get('outcome')}: {outcome.get('detail')}"))
    return rows


def _in_short(request: Mapping[str, Any]) -> str:
    return f"{request['type']} {request['package']['name']} for {request['user']['name']}: {request['status']}"


def _names(names: list[str]) -> str:
    return ", ".join(names) or "none"


def _states(states: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({state})" for name, state in states.items()) or "none"
