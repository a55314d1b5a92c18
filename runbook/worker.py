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
from runbook.membership import Memberships
from runbook.settings import DirectorySettings

OpenDirectory = Callable[[DirectorySettings, "Secret | None", Deadline], Directory]
InspectDirectory = Callable[[DirectorySettings, "Secret | None", Deadline], InspectedDirectory]
OpenMemberships = Callable[[tuple[tuple[DirectorySettings, "Secret | None"], ...], Deadline], Memberships]


@dataclass(frozen=True, slots=True)
class Worker:
    """`environ` are the environment variables; `tell` writes one line of the job's output.

    `open_memberships` takes each domain with the password of its bind account, the main domain first.
    """

    environ: dict[str, str]
    clock: Clock
    transport: Transport
    open_directory: OpenDirectory
    inspect_directory: InspectDirectory
    open_memberships: OpenMemberships
    tell: Callable[[str], None]
