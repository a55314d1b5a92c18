"""The runbooks the Automation account holds, and the operations that change them a little later than asked."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Runbook:
    """One runbook; `draft` and `published` are its two contents, None when there is none."""

    name: str
    runbook_type: str
    runtime: str
    location: str
    created: datetime
    modified: datetime
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    draft: str | None = None
    published: str | None = None

    @property
    def state(self) -> str:
        """New (never published), Edit (published, with a draft) or Published."""
        if self.published is None:
            return "New"
        return "Published" if self.draft is None else "Edit"


@dataclass(slots=True)
class _Operation:
    runbook: str
    due: float
    effect: Callable[[], None] | None


class RunbookStore:
    """Runbooks by name, whatever its case. Every read first does the operations that are due."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        """Held by whoever reads and then writes."""
        self._runbooks: dict[str, Runbook] = {}
        self._operations: dict[str, _Operation] = {}

    def find(self, name: str) -> Runbook | None:
        """The runbook of this name."""
        with self.lock:
            self._settle()
            return self._runbooks.get(name.lower())

    def all(self) -> list[Runbook]:
        """Every runbook, by name."""
        with self.lock:
            self._settle()
            return [self._runbooks[key] for key in sorted(self._runbooks)]

    def add(self, runbook: Runbook) -> None:
        """Hold a new runbook."""
        with self.lock:
            self._runbooks[runbook.name.lower()] = runbook

    def remove(self, name: str) -> bool:
        """Drop a runbook and what was under way for it; False when there was none."""
        with self.lock:
            for operation in self._operations.values():
                if operation.runbook == name.lower():
                    operation.effect = None
            return self._runbooks.pop(name.lower(), None) is not None

    def busy(self, name: str) -> bool:
        """Whether an operation on this runbook has not ended."""
        with self.lock:
            self._settle()
            return any(found.effect and found.runbook == name.lower() for found in self._operations.values())

    def begin(self, name: str, seconds: float, effect: Callable[[], None]) -> str:
        """Start an operation that does `effect` in `seconds` real seconds; its id is for `ended`."""
        identifier = str(uuid.uuid4())
        with self.lock:
            self._operations[identifier] = _Operation(name.lower(), time.monotonic() + seconds, effect)
        return identifier

    def ended(self, identifier: str) -> bool | None:
        """Whether the operation has ended; None when there is no such operation."""
        with self.lock:
            self._settle()
            operation = self._operations.get(identifier)
            return None if operation is None else operation.effect is None

    def _settle(self) -> None:
        now = time.monotonic()
        for operation in self._operations.values():
            if operation.effect is not None and operation.due <= now:
                operation.effect()
                operation.effect = None
