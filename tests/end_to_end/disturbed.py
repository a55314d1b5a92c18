"""A command of the CLI that is disturbed at one of its requests, and what came of it.

`play` runs in a process of its own, with a sandbox of its own, so that several can be under way. Only the requests of
the CLI are counted: not those that the sandbox's Graph sends to a Logic App. With one catalog at a time the order of
the requests is always the same; side by side it is not, and only the end is.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from provision.sandbox import seed
from provision.sandbox.faults import fault_from
from provision.sandbox.journal import Exchange
from provision.sandbox.sandbox import Sandbox
from tests.end_to_end.final_state import differences, final_state
from tests.end_to_end.scene import Typed, typed

COMMANDS: Final = ("apply", "apply again", "destroy")
"""Apply on an empty sandbox, apply where nothing is left to do, destroy."""
DISTURBANCES: Final[Mapping[str, Mapping[str, Any]]] = {
    "killed": {"status": "hang"},
    "answer lost": {"status": "lost"},
    "carried out, answered 504": {"status": 504, "handled": True},
    "throttled": {"status": 429, "retry_after": 1},
    "answered 500": {"status": 500},
    "answered 503": {"status": 503},
    "dropped": {"status": "drop"},
}
OUR_OWN: Final = "^(?!/workflows/)"
HARMLESS: Final = re.compile(r"/oauth2/|/validate\?|/listCallbackUrl\?")
LOADED: Final = ["tests.end_to_end.loaded_cli"]
WAIT_SECONDS: Final = 60.0
SPEED: Final = 600.0
QUIET_SECONDS: Final = 0.3
"""So long without a new request, and none is under way any more."""
NIGHTLY: Final = "\nsweep:\n  schedule: '02:30'\n  time_zone: Europe/Berlin\n"
POLLS: Final = 2
"""An upload may be done when it is first looked at, so that a command has so many requests less than at other times."""
WHAT_TO_DO: Final = re.compile(r"\b(try|run|sign in)\b.*\bagain\b|Check .*(then try again|run it again)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, order=True)
class Trial:
    """`command`, with so many catalogs at once, is disturbed at its request number `point`, counted from 0."""

    command: str
    disturbance: str
    point: int
    parallel: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a trial went: the exit code of the disturbed command (-9 when killed) and everything that is wrong."""

    trial: Trial
    request: str
    code: int
    seconds: float
    problems: tuple[str, ...]


def play(trials: Sequence[Trial], *, small: bool) -> list[Outcome]:
    """Runs these trials one after the other; `small` is an environment with one catalog and one workflow."""
    with _staged(small=small) as stage:
        return [stage.tried(trial) for trial in trials]


def requests(*, small: bool) -> dict[str, list[Exchange]]:
    """What every command asks for when nothing disturbs it."""
    with _staged(small=small) as stage:
        return stage.requests


@contextmanager
def _staged(*, small: bool) -> Iterator[Stage]:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOME"] = folder  # where a report of a fault would go
        sandbox = Sandbox(Path(folder, "state"), speed=SPEED)
        sandbox.start()
        try:
            file = sandbox.environment_file(Path(folder, "sandbox.yaml"))
            with file.open("a", encoding="utf-8") as end:
                end.write(NIGHTLY)
            if small:
                _lessen(file)
            yield Stage(sandbox, str(file), planned=not small)
        finally:
            sandbox.stop()


def _lessen(file: Path) -> None:
    """Leaves the first catalog, its access packages and the first workflow."""
    environment = yaml.safe_load(file.read_text(encoding="utf-8"))
    environment["catalogs"] = environment["catalogs"][:1]
    workflows = environment["lifecycle_workflows"]
    workflows["workflows"] = workflows["workflows"][:1]
    file.write_text(yaml.safe_dump(environment), encoding="utf-8")
    mapping = file.with_name(environment["mapping"]["file"])
    document = json.loads(mapping.read_text(encoding="utf-8"))
    packages = {package.package_id for package in seed.CATALOGS[0].packages}
    document["AccessPackages"] = [p for p in document["AccessPackages"] if p["AccessPackageID"] in packages]
    mapping.write_text(json.dumps(document), encoding="utf-8")


def is_write(exchange: Exchange) -> bool:
    """Whether a request changes something."""
    return exchange.method != "GET" and not HARMLESS.search(exchange.path)


class Stage:
    """A sandbox, and how each command ends and what it asks for when nothing disturbs it.

    With `planned` every trial ends with a plan, which must be empty. Without it that follows from the state alone: it
    is the one of the undisturbed run, where the next plan is empty too.
    """

    def __init__(self, sandbox: Sandbox, file: str, *, planned: bool) -> None:
        self._sandbox = sandbox
        self._file = file
        self._planned = planned
        self.requests: dict[str, list[Exchange]] = {}
        self._ends: dict[str, dict[str, list[str]]] = {}
        self._begin("apply")
        for command in COMMANDS:
            sandbox.journal.clear()
            done = self._type(*_arguments(command))
            assert done.code == 0, done.err
            self.requests[command] = self._ours()
            self._ends[command] = final_state(sandbox)

    def tried(self, trial: Trial) -> Outcome:
        """The trial, from a fresh start to the end that every run must reach."""
        self._begin(trial.command)
        begun = time.monotonic()
        self._sandbox.faults.replace(
            [fault_from({"path": OUR_OWN, "after": trial.point, **DISTURBANCES[trial.disturbance]})]
        )
        killed = trial.disturbance == "killed"
        done = self._killed(trial) if killed else self._type(*_arguments(trial.command, trial.parallel))
        self._sandbox.faults.replace([])
        struck = self._settled(trial)
        problems = [*self._wrong(trial, done, struck), *self._unfinished(trial, done)]
        failures = self._sandbox.journal.failures()
        request = f"{struck[trial.point].method} {struck[trial.point].path}" if len(struck) > trial.point else "none"
        return Outcome(trial, request, done.code, time.monotonic() - begun, (*problems, *failures))

    def _begin(self, command: str) -> None:
        self._sandbox.reset()
        self._sandbox.world.principals.hidden_lookups = 0
        if command != "apply":
            assert self._type("apply", "--yes").code == 0
        self._sandbox.journal.clear()

    def _wrong(self, trial: Trial, done: Typed, made: Sequence[Exchange]) -> Iterator[str]:
        """What the disturbed command itself must not do."""
        if len(made) > trial.point:
            expected = DISTURBANCES[trial.disturbance]["status"]
            candidates = made if trial.parallel > 1 else made[trial.point : trial.point + 1]
            if all(exchange.status != (expected if isinstance(expected, int) else 0) for exchange in candidates):
                yield "the disturbance did not strike"
            if trial.disturbance == "killed" and done.code != -signal.SIGKILL:
                yield f"exit code {done.code} instead of being killed"
        elif trial.point < len(self.requests[trial.command]) - POLLS:
            yield "the command ended before it could be disturbed"
        if done.code not in {0, 1, -signal.SIGKILL}:
            yield f"exit code {done.code}: {done.err[-600:]}"
        if done.code == 1 and not ("error:" in done.err and WHAT_TO_DO.search(done.err.replace("\n", " "))):
            yield f"no clear message: {done.err[-600:]}"
        undisturbed = self.requests[trial.command]
        verbs = {exchange.method for exchange in undisturbed if is_write(exchange)}
        for exchange in made:
            if is_write(exchange) and exchange.method not in verbs:
                yield f"an undisturbed {trial.command} does no {exchange.method} {exchange.path}"
        first = next((n for n, exchange in enumerate(undisturbed) if is_write(exchange)), len(undisturbed))
        reading = first - trial.parallel  # the last ones look at the first changes again, each for its catalog only
        if done.code == 1 and trial.point < reading and any(map(is_write, made)):
            yield "something was written although not everything could be read"

    def _unfinished(self, trial: Trial, done: Typed) -> Iterator[str]:
        """What is not as it must be in the end."""
        if done.code:
            again = self._type(*_arguments(trial.command, trial.parallel))
            if again.code:
                yield f"the next run ends with {again.code}: {again.err[-600:]}"
        yield from differences(final_state(self._sandbox), self._ends[trial.command])
        if trial.command != "destroy" and self._planned:
            planned = self._type("plan", "--exit-code")
            if planned.code:
                yield f"plan ends with {planned.code}: {planned.out}{planned.err}"

    def _killed(self, trial: Trial) -> Typed:
        """The command in a process that is killed while it waits for the answer to this request."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(LOADED)  # a process of a fork server starts a server of its own
        process = context.Process(
            target=typed, args=(*_arguments(trial.command, trial.parallel), "-e", self._file), daemon=True
        )
        process.start()
        deadline = time.monotonic() + WAIT_SECONDS
        while self._sandbox.faults.matched() <= trial.point and process.is_alive() and time.monotonic() < deadline:
            time.sleep(0.005)
        process.kill()
        process.join()
        return Typed(process.exitcode or 0, "", "")  # it ends with 0 when there was no such request

    def _ours(self) -> list[Exchange]:
        exchanges = self._sandbox.journal.exchanges()
        return [exchange for exchange in exchanges if re.search(OUR_OWN, exchange.path)]

    def _settled(self, trial: Trial) -> list[Exchange]:
        """The requests, once the one that was held is noted too, and those that a dead process left under way."""
        deadline = time.monotonic() + 1.0
        while len(self._ours()) == trial.point and time.monotonic() < deadline:
            time.sleep(0.005)
        noted = -1
        while trial.parallel > 1 and len(self._ours()) > noted:
            noted = len(self._ours())
            time.sleep(QUIET_SECONDS)
        return self._ours()

    def _type(self, *arguments: str) -> Typed:
        return typed(*arguments, "-e", self._file)


def _arguments(command: str, parallel: int = 1) -> tuple[str, ...]:
    return (command.split(maxsplit=1)[0], "--yes", "--parallel", str(parallel))
