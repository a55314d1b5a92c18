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
        ("schedules", _states(found["schedules"])),
        *(("request", _in_short(request)) for request in found["requests"]),
        ("workflows", _names(found["workflows"])),
        *(("activation", _run_in_short(run)) for run in found["activations"]),
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


def assignment_rows(answer: Mapping[str, Any]) -> list[Row]:
    """The rows of `lockstep sandbox grant|remove --silently`: whose assignment it is, and the user's groups."""
    return [
        ("user", str(answer["user"]["name"])),
        ("access package", str(answer["package"]["name"])),
        ("groups", _names(answer["groups"])),
    ]


def activation_rows(answer: Mapping[str, Any]) -> list[Row]:
    """The rows of `lockstep sandbox activate`: the run of the workflow, its tasks, the user's groups."""
    groups = answer["groups"]
    return [
        ("version", str(answer["version"])),
        ("user", str(answer["user"]["name"])),
        ("status", str(answer["status"])),
        *(row for task in answer["tasks"] for row in _task_rows(task)),
        ("groups before", _names(groups["before"])),
        ("groups after", _names(groups["after"])),
    ]


def job_rows(answer: Mapping[str, Any]) -> list[Row]:
    """The rows of `lockstep sandbox fire-schedule`: each job, and what it said."""
    return [row for job in answer["jobs"] for row in _work_rows({"run": None, "job": job, "outcome": job["outcome"]})]


def _callout_rows(callout: Mapping[str, Any]) -> list[Row]:
    detail = f": {callout['detail']}" if callout["detail"] else ""
    head = (f"callout at {callout['stage']}", f"{callout['name']}, {callout['status']}{detail}")
    return [head, *_work_rows(callout)]


def _task_rows(task: Mapping[str, Any]) -> list[Row]:
    failure = f": {task['failure']}" if task["failure"] else ""
    return [(f"task {task['sequence']}", f"{task['name']}, {task['status']}{failure}"), *_work_rows(task)]


def _work_rows(callout: Mapping[str, Any]) -> list[Row]:
    """What stands behind a callout or task: the Logic App's run, the job, its outcome."""
    rows: list[Row] = []
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


def _run_in_short(run: Mapping[str, Any]) -> str:
    return f"{run['workflow']['name']} for {run['user']['name']}: {run['status']}"


def _names(names: list[str]) -> str:
    return ", ".join(names) or "none"


def _states(states: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({state})" for name, state in states.items()) or "none"
