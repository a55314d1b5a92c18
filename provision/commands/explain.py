"""`lockstep explain`: why a person is in a group. Reads only; a job on the worker looks at AD."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

from provision import jobs
from provision.commands.opening import opened
from provision.commands.pipeline import connected
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.explain import held, membership, table
from provision.explain.held import Holder
from provision.explain.joining import Explained, explained
from provision.explain.membership import Seen
from provision.job_records import records
from provision.jobs import Ended
from provision.runs.replay import user_id
from provision.terminal import Terminal
from runbook.group_name import GroupName, GroupNameInvalid, parse_group_name

PATIENCE: Final = timedelta(minutes=10)
"""How long the job on the worker may take before it gives up."""
ANSWERED: Final = frozenset({"done", "partial"})
"""Outcomes of a job that has found the person's groups; with partial, perhaps not all."""


def explain(reference: str, user: str, group: str | None, form: str, terminal: Terminal) -> int:
    """Prints a row for each group and assignment; 0, or 1 when AD did not show everything.

    Raises:
        ProvisionError: nobody is called so, or the services or the job did not tell.
    """
    name = _name(group) if group else None
    environment = opened(reference, terminal)
    with connected(environment) as azure, terminal.progress("Explaining") as tell:
        tell("reading assignments")
        holder = held.holder(azure, user_id(azure, user))
        envelope = jobs.envelope(
            environment, "explain", str(uuid.uuid4()), datetime.now(UTC) + PATIENCE, user=holder.user
        )
        ended = jobs.run(azure, azure, environment, envelope, tell)
    found = _answered(ended, environment)
    groups = explained(holder.held, found, name)
    problems = tuple(map(str, (ended.result or {}).get("problems") or ()))
    if form == "json":
        terminal.result(table.machine(environment.name, holder, found, groups, ended.id, problems))
    else:
        _show(holder, found, groups, group, terminal)
    for problem in problems:
        terminal.warn(problem)
    return 1 if problems else 0


def _name(text: str) -> GroupName:
    try:
        return parse_group_name(text)
    except GroupNameInvalid as error:
        raise ProvisionError(f"--group: {error}") from error


def _answered(ended: Ended, environment: Environment) -> Seen:
    """What the job has found.

    Raises:
        ProvisionError: it found nothing, or its output is not whole.
    """
    result = ended.result or {}
    if result.get("outcome") not in ANSWERED:
        raise ProvisionError(f"The job could not explain it: {jobs.told(ended, environment)}")
    told = records(ended.text)
    if any(record.get("kind") == "omitted" for record in told):
        raise ProvisionError(f"job {ended.id} had more to tell than fits into a job's output; give --group")
    return membership.seen(told, result)


def _show(holder: Holder, found: Seen, groups: tuple[Explained, ...], group: str | None, terminal: Terminal) -> None:
    who = holder.name or holder.user
    if found.absent:
        terminal.say(f"{who} has no account in AD: {found.absent}")
    if found.protected:
        terminal.say(f"{who} is protected: the account {found.protected}. No job changes its groups.")
    if groups:
        terminal.table(table.COLUMNS, table.rows(groups))
    elif group:
        terminal.show(
            f"{who} is not in a group {group}, directly or nested, and the mapping does not name it. Whether AD has "
            "such a group was not asked."
        )
    else:
        terminal.show(f"{who} is in no managed group, and should be in none.")
