"""`lockstep status`: how each catalog fares. Reads only."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from provision import mapping_source, preflight
from provision.actual import actual
from provision.azure import Azure
from provision.bundle import bundle
from provision.commands.opening import opened
from provision.commands.pipeline import connected, look
from provision.desired import blueprint, desired
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.inventory import Inventory
from provision.plan import plan
from provision.resource import LIFECYCLE
from provision.runs import history as runs
from provision.runs import status_report
from provision.runs.record import OPEN, LogicApp, Run
from provision.runs.status import Recent, Served, State
from provision.runs.status import status as assess
from provision.side_by_side import side_by_side
from provision.terminal import Terminal

WINDOWS: Final = (timedelta(days=1), timedelta(days=7), timedelta(days=90))
"""How far back the last run is looked for, step by step: long lists are only read where nothing ran lately."""
FAILED_WINDOW: Final = timedelta(days=30)


def status(reference: str, form: str, terminal: Terminal) -> int:
    """Prints one line for each catalog; 0 whatever it says.

    Raises:
        ProvisionError: it cannot be read.
    """
    environment = opened(reference, terminal)
    with connected(environment) as azure:
        found = look(environment, azure, terminal)
        state = _state(found, reference)
        with terminal.progress("Reading runs"):
            apps = {app.catalog: app for app in runs.logic_apps(azure, environment)}
            every = list(_served(found, state))
            recent = side_by_side([partial(_recent, azure, environment, apps.get(served.id)) for served in every])
    statuses = [assess(served, state, lately) for served, lately in zip(every, recent, strict=True)]
    if form == "json":
        terminal.result(status_report.machine(environment.name, statuses))
    else:
        terminal.table(status_report.COLUMNS, [status_report.row(one) for one in statuses])
    return 0


def _state(found: Inventory, reference: str) -> State:
    """What is there, and how it differs from what should be."""
    there = actual(found)
    try:
        source = mapping_source.read(found.environment)
        mapping = mapping_source.parsed(source)
        preflight.check(found, source, mapping, datetime.now(UTC))
    except ProvisionError as error:
        return State(reference, there, None, (), (), _first(str(error), reference))
    wanted = desired(blueprint(found, mapping, source, bundle().text))
    made = plan(found.environment.name, wanted, there, gone="")
    return State(reference, there, wanted, made.changes, tuple(map(str, made.refusals)))


def _first(text: str, reference: str) -> str:
    """The first reason of a message that may list several."""
    reasons = [line.strip().removeprefix("- ") for line in text.splitlines() if line.strip().startswith("- ")]
    if not reasons:
        return " ".join(text.split())
    command = f"`lockstep plan -e {shlex.quote(reference)}`"
    return reasons[0] if len(reasons) == 1 else f"{reasons[0]} (and {len(reasons) - 1} more; see {command})"


def _served(found: Inventory, state: State) -> Iterator[Served]:
    names = {catalog.id: catalog.name for catalog in found.catalogs}
    for label, ids in found.matches.items():
        problem = "" if len(ids) == 1 else f"{len(ids) or 'no'} catalogs are called {label}"
        identifier = ids[0] if len(ids) == 1 else ""
        yield Served(identifier, names.get(identifier) or label, problem)
    for catalog in found.catalogs:
        if not catalog.listed:
            yield Served(catalog.id, catalog.name or catalog.id, "" if catalog.name else "the catalog does not exist")
    there = any(resource.address.catalog == LIFECYCLE for resource in state.there)
    if found.environment.lifecycle_workflows is not None or there:
        yield Served(LIFECYCLE, runs.LIFECYCLE_LABEL)


def _recent(azure: Azure, environment: Environment, app: LogicApp | None) -> Recent:
    if app is None:
        return Recent()
    now = datetime.now(UTC)
    listed = list(runs.latest(azure, app, [now - window for window in WINDOWS]))
    ended = [row for row in listed if row[1]["properties"].get("status") not in OPEN]
    last = _newest(azure, environment, ended)
    failed = last if last and last.failed else None
    if failed is None:
        failed = _newest(azure, environment, runs.listed(azure, (app,), now - FAILED_WINDOW, failed=True))
    return Recent(last, failed, going_on=len(ended) < len(listed))


def _newest(azure: Azure, environment: Environment, listed: list[runs.Listed]) -> Run | None:
    """The newest that is a callout of ours."""
    joined = (runs.joined(azure, environment, *row) for row in listed)
    return next((run for run in joined if not run.foreign), None)
