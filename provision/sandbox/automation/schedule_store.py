"""The schedules of the Automation account, and what ties runbooks to them; when each begins next. No I/O."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from provision.sandbox.automation.runbook_store import Runbook, RunbookStore

STEPS: Mapping[str, timedelta] = {
    "Hour": timedelta(hours=1),
    "Day": timedelta(days=1),
    "Week": timedelta(weeks=1),
}
"""What repeats, and how far one step goes: days and weeks by the clock of the zone, hours by real ones."""


@dataclass(slots=True)
class Schedule:
    """One schedule. `start` has a zone; `expiry` and `following` (when it begins next) are None when there is none."""

    name: str
    description: str
    frequency: str
    interval: int | None
    start: datetime
    expiry: datetime | None
    zone: str
    created: datetime
    modified: datetime
    enabled: bool = True
    following: datetime | None = None

    def advance(self, now: datetime) -> None:
        """Sets `following` to the first beginning after `now`."""
        step = STEPS.get(self.frequency)
        found: datetime | None = self.start
        while found is not None and found <= now:
            found = _after(found, step * (self.interval or 1), self.zone) if step else None
        ended = found is not None and self.expiry is not None and found > self.expiry
        self.following = None if found is None or ended or not self.enabled else found.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Tie:
    """A job schedule: what `schedule` starts. It ends with either side, also when another of that name is made."""

    identifier: str
    schedule: Schedule
    runbook: Runbook
    run_on: str
    parameters: Mapping[str, str]


class ScheduleStore:
    """Schedules by name, whatever its case, and ties by id. Safe to use from many threads."""

    def __init__(self, runbooks: RunbookStore) -> None:
        self.lock = threading.RLock()
        """Held by whoever reads and then writes."""
        self._runbooks = runbooks
        self._schedules: dict[str, Schedule] = {}
        self._ties: dict[str, Tie] = {}

    def find(self, name: str) -> Schedule | None:
        """The schedule of this name."""
        with self.lock:
            return self._schedules.get(name.lower())

    def all(self) -> list[Schedule]:
        """Every schedule, by name."""
        with self.lock:
            return [self._schedules[key] for key in sorted(self._schedules)]

    def add(self, schedule: Schedule) -> None:
        """Hold a new schedule."""
        with self.lock:
            self._schedules[schedule.name.lower()] = schedule

    def remove(self, name: str) -> bool:
        """Drop a schedule with its ties; False when there was none."""
        with self.lock:
            return self._schedules.pop(name.lower(), None) is not None

    def ties(self) -> list[Tie]:
        """Every tie whose two sides are there, by id."""
        with self.lock:
            self._ties = {
                key: tie
                for key, tie in self._ties.items()
                if self._runbooks.find(tie.runbook.name) is tie.runbook and self.find(tie.schedule.name) is tie.schedule
            }
            return [self._ties[key] for key in sorted(self._ties)]

    def tie(self, identifier: str) -> Tie | None:
        """The tie of this id."""
        return next((tie for tie in self.ties() if tie.identifier == identifier.lower()), None)

    def add_tie(self, tie: Tie) -> None:
        """Hold a new tie."""
        with self.lock:
            self._ties[tie.identifier] = tie

    def remove_tie(self, identifier: str) -> bool:
        """Drop a tie; False when there was none."""
        with self.lock:
            present = self.tie(identifier) is not None
            self._ties.pop(identifier.lower(), None)
            return present

    def due(self, now: datetime) -> list[Schedule]:
        """The schedules whose time has come; each is told once, and then waits for its next time."""
        with self.lock:
            found = [schedule for schedule in self.all() if schedule.following and schedule.following <= now]
            for schedule in found:
                schedule.advance(now)
            return found


def _after(moment: datetime, step: timedelta, zone: str) -> datetime:
    if step < STEPS["Day"]:
        return moment.astimezone(UTC) + step
    return moment.astimezone(ZoneInfo(zone)) + step  # the same time by the clock, whatever its offset
