"""`lockstep plan`: what would change. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

from provision import report
from provision.commands.opening import opened
from provision.commands.pipeline import connected, towards
from provision.plan import Plan, refuse_unsafe
from provision.terminal import Terminal

PENDING = 2


def plan(  # noqa: PLR0913 - one parameter for each option
    reference: str,
    catalogs: Sequence[str],
    form: str,
    terminal: Terminal,
    *,
    adopt: bool = False,
    exit_code: bool = False,
) -> int:
    """Prints the plan; 0, or with `exit_code` 2 when changes are pending.

    Raises:
        ProvisionError: no plan can be made, or it must not be applied.
    """
    environment = opened(reference, terminal)
    with connected(environment) as azure:
        made = towards(environment, catalogs, azure, terminal, adopt=adopt)
    show(made, form, terminal)
    refuse_unsafe(made)
    return PENDING if made.changes and exit_code else 0


def show(made: Plan, form: str, terminal: Terminal) -> None:
    """The plan as the result of the command."""
    if form == "json":
        terminal.result(report.machine(made))
    elif form == "markdown":
        terminal.show(report.markdown(made))
    else:
        terminal.show(report.text(made, markup=True), markup=True)
