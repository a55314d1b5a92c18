"""What a sweep planned and did -> records and the Outcome. Nothing here reads or writes anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runbook.membership import Account, GroupPlan, Move, SweepPlan
from runbook.outcome import Outcome, cut
from runbook.record import Record
from runbook.sweep_apply import Written

_MOST_OVER = 10


def planned_moves(plan: SweepPlan) -> list[Move]:
    """What is to be written, in the order in which it is."""
    return [move for group in plan.groups for move in (*group.add, *group.remove)]


def plan_records(plan: SweepPlan, names: dict[str, Account]) -> Iterator[Record]:
    """All of the plan; `names` has accounts of those who stay without an assignment, as far as they are known."""
    yield from map(_group_record, plan.groups)
    for move in planned_moves(plan):
        yield _move_record(move, withheld=False)
    yield from withheld_records(plan)
    for group in plan.groups:
        yield from _stay_records(group, names)


def withheld_records(plan: SweepPlan) -> Iterator[Record]:
    """What is not made in this run: moves that are withheld, and people who are not in AD yet."""
    for move in plan.withheld:
        yield _move_record(move, withheld=True)
    for each in plan.pending:
        yield {"kind": "pending", "user": each.user, "package": each.package_id, "assignment": each.assignment_id}


def facts_of(plan: SweepPlan, server: str) -> dict[str, Any]:
    """What the result line says in numbers; `adds` and `removes` are those that the plan makes."""
    moves = planned_moves(plan)
    return {
        "checksum": plan.checksum,
        "adds": sum(move.add for move in moves),
        "removes": sum(not move.add for move in moves),
        "withheld": len(plan.withheld),
        "unexplained": sum(len(group.unexplained) for group in plan.groups),
        "pending": len(plan.pending),
        "over": [cut(each) for each in plan.over[:_MOST_OVER]],
        "groups": len(plan.groups),
        "memberships": sum(group.members for group in plan.groups),
        "applied": False,
        "server": server,
    }


def dry_outcome(plan: SweepPlan, facts: dict[str, Any]) -> Outcome:
    """The end of a run that only looked."""
    moves = planned_moves(plan)
    problems = _problems(plan)
    parts = [f"would {_counted(moves)}" if moves else "nothing to change", *_not_made(plan), *problems]
    kind = "done" if moves else "nothing_to_do"
    if problems:
        kind = "partial" if plan.groups else "failed"
    return Outcome(kind, "; ".join(parts), problems=problems, facts=facts)


def applied_outcome(plan: SweepPlan, written: Written, facts: dict[str, Any], *, verified: bool) -> Outcome:
    """The end of a run that wrote; `verified`: what it wrote was read back, and is as it should be.

    The outcome is verified only if nothing was withheld or left alone besides.
    """
    added, removed = _names_of_groups(written.done, add=True), _names_of_groups(written.done, add=False)
    problems = (*_problems(plan), *written.problems)
    if written.done and not verified and not problems:
        problems = ("what was written could not be confirmed",)
    parts = [_counted(written.done, past=True) if written.done else "nothing was changed", *_not_made(plan), *problems]
    return Outcome(
        _kind_of_applied(plan, written, troubled=bool(problems)),
        "; ".join(parts),
        added=added,
        removed=removed,
        problems=problems,
        verified=not problems and (verified or not written.done),
        facts={
            **facts,
            "adds": sum(move.add for move in written.done),
            "removes": sum(not move.add for move in written.done),
            "applied": True,
        },
    )


def _kind_of_applied(plan: SweepPlan, written: Written, *, troubled: bool) -> str:
    if written.out_of_time:
        return "timed_out"
    if not troubled:
        return "done" if written.done else "nothing_to_do"
    if written.done:
        return "partial"
    return "partial" if plan.groups and not (written.failed or written.unknown) else "failed"


def _problems(plan: SweepPlan) -> tuple[str, ...]:
    return (*plan.over, *plan.problems)


def _not_made(plan: SweepPlan) -> list[str]:
    parts = [f"withheld: {_counted(plan.withheld)}"] if plan.withheld else []
    if plan.pending:
        count = len(plan.pending)
        parts.append(f"{count} assignment{'s' if count > 1 else ''} of people who are not in AD yet")
    return parts


def _counted(moves: list[Move] | tuple[Move, ...], *, past: bool = False) -> str:
    """Like `add 3, remove 2 memberships in 4 groups`."""
    adds = sum(move.add for move in moves)
    parts = [(adds, "added" if past else "add"), (len(moves) - adds, "removed" if past else "remove")]
    groups = len({move.group.guid for move in moves})
    counts = ", ".join(f"{verb} {count}" for count, verb in parts if count)
    return f"{counts} membership{'s' if len(moves) > 1 else ''} in {groups} group{'s' if groups > 1 else ''}"


def _names_of_groups(moves: list[Move], *, add: bool) -> tuple[str, ...]:
    return tuple(sorted({str(move.group) for move in moves if move.add == add}))


def _group_record(plan: GroupPlan) -> Record:
    group = plan.group
    return {
        "kind": "group",
        "group": group.guid,
        "name": group.account,
        "dn": group.dn,
        "sid": group.sid,
        "domain": group.domain,
        "mode": plan.mode,
        "members": plan.members,
    }


def _move_record(move: Move, *, withheld: bool) -> Record:
    reason = move.reason
    return {
        "kind": "move",
        "group": move.group.guid,
        "action": "add" if move.add else "remove",
        "sid": move.sid,
        "user": reason.user,
        "who": move.name,
        "why": reason.kind,
        "package": reason.package,
        "assignment": reason.assignment,
        "since": reason.since,
        "withheld": withheld,
    }


def _stay_records(group: GroupPlan, names: dict[str, Account]) -> Iterator[Record]:
    whys = [*((sid, "unexplained") for sid in group.unexplained), *group.left]
    for sid, why in whys:
        who = names[sid].name if sid in names else ""
        yield {"kind": "stays", "group": group.group.guid, "sid": sid, "who": who, "why": why}
