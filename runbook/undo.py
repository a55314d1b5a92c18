"""The job that takes back what another job has changed: for `lockstep undo`.

Entra is not asked: what somebody has looked at and agreed to is taken back where it still stands, within the budgets,
and only in groups of the mapping. The changes come in a variable, because whoever may start jobs can write any
envelope.
"""

from __future__ import annotations

from dataclasses import replace

from runbook.audit import Audit
from runbook.envelope import Envelope
from runbook.group_index import GroupIndex, locked_guids
from runbook.membership import Account, Members, Memberships, SweepPlan
from runbook.outcome import DeadlinePassed, Failed, Outcome
from runbook.preparation import Preparation
from runbook.record import Records
from runbook.sweep_apply import Written, write_moves
from runbook.sweep_report import (
    applied_outcome,
    dry_outcome,
    facts_of,
    plan_records,
    planned_moves,
    withheld_records,
)
from runbook.sweep_scope import sweep_names, sweep_scope
from runbook.sweep_verify import members_now
from runbook.undo_plan import CHANGED_SINCE, Undoing, read_undoings, undo_draft, undo_plan
from runbook.worker import Worker


def undo(envelope: Envelope, worker: Worker) -> Outcome:
    """Takes back the changes of job `envelope.undone`, or only tells what that would change.

    Raises:
        Refused, Failed, DeadlinePassed: before anything was written.
    """
    ready = Preparation(envelope, worker)
    name = f"lockstep-{ready.settings.environment}-undo"
    undoings = read_undoings(ready.variables.read(name), name, envelope)
    directory = ready.open_memberships()
    records = Records(worker.tell)
    try:
        plan, accounts = _look(undoings, directory, ready, envelope)
        return _told_of_rest(plan, _act(plan, accounts, directory, ready, envelope, worker, records))
    finally:
        records.close()
        directory.close()


def _look(
    undoings: tuple[Undoing, ...], directory: Memberships, ready: Preparation, envelope: Envelope
) -> tuple[SweepPlan, dict[str, Account]]:
    """What still stands in AD and can be taken back, and whose accounts these are."""
    settings, safety = ready.settings, ready.settings.safety
    names, guids = sweep_names(ready.mapping, safety), frozenset(each.group for each in undoings)
    found = directory.groups(names, guids | locked_guids(names, safety.locks))
    scope = sweep_scope(ready.mapping, safety, GroupIndex(found, settings.directory.domain, safety.locks))
    members: dict[str, Members] = {}
    unread: dict[str, str] = {}
    groups = [each.group for each in scope.groups if each.group.guid in guids]
    directory.expect(groups)
    for group in groups:
        try:
            members[group.guid] = directory.members(group)
        except Failed as error:  # noqa: PERF203 - one group that cannot be read is left alone
            unread[group.guid] = f"group {group}: {error}; nothing is undone in it"
    draft = undo_draft(undoings, scope, found, members, unread, safety)
    accounts = directory.accounts(draft.sids) if draft.sids else {}
    return undo_plan(draft, accounts, safety, envelope, over_budget=envelope.is_named(settings.over_budget)), accounts


def _act(  # noqa: PLR0913, PLR0917 - everything that an undo works with
    plan: SweepPlan,
    accounts: dict[str, Account],
    directory: Memberships,
    ready: Preparation,
    envelope: Envelope,
    worker: Worker,
    records: Records,
) -> Outcome:
    """Tells the plan or, bound to its checksum, carries it out."""
    facts = facts_of(plan, directory.server)
    if not envelope.apply:
        records.put(plan_records(plan, accounts))
        return dry_outcome(plan, facts)
    if envelope.checksum != plan.checksum:
        detail = (
            f"what would change is no longer what was agreed to (checksum {envelope.checksum}, now {plan.checksum})"
        )
        return Outcome("refused", f"{detail}; look again with 'lockstep undo {envelope.undone}'", facts=facts)
    audit = Audit(envelope, worker, records, ready.settings.audit_file)
    try:
        written = write_moves(planned_moves(plan), directory, ready.deadline, audit)
    finally:
        audit.close()
    records.put(withheld_records(plan))
    return applied_outcome(plan, written, facts, verified=_stands(written, directory))


def _stands(written: Written, directory: Memberships) -> bool:
    """Whether all that was written is so when it is read back; what is not becomes a problem."""
    moves = [*written.done, *written.unknown]
    if not moves or written.out_of_time:
        return False
    try:
        members = members_now(moves, directory)
    except (Failed, DeadlinePassed) as error:
        written.problems.append(f"what was written could not be confirmed: {error}")
        return False
    wrong = sum((move.sid in members[move.group.guid]) != move.add for move in moves)
    if wrong:
        written.problems.append(f"{wrong} memberships are not as they were written; something else writes them too")
    return not wrong


def _told_of_rest(plan: SweepPlan, outcome: Outcome) -> Outcome:
    since = sum(why == CHANGED_SINCE for group in plan.groups for _, why in group.left)
    said = f"{outcome.detail}; {since} changed since, and left" if since else outcome.detail
    return replace(outcome, detail=said)
