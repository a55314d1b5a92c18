"""How long it takes to begin: `lockstep --help`, and the runbook from process start to its first LDAP operation.

    python -m benchmarks.start

Whole processes, medians of several runs, with every Python of the machine for the runbook. The first LDAP operation is
seen by the directory; the requests before it (tokens, settings, mapping, bind password) go to a stand-in here.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from provision.bundle import bundle
from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.directory.embedded import EmbeddedDirectory
from tests.integration import runbook_world as world

RUNS = 9
PYTHONS = ("python3.10", "python3.11", "python3.12", "python3.13")


def main() -> None:
    """Measure and print the table."""
    table = Table(title=f"milliseconds from process start, of {RUNS} runs")
    for column in ("", "min", "median", "max"):
        table.add_column(column, justify="left" if not column else "right")
    _row(table, "lockstep --help", [_help() for _ in range(RUNS)])
    with tempfile.TemporaryDirectory() as folder:
        for name, python in _pythons():
            _row(table, f"runbook to first LDAP operation, {name}", _first_operations(Path(folder), python))
    Console().print(table)
    text = bundle().text
    Console().print(f"the uploaded file: {len(text) / 1024:.0f} KiB, {text.count(chr(10)):,} lines")


def _row(table: Table, name: str, seconds: list[float]) -> None:
    figures = (min(seconds), statistics.median(seconds), max(seconds))
    table.add_row(name, *(f"{1000 * figure:.0f}" for figure in figures))


def _help() -> float:
    begin = time.perf_counter()
    subprocess.run(  # noqa: S603 - our own command
        [str(Path(sys.executable).with_name("lockstep")), "--help"], check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - begin


def _pythons() -> list[tuple[str, str]]:
    """Each Python of the machine by name, the program itself and not what a version manager puts before it."""
    found = {os.path.realpath(sys.executable): "this Python"}
    for name in PYTHONS:
        path = shutil.which(name)
        asked = path and subprocess.run(  # noqa: S603 - an interpreter that is on the path
            [path, "-c", "import sys; print(sys.executable)"], check=False, capture_output=True, text=True
        )
        if asked and asked.returncode == 0:
            found.setdefault(os.path.realpath(asked.stdout.strip()), name)
    return [(name, path) for path, name in found.items()]


def _first_operations(folder: Path, python: str) -> list[float]:
    authority = CertificateAuthority(folder)
    directory = EmbeddedDirectory(authority.server_certificate(), 0)
    azure = world.Azure()
    server = world.AzureServer(azure, authority.server_context())
    directory.start()
    try:
        rows = [world.assignment(world.READERS)]
        world.furnish(azure, directory, authority.ca_file, rows, directory.sid_of("ada.lovelace"))
        script = folder / "runbook.py"
        script.write_text(bundle().text, encoding="ascii")
        return [_first_operation(directory, azure, script, python, authority.ca_file) for _ in range(RUNS)]
    finally:
        server.stop()
        directory.stop()


def _first_operation(
    directory: EmbeddedDirectory, azure: world.Azure, script: Path, python: str, ca_file: Path
) -> float:
    directory.reset()
    seen: list[float] = []

    def watch() -> None:
        while not directory.journal:
            time.sleep(0.0005)
        seen.append(time.perf_counter())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    begin = time.perf_counter()
    ended = world.run_file(python, script, world.envelope(azure), azure, ca_file)
    watcher.join(timeout=1)
    if ended.code or not seen:
        raise SystemExit(f"the runbook failed: {ended.output}")
    return seen[0] - begin


if __name__ == "__main__":
    main()
