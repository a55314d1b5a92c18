"""`lockstep runs`: what ran, joined from Logic App to request. Reads only."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from provision.commands.opening import opened
from provision.commands.pipeline import connected
from provision.environment import Environment
from provision.instant import instant
from provision.listed_catalogs import Reader
from provision.runs import history as runs
from provision.runs import record, report
from provision.runs.history import Listed
from provision.runs.record import LogicApp
from provision.terminal import Terminal

LOOK_SECONDS: Final = 5.0
"""How often --follow looks."""
LAG: Final = timedelta(minutes=2)
"""A run may be listed so much later than one that began after it, and the clocks here and there may differ so much."""


def show(  # noqa: PLR0913, PLR0917 - one parameter for each option
    reference: str,
    catalogs: Sequence[str],
    failed: bool,  # noqa: FBT001 - the command line's own order
    goes_on: bool,  # noqa: FBT001 - as above
    since: timedelta,
    limit: int,
    form: str,
    terminal: Terminal,
) -> int:
    """Prints the runs, newest first; if it `goes_on`, then every new one as it ends, until Ctrl-C. 0 whatever they say.

    Raises:
        ProvisionError: they cannot be read.
    """
    environment = opened(reference, terminal)
    began = datetime.now(UTC) - since
    with connected(environment) as azure:
        apps = runs.chosen(runs.logic_apps(azure, environment), catalogs, environment)
        if not apps:
            command = f"`lockstep apply -e {shlex.quote(reference)}`"
            terminal.say(f"nothing of environment {environment.name} is deployed yet; {command} does it")
        found = runs.listed(azure, apps, began)
        with terminal.progress("Reading runs") as tell:
            history = runs.history(azure, environment, found, limit, tell, failed=failed)
        if goes_on:
            _print(history.runs[::-1], form, terminal)
            follow(Follower(azure, environment, apps, found, failed=failed), form, terminal)
        elif form == "json":
            terminal.result(report.machine(environment.name, began.isoformat(timespec="seconds"), history))
        else:
            if history.runs:
                terminal.table(report.COLUMNS, [report.row(run) for run in history.runs])
            elif apps:
                terminal.say(f"no {'failed ' if failed else ''}runs since {began:%Y-%m-%d %H:%M} UTC")
            for note in report.notes(history):
                terminal.say(note)
    return 0


class Follower:
    """Finds the runs that have ended since it was last asked; the first time, since `found` was listed.

    With `failed`, only those that failed.
    """

    def __init__(
        self,
        reader: Reader,
        environment: Environment,
        apps: Sequence[LogicApp],
        found: Sequence[Listed],
        *,
        failed: bool = False,
    ) -> None:
        self._reader = reader
        self._environment = environment
        self._apps = apps
        self._failed = failed
        self._told = {_key(row) for row in found if not _goes_on(row)}
        self._open = {_key(row): _start(row) for row in found if _goes_on(row)}
        self._newest = max((_start(row) for row in found), default=datetime.now(UTC))

    def ended(self) -> list[record.Run]:
        """The runs that have ended meanwhile, oldest first."""
        since = min([self._newest - LAG, *self._open.values()])
        found = runs.listed(self._reader, self._apps, since)
        self._open = {_key(row): _start(row) for row in found if _goes_on(row)}
        self._newest = max((_start(row) for row in found), default=self._newest)
        new = [row for row in reversed(found) if not _goes_on(row) and _key(row) not in self._told]
        self._told |= {_key(row) for row in new}
        joined = [runs.joined(self._reader, self._environment, *row) for row in new]
        return [run for run in joined if not run.foreign and (run.failed or not self._failed)]


def follow(follower: Follower, form: str, terminal: Terminal, pause: Callable[[float], None] = time.sleep) -> None:
    """Prints what ends, until somebody presses Ctrl-C.

    Raises:
        KeyboardInterrupt: somebody did.
    """
    while True:
        terminal.flush()
        pause(LOOK_SECONDS)
        _print(follower.ended(), form, terminal)


def _print(found: Sequence[record.Run], form: str, terminal: Terminal) -> None:
    for line in report.entries(found, form):
        (terminal.result if form == "json" else terminal.show)(line)


def _key(row: Listed) -> tuple[str, str]:
    return row[0].id, str(row[1]["name"])


def _goes_on(row: Listed) -> bool:
    return row[1]["properties"].get("status") in record.OPEN


def _start(row: Listed) -> datetime:
    return instant(str(row[1]["properties"].get("startTime") or "")) or datetime.now(UTC)
