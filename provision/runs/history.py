"""Reads what ran: the runs of the environment's Logic Apps, the job behind each, and Entra's request.

I/O: only through the Reader it is given.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Final, TypeAlias

from provision import ownership
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.instant import instant
from provision.jobs import job_target
from provision.listed_catalogs import Reader, whole
from provision.naming import JOBS_API_VERSION, LOGIC_API_VERSION, resource_group_id
from provision.resource import LIFECYCLE, ArmCollection, GraphCollection, GraphTarget, Json, OutputTarget
from provision.runs import record
from provision.runs.record import Job, LogicApp, Run
from provision.side_by_side import DEFAULT, side_by_side

LIFECYCLE_LABEL: Final = "Lifecycle Workflows"
REQUEST_EXPAND: Final = "accessPackage,assignment($expand=target)"

Listed: TypeAlias = tuple[LogicApp, Mapping[str, Json]]
Tell: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class History:
    """Runs, newest first. `left_out` ran and were no callouts for us; with `more`, older ones were not looked at."""

    runs: tuple[Run, ...]
    left_out: int
    more: bool


def logic_apps(reader: Reader, environment: Environment) -> tuple[LogicApp, ...]:
    """The Logic Apps that carry the environment's tags, whether the environment still lists their catalogs or not."""
    collection = ArmCollection(
        f"{resource_group_id(environment)}/providers/Microsoft.Logic/workflows", LOGIC_API_VERSION
    )
    ours = [answer for answer in whole(reader, collection) if ownership.is_tagged(answer, environment.name)]
    return tuple(side_by_side([partial(_logic_app, reader, answer) for answer in ours]))


def chosen(apps: Sequence[LogicApp], labels: Sequence[str], environment: Environment) -> tuple[LogicApp, ...]:
    """Those of these catalogs, by name or id; all when none is named.

    Raises:
        ProvisionError: nothing is called so.
    """
    for label in labels:
        if not any(label in (app.label, app.catalog) for app in apps):
            names = ", ".join(app.label for app in apps) or "none that is deployed"
            raise ProvisionError(f"--catalog: {label} is none of them. Environment {environment.name} has {names}.")
    return tuple(app for app in apps if not labels or app.label in labels or app.catalog in labels)


def listed(reader: Reader, apps: Sequence[LogicApp], since: datetime, *, failed: bool = False) -> list[Listed]:
    """The runs that began after `since`, newest first; with `failed`, only those that Logic Apps calls Failed."""
    query = f"startTime ge {since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if failed:
        query = f"status eq 'Failed' and {query}"
    reads = [partial(reader.read, ArmCollection(f"{app.id}/runs", LOGIC_API_VERSION, query)) for app in apps]
    found = [
        (app, answer)
        for app, answers in zip(apps, side_by_side(reads, wait=False), strict=True)
        for answer in answers or ()
        if _began(answer, since) and (not failed or answer["properties"].get("status") == "Failed")
    ]
    return sorted(found, key=_start, reverse=True)


def history(  # noqa: PLR0913 - what is asked for, and who is told how far it is
    reader: Reader,
    environment: Environment,
    found: Sequence[Listed],
    limit: int,
    tell: Tell,
    *,
    failed: bool = False,
) -> History:
    """The first `limit` of these runs that are callouts of ours (`failed`: and failed), each with what lies behind."""
    wanted = [row for row in found if not failed or row[1]["properties"].get("status") in record.FAILED]
    requests, left_out = Requests(reader), 0
    runs: list[Run] = []
    place = 0
    while place < len(wanted) and len(runs) < limit:
        tell(f"{place} of {len(wanted)}")
        batch = wanted[place : place + min(DEFAULT, limit - len(runs))]
        place += len(batch)
        for run in side_by_side([partial(joined, reader, environment, *row, requests) for row in batch]):
            left_out += run.foreign
            runs += [] if run.foreign else [run]
    return History(tuple(runs), left_out, more=place < len(wanted))


def joined(
    reader: Reader,
    environment: Environment,
    app: LogicApp,
    answer: Mapping[str, Json],
    requests: Requests | None = None,
) -> Run:
    """One run with its job, its output and Entra's request."""
    found = job(reader, environment, record.job_id(answer))
    run = record.run(app, answer, found, None, datetime.now(UTC))
    identifier = run.fact("request")
    if record.is_guid(identifier):
        request = reader.read(GraphTarget("request", (identifier,), expand=REQUEST_EXPAND))
    elif run.job is None and run.failed and app.catalog != LIFECYCLE:
        request = (requests or Requests(reader)).of(run.id)
    else:
        request = None
    run = replace(run, request=request or {})
    return replace(run, subject=subject(reader, run)) if app.catalog == LIFECYCLE else run


def subject(reader: Reader, run: Run) -> Mapping[str, Json]:
    """The user whom a lifecycle workflow ran for, from the result of its task; empty when that cannot be read."""
    workflow, task, result = (run.fact(name) for name in ("workflow", "task", "task_result"))
    if not all(record.is_guid(key) for key in (workflow, task, result)):
        return {}
    target = GraphCollection("task results", (workflow, task), filter=f"id eq '{result}'", expand="subject")
    try:
        rows = reader.read(target) or ()
    except ProvisionError:  # a name is only shown instead of the id, and must not keep the run from being told
        return {}
    user = run.fact("user").lower()
    found = (row.get("subject") or {} for row in rows if str(row.get("id")).lower() == result.lower())
    return next((one for one in found if str(one.get("id")).lower() == user), {})


class Requests:
    """Entra's requests by the runs that their callouts started; read when one is asked for first."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._lock = threading.Lock()
        self._by_run: dict[str, Mapping[str, Json]] | None = None

    def of(self, run: str) -> Mapping[str, Json] | None:
        """The request whose callout started the run; a run that started no job names it nowhere else."""
        with self._lock:
            if self._by_run is None:
                rows = whole(self._reader, GraphCollection("requests", expand=REQUEST_EXPAND))
                self._by_run = {str(i.get("externalCorrelationId")): row for row in rows for i in callouts(row)}
            return self._by_run.get(run)


def callouts(request: Mapping[str, Json]) -> Sequence[Mapping[str, Json]]:
    """The callouts that a request has led to."""
    return tuple(request.get("customExtensionCalloutInstances") or ())


def job(reader: Reader, environment: Environment, identifier: str) -> Job | None:
    """The job of this id with its output; None when Automation knows none."""
    if not identifier:
        return None
    target = job_target(environment, identifier)
    answer = reader.read(target)
    if answer is None:
        return None
    output = reader.read(OutputTarget(target.id, JOBS_API_VERSION))
    return record.job(identifier, answer, output["text"] if output else None)


def latest(reader: Reader, app: LogicApp, since: Sequence[datetime]) -> Iterator[Listed]:
    """The runs of one Logic App in the first of these windows that holds any; each asks further back."""
    for moment in since:
        found = listed(reader, (app,), moment)
        if found:
            yield from found
            return


def _logic_app(reader: Reader, answer: Mapping[str, Json]) -> LogicApp:
    catalog = ownership.catalog_of(answer)
    if catalog == LIFECYCLE or not catalog:
        return LogicApp(str(answer["id"]), str(answer["name"]), LIFECYCLE, LIFECYCLE_LABEL)
    found = reader.read(GraphTarget("catalog", (catalog,)))
    return LogicApp(str(answer["id"]), str(answer["name"]), catalog, str(found["displayName"]) if found else catalog)


def _start(row: Listed) -> str:
    return str(row[1]["properties"].get("startTime") or "")


def _began(answer: Mapping[str, Json], since: datetime) -> bool:
    moment = instant(str(answer["properties"].get("startTime") or ""))
    return moment is None or moment >= since
