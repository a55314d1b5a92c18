"""One run of a Python runbook, as a hybrid worker on Linux does it: a child process with a worker's environment.

Source: Microsoft's open-source Linux worker. Every parameter value is `str(json.loads(value))`, or the value itself
when it is not JSON; names are ignored. A line on stdout goes to the stream its prefix names, else to Output; a line
on stderr to Error; a line that is not UTF-8 is lost. Not copied: that worker's deadlock when a runbook writes more
than 64 KiB to stdout and nothing to stderr.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

_PREFIX = re.compile(r"(error|warning|debug|verbose):", re.IGNORECASE)
GRACE_SECONDS = 5.0

Write = Callable[[str, str], None]


def default_python() -> str:
    """The interpreter behind the one that runs now: a worker has no virtual environment with packages in it."""
    name = "python.exe" if os.name == "nt" else f"bin/python{sys.version_info.major}.{sys.version_info.minor}"
    bare = Path(sys.base_prefix) / name
    return str(bare) if bare.exists() else sys.executable


def decoded(value: str) -> str:
    """A parameter value as the runbook finds it in `sys.argv`."""
    try:
        return str(json.loads(value))
    except ValueError:
        return value


def environment(folder: Path, ca_file: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """What a runbook finds in its environment: nothing of the caller's own but where programs are."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    trust = {"SSL_CERT_FILE": str(ca_file), "REQUESTS_CA_BUNDLE": str(ca_file)}
    return {**kept, "LANG": "C.UTF-8", "HOME": str(folder), **trust, **extra}


def command(python: str, content: str, parameters: Sequence[str], folder: Path) -> list[str]:
    """The runbook written to `folder` as a worker does (LF line ends), and the command line that runs it."""
    script = folder / "runbook.py"
    script.write_text(content.replace("\r\n", "\n"), encoding="utf-8", newline="\n")
    return [python, "-I", str(script), *map(decoded, parameters)]


class WorkerProcess:
    """A runbook that runs; `write` receives (stream, line) from two threads."""

    def __init__(self, line: Sequence[str], folder: Path, variables: Mapping[str, str], write: Write) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - the runbook is what the user of the sandbox uploaded to run
            line,
            env=dict(variables),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        readers = ((self._process.stdout, "Output"), (self._process.stderr, "Error"))
        self._threads = [threading.Thread(target=_read, args=(pipe, to, write), daemon=True) for pipe, to in readers]
        for thread in self._threads:
            thread.start()

    def ended(self, seconds: float) -> bool:
        """Wait so many real seconds for the end; whether it came."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """Ask it to end, and end it when it does not."""
        self._process.terminate()
        if not self.ended(GRACE_SECONDS):
            self._process.kill()

    def finish(self) -> int:
        """Everything it wrote has been delivered; the exit code."""
        code = self._process.wait()
        for thread in self._threads:
            thread.join(GRACE_SECONDS)
        return code


def _read(pipe: IO[bytes] | None, stream: str, write: Write) -> None:
    if pipe is None:
        return
    with pipe:
        for raw in pipe:
            try:
                line = raw.decode("utf-8").rstrip("\r\n")
            except UnicodeDecodeError:
                continue
            named = _PREFIX.match(line) if stream == "Output" else None
            write(named[1].capitalize() if named else stream, line)
