"""`lockstep undo`: takes back what one job has changed in AD, where nobody has changed it since."""

from __future__ import annotations

import json
import shlex
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

from provision import jobs, sweep_job, undo_changes, undo_variable
from provision.azure import Azure
from provision.commands.opening import opened
from provision.commands.pipeline import connected
from provision.commands.two_steps import Options, Steps
from provision.environment import Environment
from provision.jobs import Ended
from provision.resource import Json
from provision.runs import replay
from provision.terminal import Terminal
from provision.undo_changes import Undoable


def undo(reference: str, job: str, options: Options, terminal: Terminal) -> int:
    """Shows what would be taken back and, if asked to, takes it back after a yes; the exit code.

    Raises:
        ProvisionError: the job is not there or cannot be undone, one could not be started, or the answer was not yes.
    """
    environment = opened(reference, terminal)
    with connected(environment) as azure:
        with terminal.progress("Looking up what is to be undone") as tell:
            found = undo_changes.undoable(environment.name, replay.job_of(azure, environment, job))
            tell("found")
        _warn(found, terminal)
        if not found.changes:
            _tell_nothing(environment, found, options, terminal)
            return 0
        start = _Start(azure, environment, found, options, terminal)
        command = f"lockstep undo {shlex.quote(job)}"
        about = {"undone": found.job, "uncertain": found.uncertain}
        return Steps(azure, environment, start, command, reference, options, terminal, about).walk()


def _tell_nothing(environment: Environment, found: Undoable, options: Options, terminal: Terminal) -> None:
    detail = f"job {found.job} has changed nothing that could be undone"
    if options.form == "json":
        told = {
            "version": 1,
            "environment": environment.name,
            "source": undo_changes.SOURCE,
            "undone": found.job,
            "uncertain": found.uncertain,
            "job": None,
            "well": True,
            "outcome": "nothing_to_do",
            "detail": detail,
        }
        terminal.result(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        terminal.show(detail)


def _warn(found: Undoable, terminal: Terminal) -> None:
    if not found.ended:
        terminal.warn(f"job {found.job} did not come to its end: it may have changed more than it could tell")
    if found.uncertain:
        terminal.warn(f"{found.uncertain} changes of job {found.job} may have been made or not; they are left")
    if found.changes:
        terminal.warn(
            "where Entra still says what the job went by, the next callout or sweep makes the change again; mend the "
            "assignment or the mapping first"
        )


class _Start:
    """Runs one job that undoes; the variable with the changes is there as long."""

    def __init__(
        self, azure: Azure, environment: Environment, found: Undoable, options: Options, terminal: Terminal
    ) -> None:
        self._azure = azure
        self._environment = environment
        self._found = found
        self._options = options
        self._terminal = terminal

    def __call__(self, fields: Mapping[str, Json]) -> Ended:
        azure, environment, say = self._azure, self._environment, self._terminal.say
        job = str(uuid.uuid4())
        deadline = datetime.now(UTC) + environment.sweep.time_limit
        envelope = jobs.envelope(environment, undo_changes.SOURCE, job, deadline, undone=self._found.job, **fields)
        title = "Taking back" if fields["apply"] else "Looking at what would be taken back"
        with (
            self._terminal.progress(title) as tell,
            undo_variable.kept(azure, azure, environment, self._found.value(job), say),
        ):
            return sweep_job.run(azure, azure, environment, envelope, tell, say, over_budget=self._options.over_budget)
