"""`lockstep report`: one HTML page about an environment. Reads only; a dry-run sweep looks at AD. Writes that file."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from provision import jobs, mapping_source
from provision.azure import Azure
from provision.commands.opening import opened
from provision.commands.pipeline import connected
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.overview.facts import Facts
from provision.overview.gathering import gather
from provision.overview.page import page
from provision.sweep_record import swept
from provision.terminal import Tell, Terminal

LOOKED: Final = frozenset({"done", "nothing_to_do", "partial"})
"""Outcomes of a sweep that has looked at AD; with partial, at some groups not."""
LEFT_OUT: Final = "left out with --no-worker"


def report(reference: str, output: Path | None, terminal: Terminal, *, worker: bool) -> int:
    """Writes the page and prints its path; 0, or 1 when the worker was asked and did not tell.

    Raises:
        ProvisionError: Azure or Entra could not be read, or the file cannot be written.
    """
    environment = opened(reference, terminal)
    mapping = mapping_source.parsed(mapping_source.read(environment))
    file = output or Path(f"lockstep-{environment.name}.html")
    with connected(environment) as azure, terminal.progress(f"Reading environment {environment.name}") as tell:
        facts = gather(azure, environment, mapping)
        facts = _looked(facts, azure, tell) if worker else replace(facts, unswept=LEFT_OUT)
    _write(file, page(facts, version("entra-lockstep")))
    unseen = worker and facts.swept is None
    if unseen:
        terminal.warn(f"the page tells nothing of AD: {facts.unswept}")
    terminal.result(str(file))
    return 1 if unseen else 0


def _looked(facts: Facts, azure: Azure, tell: Tell) -> Facts:
    """The facts with what a sweep would do, or with why that is not known."""
    environment: Environment = facts.inventory.environment
    deadline = datetime.now(UTC) + environment.sweep.time_limit
    envelope = jobs.envelope(environment, "sweep", str(uuid.uuid4()), deadline, apply=False, adds_over_budget=False)
    try:
        ended = jobs.run(azure, azure, environment, envelope, tell)
    except ProvisionError as error:
        return replace(facts, unswept=str(error))
    if (ended.result or {}).get("outcome") not in LOOKED:
        return replace(facts, unswept=jobs.told(ended, environment))
    return replace(facts, swept=swept(ended))


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ProvisionError(f"{file}: cannot be written: {error.strerror}") from error
