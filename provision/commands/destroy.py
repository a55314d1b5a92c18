"""`lockstep destroy`: takes back what is ours, then reads everything again to prove it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Final

from provision import jobs, mapping_source, release, release_job, report, teardown_report
from provision.apply import apply as carry_out
from provision.azure import Azure
from provision.commands.opening import opened
from provision.commands.pipeline import away, connected, look
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.inventory import Inventory
from provision.narrowing import chosen
from provision.plan import Plan
from provision.release import Choice, Memberships
from provision.side_by_side import DEFAULT
from provision.terminal import Terminal

DELAYS: Final = (2.0, 5.0, 10.0, 20.0)
"""Seconds before each further look for what is left: lists of a large service lag behind."""
NOTHING: Final = "Nothing was changed: the answer was not yes."


def destroy(  # noqa: PLR0913 - one parameter for each option
    reference: str,
    catalogs: Sequence[str],
    yes: bool,  # noqa: FBT001 - the command line's own order
    form: str,
    terminal: Terminal,
    *,
    memberships: Choice = "keep",
    parallel: int = DEFAULT,
) -> int:
    """Plans with nothing desired, asks, deletes in reverse order, and says what is left; 0 when nothing of ours is.

    With memberships `remove` a job first takes people out of the groups; if it does not end well, nothing is deleted.

    Raises:
        ProvisionError: something is left, and its text says what; or nothing was changed.
    """
    environment = opened(reference, terminal)
    with connected(environment) as azure:
        found = look(environment, azure, terminal, parallel=parallel)
        ids = chosen(found, catalogs) if catalogs else None
        plan = away(found, ids)
        fate = _counted(found, memberships, catalogs, azure, terminal)
        _ask(plan, fate, yes, terminal)
        fate = _released(environment, fate, azure, terminal)
        if plan.changes:
            carry_out(plan, azure, azure, terminal, parallel=parallel)
        now = _looked_again(environment, ids, azure, terminal, parallel)
    remaining = away(now, ids)
    rest = teardown_report.left(now, plan, remaining, ids)
    if form == "json":
        terminal.result(teardown_report.machine(plan, rest, fate, whole=ids is None))
    else:
        terminal.show(teardown_report.text(plan, rest, fate, whole=ids is None))
    if remaining.changes:
        lines = "\n".join(f"  - {change.resource.address}" for change in remaining.changes)
        raise ProvisionError(f"{len(remaining.changes)} things are still there; run destroy again:\n{lines}")
    return 0


def _counted(
    found: Inventory, choice: Choice, catalogs: Sequence[str], azure: Azure, terminal: Terminal
) -> Memberships:
    """What is at stake; only counted when memberships are to go."""
    environment = found.environment
    if choice == "keep":
        return Memberships(environment.name)
    release.refuse_impossible(found, narrowed=bool(catalogs))
    mapping = mapping_source.parsed(mapping_source.unpinned(environment))
    with terminal.progress("Counting memberships"):
        return Memberships(environment.name, choice, release.counts(azure, mapping))


def _ask(plan: Plan, fate: Memberships, yes: bool, terminal: Terminal) -> None:  # noqa: FBT001 - the command line's own order
    if plan.changes:
        terminal.say(report.text(plan))
    if fate.choice == "remove":
        terminal.say(f"Memberships before: {fate.counts}")
        if not yes and not terminal.confirm("Take these people out of these groups first?"):
            raise ProvisionError(NOTHING)
    if plan.changes and not yes and not terminal.confirm(f"Delete these {len(plan.changes)} things?"):
        raise ProvisionError(NOTHING)


def _released(environment: Environment, fate: Memberships, azure: Azure, terminal: Terminal) -> Memberships:
    """Runs the job that takes the memberships away, if that was asked for."""
    if fate.choice == "keep":
        return fate
    deadline = datetime.now(UTC) + release.TIME
    envelope = jobs.envelope(environment, release.SOURCE, str(uuid.uuid4()), deadline, **release.agreed(fate))
    with terminal.progress("Taking memberships away") as tell:
        ended = release_job.run(azure, azure, environment, envelope, tell, terminal.say)
    if not ended.well:
        problems = "".join(f"\n  - {problem}" for problem in (ended.result or {}).get("problems") or ())
        raise ProvisionError(
            f"Nothing was deleted, because not all memberships could be taken away: {jobs.told(ended, environment)}"
            f"{problems}\nMend that and run the same command again, or destroy with --memberships keep."
        )
    return Memberships(fate.environment, fate.choice, fate.counts, ended)


def _looked_again(
    environment: Environment, ids: Collection[str] | None, azure: Azure, terminal: Terminal, parallel: int
) -> Inventory:
    """What there is now; looked at again while a service still shows what was deleted."""
    found = look(environment, azure, terminal, parallel=parallel)
    for delay in DELAYS:
        if not away(found, ids).changes:
            break
        time.sleep(delay)
        found = look(environment, azure, terminal, parallel=parallel)
    return found
