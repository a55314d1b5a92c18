"""`lockstep doctor`: checks every link of the chain, and with `--fix` mends what `apply` can."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from provision import jobs, mapping_source, report
from provision.apply import apply as carry_out
from provision.azure import Azure
from provision.bundle import bundle
from provision.commands import doctor_report
from provision.commands.opening import opened
from provision.commands.pipeline import connected, towards
from provision.doctor import directory
from provision.doctor.check import Check, any_red
from provision.doctor.examination import examine, narrowed
from provision.doctor.facts import Facts
from provision.doctor.gathering import Wish, gather
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.narrowing import chosen
from provision.plan import refuse_unsafe
from provision.terminal import Tell, Terminal

PATIENCE: Final = timedelta(minutes=10)
"""How long the job on the worker may take before it gives up."""


def doctor(  # noqa: PLR0913 - one parameter for each option
    reference: str,
    catalogs: Sequence[str],
    form: str,
    terminal: Terminal,
    *,
    worker: bool,
    fix: bool,
    yes: bool,
) -> int:
    """Prints every check; 0 when none is red, 1 otherwise.

    Raises:
        ProvisionError: the environment file is wrong, `catalogs` names none, or `--fix` could not be carried out.
    """
    environment = opened(reference, terminal)
    visit = _Visit(environment, reference, catalogs, terminal, worker=worker)
    with connected(environment) as azure:
        checks = visit.checks(azure)
        if fix and any_red(checks) and visit.mend(azure, checks, yes=yes):
            checks = visit.checks(azure)
    visit.show(checks, form)
    return 1 if any_red(checks) else 0


class _Visit:
    """One run of the command."""

    def __init__(
        self, environment: Environment, reference: str, catalogs: Sequence[str], terminal: Terminal, *, worker: bool
    ) -> None:
        self._environment = environment
        self._reference = reference
        self._catalogs = catalogs
        self._terminal = terminal
        self._worker = worker

    def checks(self, azure: Azure) -> tuple[Check, ...]:
        """Everything that was asked for."""
        with self._terminal.progress(f"Examining environment {self._environment.name}") as tell:
            facts = gather(azure, self._wish())
            made = examine(facts)
            if self._worker:
                made += self._directory(facts, azure, tell)
        return self._narrowed(made, facts)

    def mend(self, azure: Azure, checks: Sequence[Check], *, yes: bool) -> bool:
        """Applies the plan, after asking; whether anything was changed."""
        terminal = self._terminal
        terminal.say(doctor_report.text(self._environment.name, [c for c in checks if c.red], ()))
        plan = towards(self._environment, self._catalogs, azure, terminal)
        refuse_unsafe(plan)
        if not plan.changes:
            terminal.say("Nothing of it can be mended by apply: do what is said there.")
            return False
        terminal.say(report.text(plan))
        if not yes and not terminal.confirm(f"Apply these {len(plan.changes)} changes?"):
            raise ProvisionError("Nothing was changed: the answer was not yes.")
        carry_out(plan, azure, azure, terminal)
        return True

    def show(self, checks: Sequence[Check], form: str) -> None:
        """The result of the command."""
        name, left_out = self._environment.name, () if self._worker else (directory.AREA,)
        if form == "json":
            self._terminal.result(doctor_report.machine(name, checks, left_out))
        else:
            self._terminal.show(doctor_report.text(name, checks, left_out, markup=True), markup=True)

    def _wish(self) -> Wish:
        environment, source, mapping, problem = self._environment, None, None, ""
        try:
            source = mapping_source.read(environment)
            mapping = mapping_source.parsed(source)
        except ProvisionError as error:
            problem = str(error)
        return Wish(environment, self._reference, bundle().text, source, mapping, problem, asks_worker=self._worker)

    def _directory(self, facts: Facts, azure: Azure, tell: Tell) -> tuple[Check, ...]:
        if obstacle := directory.obstacle(facts):
            return (obstacle,)
        environment = self._environment
        job = jobs.envelope(environment, "check", str(uuid.uuid4()), datetime.now(UTC) + PATIENCE)
        try:
            ended = jobs.run(azure, azure, environment, job, tell)
        except ProvisionError as error:
            return (directory.unanswered(str(error)),)
        return tuple(directory.checks(ended, jobs.told(ended, environment)))

    def _narrowed(self, checks: tuple[Check, ...], facts: Facts) -> tuple[Check, ...]:
        if not self._catalogs or facts.inventory is None or facts.blocked("catalogs", "catalog"):
            return checks  # which catalog is meant cannot be known
        return narrowed(checks, chosen(facts.inventory, self._catalogs))
