"""What became of every change of a plan: done, failed, not tried. Pure but for its lock: lanes tell it side by side."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from provision.change import Change
from provision.errors import ProvisionError
from provision.lanes import Lane

AGAIN = "Nothing was undone. When the cause is gone, run the same command again: it continues from here."


class Tally:
    """Counts what is done, and keeps why a lane has stopped."""

    def __init__(self, total: int) -> None:
        self.total = total
        self._lock = threading.Lock()
        self._done: list[Change] = []
        self._failed: list[tuple[Change, ProvisionError]] = []

    def done(self, change: Change) -> str:
        """Notes a change that was made; how many of how many that are."""
        with self._lock:
            self._done.append(change)
            return f"({len(self._done)}/{self.total})"

    def failed(self, change: Change, error: ProvisionError) -> None:
        """Notes the change at which its lane stopped."""
        with self._lock:
            self._failed.append((change, error))

    @property
    def complete(self) -> bool:
        """Whether every change was made."""
        return len(self._done) == self.total

    @property
    def cause(self) -> ProvisionError | None:
        """The first failure."""
        return self._failed[0][1] if self._failed else None

    def account(self, lanes: Sequence[Lane]) -> str:
        """For each lane what is done, what failed and why, what was not tried."""
        lines = [f"{self.total - len(self._done)} of {self.total} changes were not made"]
        for lane in lanes:
            lines += self._told(lane)
        return "\n".join([*lines, AGAIN])

    def _told(self, lane: Lane) -> list[str]:
        done = [change for change in lane.changes if any(change is made for made in self._done)]
        failed = [(change, error) for change, error in self._failed if any(change is one for one in lane.changes)]
        tried = [*done, *(change for change, _ in failed)]
        left = [change for change in lane.changes if not any(change is one for one in tried)]
        if not failed and not left:
            return [f"{lane.name}: done ({len(done)})"]
        if not tried:
            return [f"{lane.name}: not tried ({len(left)})", *_listed(left)]
        lines = [f"{lane.name}: stopped at {change}: {error}" for change, error in failed] or [f"{lane.name}: stopped"]
        lines += ["  done:", *_listed(done)] if done else []
        lines += ["  not tried:", *_listed(left)] if left else []
        return lines


def _listed(changes: Sequence[Change]) -> list[str]:
    return [f"    {change}" for change in changes]
