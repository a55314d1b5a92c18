"""Several things at once, with a bound. No I/O of its own: a few threads, and the order in which they begin.

The first failure, and Ctrl-C, keep whatever has not begun from beginning; what runs is waited for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

DEFAULT: Final = 8
"""How many things are done at once when nobody says otherwise."""
LOOK_SECONDS: Final = 0.2
"""How long a wait may last before Python looks whether Ctrl-C was pressed; only Windows needs it."""

Result = TypeVar("Result")


def side_by_side(
    tasks: Sequence[Callable[[], Result]],
    bound: int = DEFAULT,
    *,
    stop: threading.Event | None = None,
    wait: bool = True,
) -> list[Result]:
    """Does all tasks, begun in their order, at most `bound` at once; their results in the same order.

    `stop` is set as soon as one fails or somebody presses Ctrl-C; when it is set, nothing more begins. With `wait`
    what runs at Ctrl-C is waited for; a second Ctrl-C waits no longer.

    Raises:
        BaseException: what the first task in order has raised that failed.
    """
    crew = _Crew(tasks, stop or threading.Event())
    try:
        for _ in range(min(max(bound, 1), len(tasks))):
            threading.Thread(target=crew.work, daemon=True).start()
        crew.wait()
    except KeyboardInterrupt:
        crew.stop.set()
        if wait:
            crew.wait()
        raise
    return crew.outcome()


class _Crew(Generic[Result]):
    """The tasks, who takes the next one, and what became of each."""

    def __init__(self, tasks: Sequence[Callable[[], Result]], stop: threading.Event) -> None:
        self.stop = stop
        self._changed = threading.Condition()
        self._left = list(enumerate(tasks))[::-1]
        self._running = 0
        self._results: dict[int, Result] = {}
        self._errors: dict[int, BaseException] = {}

    def work(self) -> None:
        """Takes one task after the other."""
        while (taken := self._taken()) is not None:
            place, task = taken
            try:
                self._results[place] = task()
            except BaseException as error:  # noqa: BLE001 - a thread has nobody to raise to; `outcome` raises it
                self._errors[place] = error
                self.stop.set()
            self._ended()

    def wait(self) -> None:
        """Until nothing runs and nothing more begins."""
        with self._changed:
            while self._running or (self._left and not self.stop.is_set()):
                self._changed.wait(LOOK_SECONDS)

    def outcome(self) -> list[Result]:
        """All results, or the first error raised."""
        if self._errors:
            raise self._errors[min(self._errors)]
        return [self._results[place] for place in sorted(self._results)]

    def _taken(self) -> tuple[int, Callable[[], Result]] | None:
        with self._changed:
            if not self._left or self.stop.is_set():
                return None
            self._running += 1
            return self._left.pop()

    def _ended(self) -> None:
        with self._changed:
            self._running -= 1
            self._changed.notify_all()
