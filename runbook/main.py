"""The job's entry: arguments in, one last line of JSON and an exit code out, whatever happens in between.

The only part that reads arguments, prints, or ends the process. Everything goes to standard output, in ASCII and in
few lines: the Linux worker can hang on more, and does not keep standard error.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
import time
import traceback
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from runbook.deadline import Deadline
from runbook.directory_connection import load_early
from runbook.directory_facts import InspectedDirectory
from runbook.directory_session import open_directory
from runbook.envelope import Envelope, read_envelope
from runbook.https import UrllibTransport
from runbook.identity import Secret
from runbook.job import run
from runbook.membership import Memberships
from runbook.outcome import DeadlinePassed, Failed, Outcome, Pending, Refused, problem_lines, result_line
from runbook.parameter import about, decode_parameter
from runbook.settings import DirectorySettings
from runbook.worker import Worker

_OBJECTS_BETWEEN_COLLECTIONS = 200_000  # a job ends soon, and what it reads has no circles to look for
RARE = ("check", "release", "sweep", "undo", "explain")
"""The sources whose job is loaded only when it is asked for: each is the function of that name in its own module."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        """See `Clock.monotonic`."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """See `Clock.sleep`."""
        time.sleep(seconds)


def main() -> int:
    """Runs the job; returns the exit code."""
    _prepare_output()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    job = about({})
    outcome = guarded(sys.argv[1:], job, _this_worker)
    for line in problem_lines(outcome):
        _tell(line)
    _tell(result_line(outcome, job))
    return outcome.exit_code()


def guarded(arguments: list[str], job: dict[str, str], worker: Callable[[], Worker]) -> Outcome:
    """The outcome of the run; no exception leaves it. Notes in `job` what the job is about as soon as it can."""
    try:
        parameter = decode_parameter(arguments)
        job.update(about(parameter))
        envelope = read_envelope(parameter)
        job["event"] = envelope.event
        _tell(_begun(envelope))
        load_early()
        return _run_of(envelope.source)(envelope, worker())
    except Refused as error:
        return Outcome("refused", f"{error}; nothing was changed")
    except Failed as error:
        return Outcome("failed", f"{error}; nothing was changed")
    except Pending as error:
        return Outcome("pending", str(error))
    except DeadlinePassed as error:
        return Outcome("timed_out", f"{error}; nothing was changed")
    except Exception as error:  # noqa: BLE001 - the last line must come, and the Logic App must not take it for done
        return Outcome("failed", _unexpected(error))


def _run_of(source: str) -> Callable[[Envelope, Worker], Outcome]:
    """What the job does; the runs that are rare are loaded only now."""
    return _later(f"runbook.{source}", source) if source in RARE else run


def _later(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


def _this_worker() -> Worker:
    def inspect(settings: DirectorySettings, password: Secret | None, deadline: Deadline) -> InspectedDirectory:
        opened: InspectedDirectory = _later("runbook.directory_inspection", "inspect_directory")(
            settings, password, deadline
        )
        return opened

    def memberships(domains: tuple[tuple[DirectorySettings, Secret | None], ...], deadline: Deadline) -> Memberships:
        opened: Memberships = _later("runbook.forest", "open_forest")(domains, deadline)
        return opened

    return Worker(dict(os.environ), SystemClock(), UrllibTransport(), open_directory, inspect, memberships, _tell)


def _begun(envelope: Envelope) -> str:
    """What the job is about to do, for people."""
    if envelope.source == "entitlement":
        return f"access package {envelope.access_package} {envelope.event}, user {envelope.user}"
    return f"{envelope.source}, user {envelope.user}" if envelope.user else envelope.source


def _tell(line: str) -> None:
    """Writes one line of output at once, so that a job that is cut off has said what it knew."""
    print(line, flush=True)  # noqa: T201 - the job's output


def _unexpected(error: Exception) -> str:
    """Where it happened and of what kind it is; not the message, which could hold anything."""
    frames = traceback.extract_tb(error.__traceback__)
    for frame in frames:
        _tell(f"  at {Path(frame.filename).name}:{frame.lineno} in {frame.name}")
    last = frames[-1] if frames else None
    where = f" at {Path(last.filename).name}:{last.lineno}" if last else ""
    return f"unexpected error {type(error).__name__}{where}; this is a fault of the runbook, please report it"


def _prepare_output() -> None:
    """One stream, in plain ASCII."""
    os.dup2(1, 2)
    sys.stdout.reconfigure(encoding="ascii", errors="backslashreplace")  # type: ignore[union-attr]
