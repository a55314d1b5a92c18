"""Starts what the schedules of the Automation account start: when their time comes, or when somebody asks for it now.

Times are real, as all dates of the sandbox are: a schedule for tonight begins tonight, however fast waiting goes by.
"""

from __future__ import annotations

import uuid

from provision.sandbox.automation.job_store import Job, JobStore
from provision.sandbox.automation.schedule_store import Schedule, ScheduleStore
from provision.sandbox.clock import Clock
from provision.sandbox.service import Refusal


class Scheduler:
    """The account's own clockwork."""

    def __init__(self, store: ScheduleStore, jobs: JobStore, clock: Clock) -> None:
        self._store = store
        self._jobs = jobs
        self._clock = clock

    def start_due(self) -> list[Job]:
        """Starts the jobs of every schedule whose time has come."""
        return [job for schedule in self._store.due(self._clock.now()) for job in self._start(schedule)]

    def fire(self, name: str) -> list[Job]:
        """Starts what this schedule starts, as if its time had come; the next time stays.

        Raises:
            Refusal: 404 for an unknown schedule, 409 for one that would start nothing.
        """
        schedule = self._store.find(name)
        if schedule is None:
            names = ", ".join(found.name for found in self._store.all()) or "none"
            raise Refusal(404, "UnknownSchedule", f"There is no schedule '{name}' in the sandbox; there is {names}.")
        if schedule.following is None:
            raise Refusal(409, "Conflict", f"The schedule '{schedule.name}' is switched off or has ended.")
        jobs = self._start(schedule)
        if not jobs:
            raise Refusal(409, "Conflict", f"No job schedule ties a runbook to the schedule '{schedule.name}'.")
        return jobs

    def _start(self, schedule: Schedule) -> list[Job]:
        now = self._clock.now()
        jobs = [
            Job(str(uuid.uuid4()), tie.runbook.name, tie.run_on, tie.parameters, "", now, now)
            for tie in self._store.ties()
            if tie.schedule is schedule
        ]
        for job in jobs:
            self._jobs.add(job)
        return jobs
