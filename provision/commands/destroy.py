"""`lockstep destroy`: takes back what is ours, then reads everything again to prove it."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from provision import report
from provision.apply import apply as carry_out
from provision.azure import Azure
from provision.commands.opening import opened
from provision.commands.pipeline import away, connected, look
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.narrowing import chosen
from provision.plan import Plan
from provision.terminal import Terminal

DELAYS = (2.0, 5.0, 10.0, 20.0)
"""Seconds before each further look for what is left: lists of a large service lag behind."""


def destroy(
    reference: str,
    catalogs: Sequence[str],
    yes: bool,  # noqa: FBT001 - the command line's own order
    form: str,
    terminal: Terminal,
) -> int:
    """Plans with nothing desired, asks, deletes in reverse order, and says what is left; 0 when nothing of ours is.

    Raises:
        ProvisionError: something is left, and its text says what.
    """
    environment = opened(reference, terminal)
    with connected(environment) as azure:
        found = look(environment, azure, terminal)
        ids = chosen(found, catalogs) if catalogs else None
        plan = away(found, ids)
        if plan.changes:
            terminal.say(report.text(plan))
            if not yes and not terminal.confirm(f"Delete these {len(plan.changes)} things?"):
                raise ProvisionError("Nothing was changed: the answer was not yes.")
            carry_out(plan, azure, azure, terminal)
        left = _left(environment, ids, azure, terminal)
    terminal.result(report.gone(plan, left, form))
    if left.changes:
        remain = "\n".join(f"  - {change.resource.address}" for change in left.changes)
        raise ProvisionError(f"{len(left.changes)} things are still there; run destroy again:\n{remain}")
    return 0


def _left(environment: Environment, ids: Collection[str] | None, azure: Azure, terminal: Terminal) -> Plan:
    """What another destroy would find; looked at again while a service still shows what was deleted."""
    left = away(look(environment, azure, terminal), ids)
    for delay in DELAYS:
        if not left.changes:
            break
        time.sleep(delay)
        left = away(look(environment, azure, terminal), ids)
    return left
