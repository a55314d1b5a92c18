"""What an undo changes: the audited changes of a job, turned round where they still stand.

Nothing here reads or writes anything. Safety is that of a sweep: the plan is made by `sweep_plan`.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from runbook.directory import Group
from runbook.envelope import Envelope
from runbook.fields import Fields
from runbook.group_name import SID
from runbook.membership import Account, Grant, GroupPlan, Members, Move, Reason, SweepPlan
from runbook.outcome import Failed, Refused
from runbook.protection import why_group_is_protected
from runbook.safety import Safety
from runbook.sweep_draft import Draft, DraftGroup
from runbook.sweep_plan import plan_sweep
from runbook.sweep_scope import Scope, ScopedGroup

CHANGED_SINCE = "was changed since"
_UNDO_AGAIN = "run 'lockstep undo' again"
_UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Undoing:
    """One change to take back: a job `added` the account to the group, or else removed it. The rest is the reason's."""

    group: str
    sid: str
    added: bool
    reason: Reason


def read_undoings(text: str, name: str, envelope: Envelope) -> tuple[Undoing, ...]:
    """The changes in the variable `name`.

    Whoever may start jobs can write any envelope, but not the variable: it is obeyed only if it is for this very job.

    Raises:
        Refused: it is for another job, or for undoing another one.
        Failed: it is not whole.
    """
    fields = Fields(_parsed_variable(text, name), f"variable {name}", Failed, _UNDO_AGAIN)
    if (fields.guid("job"), fields.guid("undone")) != (envelope.job, envelope.undone):
        raise Refused(
            f"variable {name} has changes of job {fields.guid('undone')} for job {fields.guid('job')} to undo; this is "
            f"job {envelope.job}, asked to undo {envelope.undone}; {_UNDO_AGAIN}"
        )
    return tuple(_undoing(Fields(each, f"variable {name}: changes", Failed, _UNDO_AGAIN)) for each in _unpacked(fields))


def undo_draft(  # noqa: PLR0913, PLR0917 - what was read, and what limits it
    undoings: Iterable[Undoing],
    scope: Scope,
    found: Iterable[Group],
    members: dict[str, Members],
    unread: dict[str, str],
    safety: Safety,
) -> Draft:
    """The first half: which changes still stand, by group.

    `scope` are the groups of the mapping, `found` those of them and of the changes that are in AD, `members` and
    `unread` as for a sweep.
    """
    by_group: dict[str, list[Undoing]] = {}
    for each in undoings:
        by_group.setdefault(each.group, []).append(each)
    problems = [*scope.doubts]
    groups = []
    there = {group.guid: group for group in found}
    for scoped in scope.groups:
        mine = by_group.pop(scoped.group.guid, [])
        if not mine:
            continue
        if scoped.group.guid in members:
            groups.append(_drafted_undo(scoped, mine, members[scoped.group.guid]))
        else:
            problems.append(unread[scoped.group.guid])
    problems += [_left_alone(there.get(guid), guid, safety) for guid in sorted(by_group)]
    sids = frozenset(sid for each in groups for sid in (*each.add, *each.remove))
    return Draft(groups=tuple(groups), sids=sids, whole=not scope.doubts, problems=tuple(problems))


def undo_plan(
    draft: Draft,
    accounts: dict[str, Account],
    safety: Safety,
    envelope: Envelope,
    *,
    over_budget: bool,
) -> SweepPlan:
    """The second half: what is done, and what is withheld. Whoever cannot be put back is a problem."""
    plan = plan_sweep(
        draft,
        accounts,
        safety,
        over_budget=over_budget,
        adds_over_budget=envelope.adds_over_budget,
        command=f"lockstep undo {envelope.undone} -e {envelope.environment}",
    )
    absent = [
        f"account {sid} is not in AD any more; it is not put back into group {each.scoped.group}"
        for each in draft.groups
        for sid in each.add
        if sid not in accounts
    ]
    kept = [
        f"account {sid} {why}; it stays in group {each.group}"
        for each in plan.groups
        for sid, why in each.left
        if why != CHANGED_SINCE
    ]
    return replace(
        plan,
        groups=tuple(_told_so(each) for each in plan.groups),
        withheld=tuple(map(_as_undone, plan.withheld)),
        problems=(*plan.problems, *absent, *kept),
    )


def _drafted_undo(scoped: ScopedGroup, undoings: list[Undoing], members: Members) -> DraftGroup:
    standing = [each for each in undoings if (each.sid in members.sids) == each.added]
    since = sorted(each.sid for each in undoings if each not in standing)
    return DraftGroup(
        scoped=scoped,
        members=members,
        add={each.sid: _grant_back(each) for each in standing if not each.added},
        remove={each.sid: each.reason for each in standing if each.added},
        left=tuple((sid, CHANGED_SINCE) for sid in since),
    )


def _grant_back(undoing: Undoing) -> Grant:
    reason = undoing.reason
    return Grant(reason.assignment, reason.package, reason.user, live=True, sid=undoing.sid)


def _left_alone(group: Group | None, guid: str, safety: Safety) -> str:
    if group is None:
        return f"group {guid} does not exist in AD any more; nothing is undone in it"
    reason = why_group_is_protected(group, safety) or "is not for certain one that the mapping names"
    return f"group {group} {reason}; nothing is undone in it"


def _told_so(group: GroupPlan) -> GroupPlan:
    return replace(group, add=tuple(map(_as_undone, group.add)))


def _as_undone(move: Move) -> Move:
    return replace(move, reason=replace(move.reason, kind=_UNDONE))


def _undoing(fields: Fields) -> Undoing:
    action, sid = fields.text("action"), fields.text("sid").upper()
    if action not in {"add", "remove"}:
        fields.refuse("action", f"'{action}' is neither add nor remove")
    if not SID.fullmatch(sid):
        fields.refuse("sid", f"'{sid}' is not a SID")
    texts = (fields.text(key, needed=False) for key in ("package", "assignment", "user"))
    return Undoing(fields.guid("group"), sid, action == "add", Reason(_UNDONE, *texts))


def _parsed_variable(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Failed(f"variable {name}: not JSON; {_UNDO_AGAIN}") from error


def _unpacked(fields: Fields) -> list[Any]:
    try:
        lines = zlib.decompress(base64.b64decode(fields.text("changes"), validate=True)).decode().splitlines()
        return [json.loads(line) for line in lines]
    except (ValueError, zlib.error):
        fields.refuse("changes", "cannot be unpacked")
