"""Many catalogs: `apply`, `plan` and `destroy` one catalog at a time and side by side.

    python -m benchmarks.catalogs [CATALOGS] [MILLISECONDS]

Each command is a whole process; the sandbox runs in a process of its own and answers every request of Resource Manager
and Graph so many milliseconds late, as services that are far away do. New identities are known at once: waiting for
them would hide what is measured. Requests are counted by the sandbox, tokens included.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from rich.console import Console
from rich.table import Table

from provision.sandbox.sandbox import Sandbox

CATALOGS = 100
MILLISECONDS = 50
SEEDED = 2
"""The catalogs with packages that every sandbox has."""
PAGE = 100
"""As Graph's; the sandbox's own pages are tiny, so that nobody forgets to read them all."""
SPEED = 600.0
AT_ONCE = 8
STORY = (
    ("apply, one at a time", ("apply", "--yes", "--parallel", "1")),
    ("plan, nothing to do", ("plan", "--exit-code")),
    ("destroy, one at a time", ("destroy", "--yes", "--parallel", "1")),
    (f"apply, {AT_ONCE} at once", ("apply", "--yes", "--parallel", str(AT_ONCE))),
    (f"destroy, {AT_ONCE} at once", ("destroy", "--yes", "--parallel", str(AT_ONCE))),
)


@dataclass(frozen=True, slots=True)
class Far:
    """The sandbox in its process: the environment file that leads there, and how many requests it has answered."""

    file: str
    line: Connection

    def requests(self) -> int:
        """The number so far."""
        self.line.send("requests")
        return int(self.line.recv())


def main() -> None:
    """Measure and print the table."""
    given = [int(value) for value in sys.argv[1:]]
    catalogs, milliseconds = (*given, *(CATALOGS, MILLISECONDS)[len(given) :])
    table = Table(title=f"{catalogs} catalogs, {milliseconds} ms for each request")
    for column in ("", "seconds", "requests", "requests per catalog"):
        table.add_column(column, justify="left" if not column else "right")
    with tempfile.TemporaryDirectory() as folder, _far_away(Path(folder), catalogs, milliseconds / 1000) as far:
        for name, arguments in STORY:
            seconds, requests = _measured(far, arguments)
            table.add_row(name, f"{seconds:.1f}", str(requests), f"{requests / catalogs:.1f}")
    Console().print(table)


def _measured(far: Far, arguments: tuple[str, ...]) -> tuple[float, int]:
    before, begin = far.requests(), time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "provision", *arguments, "-e", far.file],
        check=False,
        capture_output=True,
        text=True,
        env={key: value for key, value in os.environ.items() if not key.startswith("AZURE_")},
    )
    seconds = time.perf_counter() - begin
    if done.returncode:
        raise SystemExit(
            f"{' '.join(arguments)} ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    return seconds, far.requests() - before


@contextmanager
def _far_away(folder: Path, catalogs: int, latency: float) -> Iterator[Far]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(folder, catalogs, latency, there), daemon=True)
    process.start()
    try:
        yield Far(str(here.recv()), here)
    finally:
        here.send("stop")
        process.join()


def _serve(folder: Path, catalogs: int, latency: float, line: Connection) -> None:
    sandbox = Sandbox(folder / "state", speed=SPEED, extra_catalogs=catalogs - SEEDED)
    sandbox.start()
    try:
        sandbox.world.principals.hidden_lookups = 0
        sandbox.conduct.latency = latency
        sandbox.world.cloud.door.page_size = sandbox.world.entitlement.settings.page_size = PAGE
        line.send(str(sandbox.environment_file(folder / "sandbox.yaml")))
        while line.recv() != "stop":
            line.send(max((exchange.n for exchange in sandbox.journal.exchanges()), default=0))
    finally:
        sandbox.stop()


if __name__ == "__main__":
    main()
