"""Faults on demand: throttling, failures and lost answers at chosen requests, to see what a client makes of them."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Effect = int | Literal["drop", "lost", "hang"]
STATUSES = (400, 401, 403, 404, 408, 409, 429, 500, 502, 503, 504)
_KEYS = {"method", "path", "after", "times", "status", "retry_after", "handled"}


@dataclass(frozen=True, slots=True)
class Fault:
    """After `after` matching requests, the next `times` of them fail.

    `path` is searched in path and query. A number is answered instead of handling the request, or with `handled`
    instead of the true answer; `drop` closes the connection before handling it, `lost` after handling it, and
    `hang` closes it when the faults are replaced. `retry_after` (seconds) becomes a Retry-After header.
    """

    method: str
    path: re.Pattern[str]
    status: Effect
    after: int = 0
    times: int = 1
    retry_after: int | None = None
    handled: bool = False


def fault_from(document: Any) -> Fault:
    """A fault from its JSON form: `path`, `status`, perhaps `method`, `after`, `times`, `retry_after`, `handled`.

    Raises:
        ValueError: what is wrong with the document.
    """
    if not isinstance(document, Mapping):
        raise ValueError(f"a fault is an object, not {document!r}")  # noqa: TRY004 - one error for a bad document
    if unknown := sorted(set(document) - _KEYS):
        raise ValueError(f"a fault has no {', '.join(unknown)}; it has {', '.join(sorted(_KEYS))}")
    status = document.get("status")
    if status not in ("drop", "lost", "hang", *STATUSES):
        raise ValueError(f"status must be drop, lost, hang or one of {STATUSES}, not {status!r}")
    for name in ("after", "times", "retry_after"):
        if not isinstance(document.get(name, 0), int) or document.get(name, 0) < 0:
            raise ValueError(f"{name} must be a whole number from 0, not {document[name]!r}")
    if not isinstance(document.get("handled", False), bool):
        raise ValueError(f"handled must be true or false, not {document['handled']!r}")  # noqa: TRY004 - as above
    try:
        path = re.compile(str(document.get("path", "")), re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"path is not a regular expression: {error}") from error
    details = {name: document[name] for name in ("after", "times", "retry_after", "handled") if name in document}
    return Fault(str(document.get("method", "*")).upper(), path, status, **details)


class Faults:
    """The faults in force and how often each has matched; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._seen: list[tuple[Fault, int]] = []

    def replace(self, faults: Sequence[Fault]) -> None:
        """Put `faults` in force, all counts at zero; an empty list ends all faults."""
        with self._lock:
            self._seen = [(fault, 0) for fault in faults]
            self._lock.notify_all()

    def hold(self, fault: Fault) -> None:
        """Come back when `fault` is in force no more."""
        with self._lock:
            self._lock.wait_for(lambda: all(held is not fault for held, _ in self._seen))

    def matched(self) -> int:
        """How many requests the faults in force have matched so far."""
        with self._lock:
            return sum(count for _, count in self._seen)

    def strike(self, method: str, target: str) -> Fault | None:
        """The fault that hits this request, if any. Every matching fault counts it; the first that is due hits."""
        struck: Fault | None = None
        with self._lock:
            for position, (fault, seen) in enumerate(self._seen):
                if fault.method not in ("*", method.upper()) or not fault.path.search(target):
                    continue
                self._seen[position] = (fault, seen + 1)
                if struck is None and fault.after <= seen < fault.after + fault.times:
                    struck = fault
        return struck
