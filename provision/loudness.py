"""`--verbose` and `--quiet`, which every command takes, before and after its name.

I/O: with `--verbose`, whatever is written to the log of requests goes to the terminal.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import typer
import typer.main

if TYPE_CHECKING:
    from provision.terminal import Terminal

VERBOSE: Final = "Tell each request to Azure and Graph on stderr."
QUIET: Final = "Tell only results and errors."


class Loudness:
    """What was asked for on one command line."""

    def __init__(self) -> None:
        self._asked: set[str] = set()

    @property
    def quiet(self) -> bool:
        """Whether only results and errors are wanted."""
        return "quiet" in self._asked

    def offer(self, command: Any) -> Any:
        """Gives a command, and every command below it, both options; the command itself."""
        self._give(command, self._options())
        return command

    @contextmanager
    def telling(self, terminal: Terminal) -> Iterator[None]:
        """While a command works: each request is told, if that was asked for."""
        if "verbose" not in self._asked:
            yield
            return
        from provision.azure.request_log import LOGGER  # noqa: PLC0415 - only when it was asked for

        log, handler = logging.getLogger(LOGGER), _Saying(terminal)
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        try:
            yield
        finally:
            log.removeHandler(handler)
            log.setLevel(logging.NOTSET)

    def _give(self, command: Any, options: Sequence[Any]) -> None:
        command.params += options
        for below in getattr(command, "commands", {}).values():
            self._give(below, options)

    def _options(self) -> Sequence[Any]:
        """Both, as typer makes them for a command that has nothing else."""
        donor = typer.Typer(add_completion=False)

        @donor.command()
        def options(
            *,
            verbose: bool = typer.Option(False, "--verbose", help=VERBOSE, callback=self._verbose),  # noqa: FBT003 - as default: typer reads an Annotated one without `self`
            quiet: bool = typer.Option(False, "--quiet", help=QUIET, callback=self._quiet),  # noqa: FBT003 - as above
        ) -> None:
            """Never called."""

        params: Sequence[Any] = typer.main.get_command(donor).params
        for param in params:
            param.expose_value = False
        return params

    def _verbose(self, value: bool) -> None:  # noqa: FBT001 - typer calls it so
        self._take("verbose", asked=value)

    def _quiet(self, value: bool) -> None:  # noqa: FBT001 - as above
        self._take("quiet", asked=value)

    def _take(self, name: str, *, asked: bool) -> None:
        if asked:
            self._asked.add(name)
        if len(self._asked) > 1:
            raise typer.BadParameter("--verbose and --quiet contradict each other; leave one out")


class _Saying(logging.Handler):
    def __init__(self, terminal: Terminal) -> None:
        super().__init__(logging.INFO)
        self._terminal = terminal

    def emit(self, record: logging.LogRecord) -> None:
        """Says one line."""
        self._terminal.say(record.getMessage())
