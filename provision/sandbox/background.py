"""The background process itself: serves one sandbox until it is told to stop.

On its standard output it tells, line by line, what it is doing (`say ...`), that it serves (`ready`), or why it does
not (`error ...`); then it lets go of the terminal.
"""

from __future__ import annotations

import argparse
import errno
import functools
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from provision.sandbox.directory import DirectoryError
from provision.sandbox.journal import log
from provision.sandbox.process import Options
from provision.sandbox.remote import SandboxError
from provision.sandbox.sandbox import Sandbox
from provision.sandbox.state import Record, StateFolder

_ENDING = (signal.SIGTERM, signal.SIGINT)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m provision.sandbox.background", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--directory", choices=("embedded", "samba"), default="embedded")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--directory-port", type=int, default=0)
    parser.add_argument("--speed", type=float, default=Options().speed)
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
    sandbox.environment_file(folder.administrator, administrator=True)
    Record(os.getpid(), url, options.directory, directory, options.speed).write(folder)
    log.info("serving at %s and %s", url, directory)
    try:
        _tell("ready")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sandbox.stopped.wait()
    finally:
        sandbox.stop()
        folder.administrator.unlink(missing_ok=True)
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
