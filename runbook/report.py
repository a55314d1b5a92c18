"""What was wished, planned and done -> the Outcome. Nothing here reads or writes anything."""

from __future__ import annotations

from collections.abc import Iterable

from runbook.apply import Applied
from runbook.directory import Group
from runbook.outcome import Outcome
from runbook.reconcile import Plan
from runbook.wanted import Wanted


def report(wish: Wanted, plan: Plan, applied: Applied, *, verified: bool = False) -> Outcome:
    """The end of a job that got as far as AD; `verified`: whatever was written has been read back."""
    problems = [*plan.problems, *applied.problems]
    if applied.withheld:
        problems.append(f"therefore not removed from {_names_of(applied.withheld)}")
    changed = bool(applied.added or applied.removed)
    return Outcome(
        outcome=_kind(wish, applied, changed=changed, troubled=bool(problems)),
        detail=_detail(wish, plan, applied, problems),
        added=tuple(map(str, applied.added)),
        removed=tuple(map(str, applied.removed)),
        kept=tuple(map(str, plan.kept)),
        problems=tuple(problems),
        verified=verified and not problems,
    )


def _kind(wish: Wanted, applied: Applied, *, changed: bool, troubled: bool) -> str:
    if applied.out_of_time:
        return "timed_out"
    if not troubled:
        return "done" if changed else "nothing_to_do"
    if changed:
        return "partial"
    return "failed" if applied.problems or not wish.complete else "refused"


def _detail(wish: Wanted, plan: Plan, applied: Applied, problems: list[str]) -> str:
    parts = []
    if applied.added:
        parts.append(f"added to {_names_of(applied.added)}")
    if applied.removed:
        parts.append(f"removed from {_names_of(applied.removed)}")
    if not parts and not problems:
        parts.append(f"nothing to do, already in {_names_of(plan.kept)}" if plan.kept else "nothing to do")
    if wish.note:
        parts.append(wish.note)
    reasons = dict.fromkeys(why for _, why in plan.stays)
    parts += [f"stays in {_names_of(group for group, said in plan.stays if said == why)}: {why}" for why in reasons]
    return "; ".join(parts + problems)


def _names_of(groups: Iterable[Group]) -> str:
    return ", ".join(map(str, groups))
