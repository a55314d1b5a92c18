"""The sandbox as one background process that survives the shell it was started from.

`start` makes it and waits until it serves; the process tells on its standard output, line by line, what it is doing
(`say ...`), that it serves (`ready`), or why it does not (`error ...`), and then lets go of the terminal.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import functools
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provision.sandbox.directory import DirectoryError
from provision.sandbox.journal import log
from provision.sandbox.remote import HEALTH_SECONDS, Remote, SandboxError, running
from provision.sandbox.sandbox import Sandbox
from provision.sandbox.state import Record, StateFolder, read_record

PORT = 18443
DIRECTORY_PORT = 18636
SPEED = 60.0
LOG_LIMIT = 1024 * 1024
STOP_SECONDS = 20.0
Say = Callable[[str], None]
_ENDING = (signal.SIGTERM, signal.SIGINT)
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
    with contextlib.suppress(OSError, ValueError, SandboxError):
        Remote(folder, record).ask("POST", "stop", timeout=HEALTH_SECONDS)
    _end(record, folder, ((None, STOP_SECONDS), *_FORCE))
    return was_there


def _command(folder: StateFolder, options: Options) -> list[str]:
    return [
        sys.executable,
        "-m",
        "provision.sandbox.process",
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


def main(arguments: Sequence[str] | None = None) -> int:
    """The background process itself."""
    parser = argparse.ArgumentParser(prog="python -m provision.sandbox.process", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--directory", choices=("embedded", "samba"), default="embedded")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--directory-port", type=int, default=0)
    parser.add_argument("--speed", type=float, default=SPEED)
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    options = Options(chosen.directory, chosen.port, chosen.directory_port, chosen.speed)
    try:
        _serve(StateFolder(chosen.folder), options)
    except (SandboxError, DirectoryError) as error:
        _tell("error", str(error))
        return 1
    return 0


def _serve(folder: StateFolder, options: Options) -> None:
    sandbox = _made(folder, options)
    for number in _ENDING:
        signal.signal(number, _leave)
    sandbox.start()
    url, directory = sandbox.url, sandbox.directory.url
    Record(os.getpid(), url, options.directory, directory, options.speed).write(folder)
    log.info("serving at %s and %s", url, directory)
    try:
        _tell("ready")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sandbox.stopped.wait()
    finally:
        sandbox.stop()
        folder.record.unlink(missing_ok=True)
        log.info("stopped")


def _leave(*_: Any) -> None:
    """End by an exception: a handler that took a lock could meet it taken by the very code it interrupts."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)
    raise SystemExit(0)


def _made(folder: StateFolder, options: Options) -> Sandbox:
    say = functools.partial(_tell, "say")
    try:
        return Sandbox(
            folder.path,
            options.port,
            options.directory,
            options.speed,
            directory_port=options.directory_port,
            say=say,
        )
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise SandboxError(
            f"port {options.port} of 127.0.0.1 is taken; stop what listens there, or choose another with --port"
        ) from error


def _tell(word: str, text: str = "") -> None:
    sys.stdout.write(f"{word} {' '.join(text.split())}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
