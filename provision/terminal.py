"""What goes where: results to stdout and nothing else there; messages, questions and progress to stderr.

I/O: the three standard streams it is given. Colour only where the stream is a terminal and NO_COLOR is not set.
Messages may come from several threads at once.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Final, TextIO, TypeAlias

from rich.console import Console
from rich.text import Text

from provision import layout
from provision.activities import Activities
from provision.errors import ProvisionError


class ResultLost(ProvisionError):
    """A standard stream takes nothing more; whoever catches it must not write there again."""


Tell: TypeAlias = Callable[[str], None]
"""Takes what is being waited for now; the same words again are not repeated."""

_ESCAPES: Final = (*range(9), *range(11, 32), *range(127, 160))
_CONTROLS: Final = dict.fromkeys(_ESCAPES, "\N{REPLACEMENT CHARACTER}")
"""Names come from services and files; escape sequences in them must not reach the terminal."""


class Terminal:
    """The person, or the script, that typed the command; a `quiet` one is told only results and errors."""

    def __init__(
        self,
        out: TextIO | None = None,
        err: TextIO | None = None,
        keyboard: TextIO | None = None,
        environ: Mapping[str, str] = os.environ,
        *,
        quiet: bool = False,
    ) -> None:
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._in = keyboard or sys.stdin
        self._environ = environ
        self._quiet = quiet
        self._unsaid = ""
        self._lock = threading.RLock()
        self._messages = self._console(self._err)
        self._activities = Activities(self._messages)

    @property
    def interactive(self) -> bool:
        """Whether somebody is there to be asked."""
        return self._in.isatty() and self._err.isatty()

    def result(self, text: str) -> None:
        """The result exactly as it is (JSON, a file's content), with a line end if it has none."""
        with _whole():
            self._out.write(text if text.endswith("\n") else f"{text}\n")

    def show(self, text: str, *, markup: bool = False) -> None:
        """The result for people. With `markup`, in rich's own; a foreign `[` must then be escaped."""
        with _whole():
            plain = text.translate(_CONTROLS)
            self._print(self._results, Text.from_markup(plain, emoji=False) if markup else Text(plain))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """The result for people as aligned columns; never cut, and a line for each row unless a screen is narrower."""
        cells = [tuple(cell.translate(_CONTROLS) for cell in line) for line in (columns, *rows)]
        room = self._results.width if self._results.is_terminal else None
        for number, lines in enumerate(layout.table(cells, room)):
            for line in lines:
                with _whole():
                    self._results.print(line, style="" if number else "bold", markup=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """A message; `text` is plain."""
        if self._quiet:
            self._unsaid = text
        else:
            self._message(text)

    def warn(self, text: str) -> None:
        """Something that may go wrong later, and what to do."""
        if not self._quiet:
            self._message(text, "warning: ", "yellow")

    def fail(self, text: str) -> None:
        """Why the command ends without doing what was asked."""
        self._message(text, "error: ", "red")

    @contextmanager
    def progress(self, title: str) -> Iterator[Tell]:
        """While something is waited for: a spinner on a terminal, a line for it and each new state elsewhere."""
        if not self._messages.is_terminal:
            self.say(title)
        with self.activity(title) as tell:
            yield tell

    @contextmanager
    def activity(self, title: str) -> Iterator[Tell]:
        """While one of several things is done: its place in a terminal's line, only a line for each state elsewhere."""
        if self._quiet:
            yield lambda _: None
            return
        if self._messages.is_terminal:
            with self._activities.shown(title.translate(_CONTROLS)) as tell:
                yield lambda state: tell(state.translate(_CONTROLS))
            return
        told = [""]

        def tell_new(state: str) -> None:
            if state != told[-1]:
                told.append(state)
                self.say(f"{title}: {state}")

        yield tell_new

    def confirm(self, question: str) -> bool:
        """Asks for yes or no; anything but yes is no. A quiet terminal says first what the question is about.

        Raises:
            ProvisionError: nobody is there to answer.
        """
        if not self.interactive:
            raise ProvisionError(f"{question} Nobody can answer here: add --yes to do it without asking.")
        if self._unsaid:
            self._message(self._unsaid)
        self._messages.print(f"{question} [yes/no] ".translate(_CONTROLS), end="", markup=False)
        self._err.flush()
        return self._in.readline().strip().lower() in {"y", "yes"}

    def flush(self) -> None:
        """Hands over what is still held back, so that a full disk or a closed pipe is noticed."""
        with _whole():
            self._out.flush()
            self._err.flush()

    @staticmethod
    def _print(console: Console, text: Text) -> None:
        """For people to read: on a screen, long lines end between words."""
        console.print(layout.prose(text, console) if console.is_terminal else text, soft_wrap=True)

    def _message(self, text: str, label: str = "", style: str = "") -> None:
        with self._lock:
            self._print(self._messages, Text.assemble((label, style), text.translate(_CONTROLS)))

    @cached_property
    def _results(self) -> Console:
        return self._console(self._out)

    def _console(self, stream: TextIO) -> Console:
        return _Console(file=stream, highlight=False, emoji=False, _environ=self._environ)


class _Console(Console):
    """Rich's console, but whoever prints learns that nobody reads any more; rich would end the program."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


@contextmanager
def _whole() -> Iterator[None]:
    """A result that did not arrive whole is an error; a reader who went away is for the caller to judge."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ResultLost(f"the result cannot be written: {error.strerror}; make room, or write elsewhere") from error
