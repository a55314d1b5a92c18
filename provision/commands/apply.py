"""`lockstep apply`: makes the environment what its file says."""

from __future__ import annotations

from collections.abc import Sequence

from provision import report
from provision.apply import apply as carry_out
from provision.commands.opening import opened
from provision.commands.pipeline import connected, towards
from provision.errors import ProvisionError
from provision.plan import Plan, refuse_unsafe
from provision.side_by_side import DEFAULT
from provision.terminal import Terminal


def apply(  # noqa: PLR0913, PLR0917 - one parameter for each option
    reference: str,
    catalogs: Sequence[str],
    yes: bool,  # noqa: FBT001 - the command line's own order
    checksum: str | None,
    form: str,
    terminal: Terminal,
    *,
    adopt: bool = False,
    parallel: int = DEFAULT,
) -> int:
    """Plans, asks, and makes every change, catalogs side by side; 0 when all is as it should be.

    Raises:
        ProvisionError: nothing was changed, or its text says what was and what was not.
    """
    environment = opened(reference, terminal)
    with connected(environment) as azure:
        plan = towards(environment, catalogs, azure, terminal, adopt=adopt, parallel=parallel)
        refuse_unsafe(plan)
        _compare(plan, checksum)
        if plan.changes:
            terminal.say(report.text(plan))
            if not yes and not terminal.confirm(f"Apply these {len(plan.changes)} changes?"):
                raise ProvisionError("Nothing was changed: the answer was not yes.")
            carry_out(plan, azure, azure, terminal, parallel=parallel)
    terminal.result(report.done(plan, form))
    return 0


def _compare(plan: Plan, checksum: str | None) -> None:
    if checksum is not None and checksum != plan.checksum:
        raise ProvisionError(
            f"--plan-checksum {checksum} belongs to another plan; this one has {plan.checksum}. Something changed "
            "since it was reviewed: run plan, review it again, and give its checksum. Nothing was changed."
        )
