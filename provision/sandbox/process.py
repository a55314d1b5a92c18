"""Starting and stopping the sandbox's background process (`background.py`), which survives the shell it came from."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from provision.sandbox.remote import HEALTH_SECONDS, Remote, SandboxError, running
from provision.sandbox.state import Record, StateFolder, read_record

PORT = 18443
DIRECTORY_PORT = 18636
SPEED = 60.0
LOG_LIMIT = 1024 * 1024
STOP_SECONDS = 20.0
Say = Callable[[str], None]
_FORCE = ((signal.SIGTERM, 10.0), (getattr(signal, "SIGKILL", signal.SIGTERM), 5.0))


@dataclass(frozen=True, slots=True)
class Options:
    """How a sandbox is started."""

    directory: str = "embedded"
    port: int = PORT
    directory_port: int = DIRECTORY_PORT
    speed: float = SPEED


def start(folder: StateFolder, options: Options, say: Say) -> Remote:
    """Start a sandbox for this folder and wait until it serves.

    Raises:
        SandboxError: one runs already, or it could not start; with the reason and what to do.
    """
    present = running(folder)
    if present is not None:
        message = (
            f"a sandbox already runs at {present.record.url} for {folder.path}; stop it with `lockstep sandbox down`"
        )
        raise SandboxError(message)
    leftover = read_record(folder)
    if leftover is not None:
        _end(leftover, folder, _FORCE)
    folder.prepare()
    long = folder.log.exists() and folder.log.stat().st_size > LOG_LIMIT
    with folder.log.open("wb" if long else "ab") as journal:
        process = subprocess.Popen(  # noqa: S603 - this very program, with arguments of its own
            _command(folder, options),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=journal,
            cwd=folder.path,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
    _await_ready(process, folder, say)
    remote = running(folder)
    if remote is None:
        raise SandboxError(f"the sandbox started and does not answer; its log is {folder.log}")
    return remote


def stop(folder: StateFolder) -> bool:
    """Stop the sandbox of this folder, however it is; False when there was none.

    Raises:
        SandboxError: its process did not end.
    """
    record = read_record(folder)
    if record is None:
        return False
    was_there = _alive(record.pid, folder)
    if was_there:
        with contextlib.suppress(OSError, ValueError, SandboxError):
            Remote(folder, record).ask("POST", "stop", timeout=HEALTH_SECONDS)
    _end(record, folder, ((None, STOP_SECONDS), *_FORCE))
    return was_there


def _command(folder: StateFolder, options: Options) -> list[str]:
    return [
        sys.executable,
        "-P",
        "-m",
        "provision.sandbox.background",
        f"--folder={folder.path}",
        f"--directory={options.directory}",
        f"--port={options.port}",
        f"--directory-port={options.directory_port}",
        f"--speed={options.speed}",
    ]


def _await_ready(process: subprocess.Popen[str], folder: StateFolder, say: Say) -> None:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    with process.stdout:
        for line in process.stdout:
            word, _, rest = line.strip().partition(" ")
            if word == "say":
                say(rest)
            elif word == "error":
                process.wait()
                raise SandboxError(rest)
            elif word == "ready":
                process.returncode = 0  # it lives on without us; without this Python warns about a child left behind
                return
    code = process.wait()
    raise SandboxError(f"the sandbox ended before it served (exit code {code}); its log is {folder.log}")


def _end(record: Record, folder: StateFolder, means: Sequence[tuple[int | None, float]]) -> None:
    """Bring the process of the record to its end: each of `means` is a signal and the seconds it gets."""
    for number, seconds in means:
        if number is not None and _alive(record.pid, folder):
            os.kill(record.pid, number)
        deadline = time.monotonic() + seconds
        while _alive(record.pid, folder) and time.monotonic() < deadline:
            time.sleep(0.02)
    if _alive(record.pid, folder):
        raise SandboxError(f"the process {record.pid} of the sandbox does not end; end it, then try again")
    folder.record.unlink(missing_ok=True)


def _alive(pid: int, folder: StateFolder) -> bool:
    """Whether `pid` is a sandbox of this folder: a number alone may belong to somebody else by now."""
    command_line = Path(f"/proc/{pid}/cmdline")
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    if not Path("/proc/self/cmdline").exists():
        return True
    try:
        words = command_line.read_bytes().split(b"\0")
    except OSError:
        return False
    return f"--folder={folder.path}".encode() in words
