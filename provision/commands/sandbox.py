"""`lockstep sandbox ...`: starts, stops, shows and resets the sandbox, and plays the requester in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from provision.commands.sandbox_report import activation_rows, assignment_rows, job_rows, request_rows, status_rows
from provision.errors import ProvisionError
from provision.sandbox.environment import FOLDER, NAME, URL, write_environment
from provision.sandbox.process import DIRECTORY_PORT, PORT, SPEED, Options, start, stop
from provision.sandbox.remote import Remote, SandboxError, running
from provision.sandbox.state import StateFolder, default_folder
from provision.terminal import Terminal


def up(terminal: Terminal, directory: str = "embedded", port: int = PORT, speed: float = SPEED) -> int:
    """Start the sandbox in the background and wait until it serves; one that runs already as asked is left alone.

    Raises:
        ProvisionError: it could not start, or another one runs.
    """
    folder = default_folder()
    present = running(folder)
    if present is None:
        directory_port = DIRECTORY_PORT if port == PORT else 0
        with terminal.progress("Starting the sandbox") as tell, _mendable():
            present = start(folder, Options(directory, port, directory_port, speed), tell)
    else:
        _check_same(present, directory, port, speed)
    record = present.record
    terminal.say(
        f"The sandbox is up: Azure and Entra at {record.url}, the {directory} directory at {record.directory_url}."
    )
    terminal.say(f"Next: lockstep plan -e {_environment(present)}")
    return 0


def down(terminal: Terminal) -> int:
    """Stop the sandbox; what was in it is gone.

    Raises:
        ProvisionError: its process does not end.
    """
    with _mendable():
        was_there = stop(default_folder())
    terminal.say("The sandbox is down." if was_there else "No sandbox was running.")
    return 0


def status(terminal: Terminal, form: str = "text") -> int:
    """Whether it runs, where, what is in it, and what went wrong inside."""
    present = running(default_folder())
    found: dict[str, Any] = {"running": present is not None}
    if present is not None:
        with _mendable():
            found |= present.ask("GET", "status")
    if form == "json":
        terminal.result(json.dumps(found, indent=2))
    else:
        terminal.table(("sandbox", "down" if present is None else "up"), status_rows(found))
    return 0


def reset(terminal: Terminal) -> int:
    """Put everything in it back to the beginning.

    Raises:
        ProvisionError: none is running.
    """
    with _mendable():
        _present().ask("POST", "reset")
    terminal.say("The sandbox is as it was at the beginning.")
    return 0


def grant(terminal: Terminal, user: str, package: str, form: str = "text", *, silently: bool = False) -> int:
    """Assign an access package to a user, wait until the request has ended, and show what came of it.

    `silently` means without a request, so that no Logic App is called.

    Raises:
        ProvisionError: none is running, or it knows no such user or package.
    """
    if silently:
        return _silently(terminal, "assign", user, package, form)
    return _request(terminal, "grant", user, package, form)


def remove(terminal: Terminal, user: str, package: str, form: str = "text", *, silently: bool = False) -> int:
    """Take an access package from a user, wait until the request has ended, and show what came of it.

    `silently` means without a request, so that no Logic App is called.

    Raises:
        ProvisionError: none is running, or it knows no such user or package, or the user does not have it.
    """
    if silently:
        return _silently(terminal, "end", user, package, form)
    return _request(terminal, "remove", user, package, form)


def activate(terminal: Terminal, workflow: str, user: str, form: str = "text") -> int:
    """Run a lifecycle workflow on demand for a user, wait until its tasks have ended, and show what came of them.

    Raises:
        ProvisionError: none is running, or it knows no such workflow or user.
    """
    with terminal.progress(f"Running the workflow '{workflow}' for {user}"), _mendable():
        answer = _present().ask("POST", "activate", {"workflow": workflow, "user": user})
    if form == "json":
        terminal.result(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        terminal.table(("workflow", answer["workflow"]["name"]), activation_rows(answer))
    if answer["status"] == "completed":
        return 0
    terminal.fail(f"The workflow did not end as completed but as {answer['status']}.")
    return 1


def fire_schedule(terminal: Terminal, name: str, form: str = "text") -> int:
    """Start what a schedule starts as if its time had come, wait until the jobs have ended, and show what they said.

    Raises:
        ProvisionError: none is running, or it knows no such schedule, or the schedule starts nothing.
    """
    with terminal.progress(f"Running what the schedule '{name}' starts"), _mendable():
        answer = _present().ask("POST", "fire", {"schedule": name})
    if form == "json":
        terminal.result(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        terminal.table(("schedule", answer["schedule"]), job_rows(answer))
    if all(job["status"] == "Completed" for job in answer["jobs"]):
        return 0
    terminal.fail(f"Not every job of the schedule '{name}' has ended as Completed.")
    return 1


def _silently(terminal: Terminal, verb: str, user: str, package: str, form: str) -> int:
    with _mendable():
        answer = _present().ask("POST", verb, {"user": user, "package": package})
    if form == "json":
        terminal.result(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        terminal.table(("assignment", answer["assignment"]["state"]), assignment_rows(answer))
    return 0


def _request(terminal: Terminal, verb: str, user: str, package: str, form: str) -> int:
    title = f"Requesting to {verb} '{package}' {'for' if verb == 'grant' else 'from'} {user}"
    with terminal.progress(title), _mendable():
        answer = _present().ask("POST", verb, {"user": user, "package": package})
    if form == "json":
        terminal.result(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        terminal.table(("request", answer["type"]), request_rows(answer))
    if answer["state"] == "delivered":
        return 0
    terminal.fail(f"The request did not end as delivered but as {answer['status']}.")
    return 1


def _present() -> Remote:
    present = running(default_folder())
    if present is None:
        raise ProvisionError("No sandbox is running. Start it with `lockstep sandbox up`.")
    return present


def _check_same(present: Remote, directory: str, port: int, speed: float) -> None:
    record = present.record
    asked = (directory, f"https://127.0.0.1:{port}", speed)
    if asked != (record.directory, record.url, record.speed):
        raise ProvisionError(
            f"A sandbox runs already, at {record.url} with the {record.directory} directory at speed {record.speed:g}. "
            "Stop it with `lockstep sandbox down` to start another."
        )


def _environment(present: Remote) -> str:
    """How to name its environment: the packaged one fits the usual address and folder, others get a file."""
    usual = StateFolder(Path(FOLDER).expanduser())
    if (present.record.url, present.folder) == (URL, usual):
        return "sandbox"
    target = present.folder.path / NAME
    record = present.record
    return str(write_environment(target, record.url, record.directory_url, present.folder.path))


@contextmanager
def _mendable() -> Iterator[None]:
    """Turn what the sandbox says into the error of a command."""
    try:
        yield
    except SandboxError as error:
        text = str(error)
        raise ProvisionError(text[:1].upper() + text[1:]) from error
    except OSError as error:
        message = (
            f"The sandbox does not answer ({error}). See `lockstep sandbox status`; `down` and `up` start it anew."
        )
        raise ProvisionError(message) from error
