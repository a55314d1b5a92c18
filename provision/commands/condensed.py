"""A terminal for a command inside a story: its plan is shown, its steps pass by as progress, its result waits.

The one line for each change that was made is left out: the plan names them all. I/O: the terminal around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from provision.terminal import Tell, Terminal


class Condensed(Terminal):
    """Says through `terminal`, tells `tell` what is being done, and keeps the results, for when nothing moves."""

    def __init__(self, terminal: Terminal, tell: Tell) -> None:
        super().__init__()
        self.results: list[str] = []
        self.tables: list[tuple[Sequence[str], Sequence[Sequence[str]]]] = []
        self._around = terminal
        self._state = tell

    def say(self, text: str) -> None:
        """See `Terminal.say`."""
        if "\n" in text:
            self._around.say(text)

    def warn(self, text: str) -> None:
        """See `Terminal.warn`."""
        self._around.warn(text)

    def result(self, text: str) -> None:
        """See `Terminal.result`."""
        self.results.append(text)

    def show(self, text: str, *, markup: bool = False) -> None:
        """See `Terminal.show`."""
        del markup
        self.results.append(text)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """See `Terminal.table`."""
        self.tables.append((columns, rows))

    @contextmanager
    def activity(self, title: str) -> Iterator[Tell]:
        """See `Terminal.activity`."""
        with self.progress(title) as tell:
            yield tell

    @contextmanager
    def progress(self, title: str) -> Iterator[Tell]:
        """See `Terminal.progress`."""
        self._state(title)
        yield lambda state: self._state(f"{title}: {state}")
