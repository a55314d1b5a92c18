"""What `lockstep reconcile --all` and `lockstep undo` share: a job that only looks, a yes, and a job bound to it.

The second job works everything out again, and refuses when that comes to another checksum than was agreed to.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from provision import jobs, sweep_report
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.jobs import Ended
from provision.listed_catalogs import Reader
from provision.resource import GraphCollection, Json
from provision.sweep_record import Swept, swept
from provision.terminal import Terminal

PENDING: Final = 2
"""The exit code of --exit-code when something would change."""
_ENOUGH: Final = 40  # characters of a sentence, to find it by; the job cuts long ones


@dataclass(frozen=True, slots=True)
class Options:
    """What was typed: see the command line's help."""

    apply: bool = False
    checksum: str = ""
    over_budget: bool = False
    adds_over_budget: bool = False
    unexplained: bool = False
    exit_code: bool = False
    yes: bool = False
    form: str = "text"


@dataclass(frozen=True, slots=True)
class Steps:
    """`start` runs one job whose envelope has these fields besides; `command` is what somebody types for this again.

    `reference` is what they type after `-e`, `about` is what JSON says besides.
    """

    reader: Reader
    environment: Environment
    start: Callable[[Mapping[str, Json]], Ended]
    command: str
    reference: str
    options: Options
    terminal: Terminal
    about: Mapping[str, Any] = field(default_factory=dict)

    def walk(self) -> int:
        """Looks, asks and writes, as far as the options say; the exit code.

        Raises:
            ProvisionError: a job could not be started or did not end in time, or the answer was not yes.
        """
        if self.options.checksum:
            return self._done(self._job(self.options.checksum), None)
        planned = self._job()
        if not self.options.apply:
            return self._looked(planned)
        self._show_before_asking(planned)
        if not (planned.checksum and planned.changes):
            return self._end(planned, None)
        self._ask(planned)
        return self._done(self._job(planned.checksum), planned)

    def _job(self, checksum: str = "") -> Swept:
        """A job that only looks, or with a checksum one that writes."""
        agreed = {"apply": True, "checksum": checksum} if checksum else {"apply": False}
        return swept(self.start({**agreed, "adds_over_budget": self.options.adds_over_budget}))

    def _looked(self, planned: Swept) -> int:
        if self.options.form != "json":
            self._show(planned)
            if planned.checksum and planned.changes:
                self.terminal.say(f"Nothing was changed. To do it: `{self._agreeing(planned)}`")
        code = self._end(planned, None)
        return PENDING if not code and self.options.exit_code and planned.changes else code

    def _show_before_asking(self, planned: Swept) -> None:
        if self.options.form == "json":
            self.terminal.say(self._headline(planned))
            self.terminal.say(sweep_report.text(self._blocks(planned)))
        else:
            self._show(planned)

    def _ask(self, planned: Swept) -> None:
        number = planned.changes
        question = f"Make {'this change' if number == 1 else f'these {number} changes'}?"
        if not self.options.yes and not self.terminal.confirm(question):
            raise ProvisionError("Nothing was changed: the answer was not yes.")

    def _done(self, done: Swept, planned: Swept | None) -> int:
        """Tells how the job that writes has ended; what `planned` has shown is not shown again."""
        if self.options.form != "json":
            if planned is None:
                self._show(done)
            else:
                self.terminal.show(self._headline(done))
                for problem in (*done.over, *done.problems):
                    self.terminal.show(f"problem: {problem}")
            if done.changes and done.result.get("applied"):
                self.terminal.say(f"To take it back: `lockstep undo {done.ended.id} {self._on}`")
        return self._end(done, planned)

    def _end(self, last: Swept, planned: Swept | None) -> int:
        if self.options.form == "json":
            more = {**self.about, "planned": planned.ended.id if planned else None}
            names = self._packages(last)
            self.terminal.result(sweep_report.machine(self.environment.name, last, names, more))
        return 0 if last.ended.well else 1

    def _show(self, told: Swept) -> None:
        self.terminal.show(self._headline(told))
        for block in self._blocks(told):
            if isinstance(block, str):
                self.terminal.show(block)
            else:
                self.terminal.table(block.columns, block.rows)

    def _headline(self, told: Swept) -> str:
        """What the job says, without the problems, which are told one by one."""
        said = jobs.told(told.ended, self.environment)
        for problem in told.problems[:1]:
            said = said.partition(f"; {problem[:_ENOUGH]}")[0]
        if told.changes and told.result.get("applied") and told.result.get("verified"):
            said += "; read back, and as it should be"
        return f"{said} (checksum {told.checksum})" if told.checksum else said

    def _blocks(self, told: Swept) -> list[sweep_report.Block]:
        return sweep_report.blocks(told, self._packages(told), unexplained=self.options.unexplained)

    def _packages(self, told: Swept) -> dict[str, str]:
        """Names by id of the access packages that were told of; where Graph does not say, they go by their ids."""
        wanted = {str(record["package"]) for record in told.records if record.get("package")}
        if not wanted:
            return {}
        try:
            rows = self.reader.read(GraphCollection("packages")) or ()
        except ProvisionError:  # names are only shown instead of ids, and must not keep the rest from being told
            return {}
        names = {str(row["id"]).lower(): str(row["displayName"]) for row in rows}
        return {identifier: names[identifier] for identifier in wanted if identifier in names}

    @property
    def _on(self) -> str:
        return f"-e {shlex.quote(self.reference)}"

    def _agreeing(self, planned: Swept) -> str:
        options = self.options
        flags = [
            *(["--over-budget"] if options.over_budget else []),
            *(["--adds-over-budget"] if options.adds_over_budget else []),
        ]
        return " ".join([self.command, self._on, "--apply", "--checksum", planned.checksum, *flags])
