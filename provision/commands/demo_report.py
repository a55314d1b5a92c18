"""What the demo shows of a request and of the world, as rows of a table. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from provision.sandbox.graph.tenant import Entity

Row: TypeAlias = tuple[str, ...]
Holdings: TypeAlias = Mapping[str, Mapping[str, object]]
"""What Entra holds, in our words: kind -> id -> everything that is known of it, without the time of its last change."""

KINDS: Final = {
    "catalogs": "accessPackageCatalog",
    "access packages": "accessPackage",
    "assignment policies": "accessPackageAssignmentPolicy",
    "custom extensions": "customCalloutExtension",
    "stage settings": "customExtensionStageSetting",
}


def group_rows(before: Sequence[str], after: Sequence[str]) -> list[Row]:
    """Every group the person was or is in: before, after."""
    said = {True: "member", False: "-"}
    return [(group, said[group in before], said[group in after]) for group in sorted({*before, *after})]


def trail_rows(request: Mapping[str, Any]) -> list[Row]:
    """Request, Logic App run, job and the runbook's word, each with its state and its id or words."""
    rows: list[Row] = [("request", request["status"], request["request"])]
    return rows + [row for callout in _answered(request) for row in _work_rows(callout)]


def task_rows(activation: Mapping[str, Any]) -> list[Row]:
    """A run of a lifecycle workflow: each of its tasks, and what stands behind the one that is ours."""
    rows: list[Row] = []
    for task in activation["tasks"]:
        rows.append((f"task {task['sequence']}", task["status"], task["name"]))
        if task["run"] is not None:
            rows += _work_rows(task)
    return rows


def _work_rows(callout: Mapping[str, Any]) -> Iterator[Row]:
    yield "Logic App run", callout["run"]["status"], callout["run"]["name"]
    if callout["job"] is not None:
        yield "job", callout["job"]["status"], callout["job"]["id"]
    if callout["outcome"] is not None:
        yield "runbook", callout["outcome"]["outcome"], callout["outcome"]["detail"]


def place_rows(request: Mapping[str, Any], account: str) -> list[Row]:
    """Where the portals show the parts of `trail_rows`; `account` is the Automation account's name."""
    apps = [callout["run"]["logic_app"].rsplit("/", 1)[1] for callout in _answered(request)]
    return [
        ("request", "Entra > Entitlement management > Access packages > Requests"),
        *(("Logic App run", f"Azure > Logic App {app} > Run history") for app in apps),
        ("job, runbook", f"Azure > Automation account {account} > Jobs > Output"),
    ]


def job_status(request: Mapping[str, Any]) -> str:
    """The state of the request's newest job; empty without one."""
    jobs = [callout["job"]["status"] for callout in request["callouts"] if callout["job"] is not None]
    return str(jobs[-1]) if jobs else ""


def holdings(rows: Callable[[str], Sequence[Entity]]) -> Holdings:
    """What the tenant with these `rows` holds of everything that a deployment touches or adds."""
    return {name: {row.id: _known(row) for row in rows(kind)} for name, kind in KINDS.items()}


def left_rows(ours: Mapping[str, Collection[str]], now: Holdings, before: Holdings) -> list[Row]:
    """What is there at the end: Lockstep's, and what was there before it came."""
    rows: list[Row] = [("Lockstep's", name, ", ".join(found) or "none") for name, found in ours.items()]
    for name, kept in now.items():
        same = "as before" if kept == before[name] else "NOT as before"
        rows.append(("of others", name, f"{len(kept)}, {same}"))
    return rows


def _known(row: Entity) -> object:
    values = {name: value for name, value in row.values.items() if name != "modifiedDateTime"}
    return values, {name: link for name, link in row.links.items() if link}


def _answered(request: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The callouts that reached a Logic App of this tenant; the foreign extension leads nowhere in the sandbox."""
    return (callout for callout in request["callouts"] if callout["run"] is not None)
