"""Who is at what, as one line at the foot of a terminal. I/O: the console it is given; several threads tell it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status
from rich.text import Text


class Activities:
    """The line is there while something is done, and cut to the terminal's width."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._titles: dict[object, str] = {}
        self._status: Status | None = None

    @contextmanager
    def shown(self, title: str) -> Iterator[Callable[[str], None]]:
        """While one thing is done; what is yielded takes its state."""
        place = object()
        self._put(place, title)
        try:
            yield lambda state: self._put(place, f"{title}: {state}")
        finally:
            self._drop(place)

    def _put(self, place: object, text: str) -> None:
        with self._lock:
            self._titles[place] = text
            if self._status is None:
                self._status = self._console.status(self._line())
                self._status.start()
            else:
                self._status.update(self._line())

    def _drop(self, place: object) -> None:
        with self._lock:
            del self._titles[place]
            if self._status is None:
                return
            if self._titles:
                self._status.update(self._line())
            else:
                self._status.stop()
                self._status = None

    def _line(self) -> Text:
        return Text(" · ".join(self._titles.values()), no_wrap=True, overflow="ellipsis", end="")
