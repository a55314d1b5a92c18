"""The machine that a job runs on, as the job sees it: its environment, its clock, and its ways to the outside.

Everything a run touches comes in as a `Worker`, so that the whole run can be tried without a network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runbook.deadline import Clock, Deadline
from runbook.directory import Directory
from runbook.directory_facts import InspectedDirectory
from runbook.https import Transport
from runbook.identity import Secret
from runbook.settings import DirectorySettings

OpenDirectory = Callable[[DirectorySettings, "Secret | None", Deadline], Directory]
InspectDirectory = Callable[[DirectorySettings, "Secret | None", Deadline], InspectedDirectory]


@dataclass(frozen=True, slots=True)
class Worker:
    """`environ` are the environment variables; `tell` writes one line of the job's output."""

    environ: dict[str, str]
    clock: Clock
    transport: Transport
    open_directory: OpenDirectory
    inspect_directory: InspectDirectory
    tell: Callable[[str], None]
