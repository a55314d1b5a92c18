"""What one person's job may take away: the budgets of a run and of a user, and groups that must keep their members.

Reads the members of a group that must keep some, and only if the person would leave it; through what it is given.
Budgets in percent of a group are not judged here: the sizes of groups are not read for one person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from runbook.budget import budgets_exceeded
from runbook.directory import Change, Group
from runbook.envelope import Envelope
from runbook.group_index import GroupIndex
from runbook.membership import Members, Move
from runbook.outcome import Failed
from runbook.reconcile import Plan
from runbook.safety import Budgets, Limit
from runbook.settings import Settings
from runbook.sweep_mode import least_of, rules_of

MembersOf = Callable[[Group], Members]


def limited(plan: Plan, sid: str, envelope: Envelope, settings: Settings, members: MembersOf | None) -> Plan:
    """The plan without the removals that are too many; `members` reads a group where any must keep some."""
    if not plan.remove:
        return plan
    over = () if envelope.is_named(settings.over_budget) else _over(plan, sid, envelope, settings)
    if over:
        return withheld(plan, plan.remove, over)
    doubts = {change: _shortage(change.group, settings, members) for change in plan.remove} if members else {}
    short = tuple(change for change in plan.remove if doubts.get(change))
    return withheld(plan, short, tuple(doubts[change] for change in short))


def withheld(plan: Plan, changes: tuple[Change, ...], why: tuple[str, ...]) -> Plan:
    """The plan with these removals held back for these reasons; the others are made."""
    if not changes:
        return plan
    return replace(
        plan,
        remove=tuple(change for change in plan.remove if change not in changes),
        withheld=(*plan.withheld, *(change.group for change in changes)),
        problems=(*plan.problems, *why),
    )


def _over(plan: Plan, sid: str, envelope: Envelope, settings: Settings) -> tuple[str, ...]:
    """The budgets that the removals are over. The person's own managed groups are all that is known of groups."""
    budgets = settings.safety.budgets
    known = Budgets(Limit(count=budgets.run.count), Limit(count=budgets.group.count), budgets.user)
    held = (*plan.kept, *(change.group for change in plan.remove), *(group for group, _ in plan.stays))
    members = {group.guid: Members(frozenset({sid})) for group in held}
    moves = [Move(change.group, sid, add=False, reason=plan.reasons[change.group.guid]) for change in plan.remove]
    remedy = f"lockstep reconcile --user {envelope.user} --apply --over-budget -e {envelope.environment}"
    return budgets_exceeded(known, moves, members, remedy)


def _shortage(group: Group, settings: Settings, members: MembersOf) -> str:
    """Why the group cannot spare anybody, or an empty text."""
    least = least_of(rules_of(group, settings.safety, GroupIndex((group,), settings.directory.domain)))
    if not least:
        return ""
    try:
        now = len(members(group))
    except Failed as error:
        return str(error)
    return f"group {group} has {now} members and must keep {least}" if now - 1 < least else ""
