"""What happened in the sandbox: every exchange in short, and every failure of the sandbox itself."""

from __future__ import annotations

import itertools
import logging
import threading
from collections import deque
from dataclasses import dataclass

LENGTH = 5000
log = logging.getLogger("lockstep.sandbox")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request in short: `status` is 0 when the connection was closed without an answer. No bodies, no headers."""

    n: int
    method: str
    path: str
    status: int


class Journal:
    """The newest exchanges (a bounded number) and the failures since start or reset."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._exchanges: deque[Exchange] = deque(maxlen=LENGTH)
        self._failures: list[str] = []

    def record(self, method: str, path: str, status: int) -> None:
        """Note one exchange."""
        with self._lock:
            self._exchanges.append(Exchange(next(self._numbers), method, path, status))

    def failed(self, where: str, error: BaseException) -> None:
        """Note a failure of the sandbox itself: one line here, the traceback in the log."""
        log.error("%s", where, exc_info=error)
        with self._lock:
            self._failures.append(f"{where}: {type(error).__name__}: {error}")

    def exchanges(self) -> list[Exchange]:
        """The exchanges still held, oldest first."""
        with self._lock:
            return list(self._exchanges)

    def failures(self) -> list[str]:
        """The failures, oldest first."""
        with self._lock:
            return list(self._failures)

    def clear(self) -> None:
        """Forget everything; numbers go on."""
        with self._lock:
            self._exchanges.clear()
            self._failures.clear()
