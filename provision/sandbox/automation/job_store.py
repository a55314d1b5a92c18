"""The jobs of the Automation account: what they were asked to do, how far they are, what they have said."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from provision.sandbox.clock import Clock

STREAM_LIMIT = 1024 * 1024
ENDED = ("Completed", "Failed", "Stopped", "Suspended")
TRUNCATED = "WARNING: the stream is longer than 1 MiB; the rest was not kept."


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a job's streams; `stream` is Output, Error, Warning, Verbose or Debug."""

    number: int
    stream: str
    text: str
    time: datetime


@dataclass(slots=True)
class Job:
    """One job. `status` walks New, Activating, Running and one of `ENDED`; Stopping comes before Stopped."""

    name: str
    runbook: str
    run_on: str
    parameters: Mapping[str, str]
    started_by: str
    created: datetime
    modified: datetime
    status: str = "New"
    started: datetime | None = None
    ended: datetime | None = None
    exception: str = ""
    records: list[Record] = field(default_factory=list)
    size: int = 0

    def output(self) -> str:
        """The Output stream as one text."""
        return "\n".join(record.text for record in self.records if record.stream == "Output")


class JobStore:
    """Jobs by id; every change of a job goes through here. Safe to use from many threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}

    def add(self, job: Job) -> Job | None:
        """Queue a new job; when its id is taken, the job that has it is returned and nothing changes."""
        with self._lock:
            present = self._jobs.get(job.name.lower())
            if present is None:
                self._jobs[job.name.lower()] = job
            return present

    def find(self, name: str) -> Job | None:
        """The job of this id."""
        with self._lock:
            return self._jobs.get(name.lower())

    def all(self) -> list[Job]:
        """Every job, newest first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def waiting(self, run_on: str) -> list[Job]:
        """The jobs no worker of this group has picked yet, oldest first."""
        return [job for job in reversed(self.all()) if job.status == "New" and job.run_on.lower() == run_on.lower()]

    def move(self, job: Job, status: str, *allowed: str, exception: str = "") -> bool:
        """Set `status` if the job's status is one of `allowed` (any, when none is named); False when it is not."""
        now = self._clock.now()
        with self._lock:
            if job.status in ENDED or (allowed and job.status not in allowed):
                return False
            job.status, job.modified = status, now
            job.exception = exception or job.exception
            if status == "Running":
                job.started = now
            if status in ENDED:
                job.ended = now
            return True

    def write(self, job: Job, stream: str, text: str) -> None:
        """Add a line to a stream, until all streams together hold 1 MiB."""
        with self._lock:
            if job.size >= STREAM_LIMIT:
                return
            job.size += len(text.encode()) + 1
            if job.size >= STREAM_LIMIT:
                stream, text = "Warning", TRUNCATED
            job.records.append(Record(len(job.records) + 1, stream, text, self._clock.now()))
