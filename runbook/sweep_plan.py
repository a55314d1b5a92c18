"""What a sweep changes: set arithmetic over the groups' members and the assignments of everybody.

How a job uses it (AD's members are read before Graph's assignments):

    names = sweep_names(mapping, safety)
    found = directory.groups(names, locked_guids(names, safety.locks))
    scope = sweep_scope(mapping, safety, GroupIndex(found, domain, safety.locks))
    members = ...                               # of the groups in scope.groups; one that cannot be read is in `unread`
    draft = draft_sweep(scope, members, unread, grants, graph_problems)
    accounts = directory.accounts(draft.sids)
    plan = plan_sweep(draft, accounts, safety, over_budget=..., adds_over_budget=...)

Nothing here reads or writes anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from runbook.budget import budgets_exceeded
from runbook.directory import Group
from runbook.membership import Account, Grant, GroupPlan, Move, Reason, SweepPlan
from runbook.protection import why_person_is_protected
from runbook.safety import Safety
from runbook.sweep_draft import Draft, DraftGroup

_SWEEP = "lockstep reconcile --all"


def plan_sweep(  # noqa: PLR0913 - the three parts, and what was allowed
    draft: Draft,
    accounts: dict[str, Account],
    safety: Safety,
    *,
    over_budget: bool,
    adds_over_budget: bool,
    command: str = _SWEEP,
) -> SweepPlan:
    """What is done, and what is withheld.

    `accounts` is what AD knows of `draft.sids`. `over_budget`: somebody allowed this run to go over the budgets.
    `adds_over_budget`: additions are made although removals are over budget; otherwise they are withheld too.
    `command` is what somebody types to have such a plan made.
    `SweepPlan.groups` has every group whose members were read, also those without a change; `withheld` holds removals
    and, over budget, additions. The checksum is the same whatever is withheld.
    """
    judged = [_judge(each, accounts, safety) for each in draft.groups]
    problems = [*draft.problems, *(problem for each in judged for problem in each.problems)]
    checksum = moves_checksum(move for each in judged for move in (*each.add, *each.remove))
    withheld: list[Move] = []
    if not draft.whole:
        _withhold(judged, withheld)
    problems += _keep_floors(judged, withheld)
    over: tuple[str, ...] = ()
    if not over_budget:
        removals = [move for each in judged for move in each.remove]
        members = {each.drafted.scoped.group.guid: each.drafted.members for each in judged}
        allow = f"{command} --apply --checksum {checksum} --over-budget"
        over = budgets_exceeded(safety.budgets, removals, members, allow)
    if over:
        _withhold(judged, withheld, adds=not adds_over_budget)
    return SweepPlan(
        groups=tuple(each.planned() for each in judged),
        withheld=tuple(withheld),
        over=over,
        pending=_pending(draft, accounts),
        problems=tuple(dict.fromkeys(problems)),
        checksum=checksum,
    )


def moves_checksum(moves: Iterable[Move]) -> str:
    """What stands for these moves: 16 hexadecimal digits, the same in every order."""
    lines = sorted(" ".join(move.key()) for move in moves)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


@dataclass(slots=True)
class _Judged:
    """A drafted group whose accounts are known by now."""

    drafted: DraftGroup
    add: list[Move] = field(default_factory=list)
    remove: list[Move] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def planned(self) -> GroupPlan:
        """The group as it is told."""
        drafted = self.drafted
        return GroupPlan(
            group=drafted.scoped.group,
            mode=drafted.scoped.mode,
            members=len(drafted.members),
            add=tuple(self.add),
            remove=tuple(self.remove),
            unexplained=drafted.unexplained,
            left=(*drafted.left, *self.left),
        )


def _judge(drafted: DraftGroup, accounts: dict[str, Account], safety: Safety) -> _Judged:
    """Who may be added and removed, now that AD has told what these accounts are."""
    judged, group = _Judged(drafted), drafted.scoped.group
    for sid, grant in drafted.add.items():
        account = accounts.get(sid)
        if account is None or account.primary_group == group.sid:
            continue  # not there yet, or a member already
        objection = _why_untouched(account, safety) or _why_foreign(account, group)
        if objection:
            judged.problems.append(
                f"user {grant.user}: account {account.name or sid} {objection}; it is not added to group {group}"
            )
        else:
            judged.add.append(Move(group, sid, add=True, reason=_granted(grant), name=account.name))
    for sid, reason in drafted.remove.items():
        account = accounts.get(sid)
        objection = _why_untouched(account, safety) if account else "is of no domain that is asked"
        if account and not objection and account.primary_group == group.sid:
            objection = "has this group as its primary group"
        if account is None and sid.rpartition("-")[0] == group.sid.rpartition("-")[0]:
            objection = "is not shown by AD"
            judged.problems.append(
                f"group {group}: AD does not show the member {sid}, who stays; let the bind account read it"
            )
        if objection or account is None:
            judged.left.append((sid, objection))
        else:
            judged.remove.append(Move(group, sid, add=False, reason=reason, name=account.name))
    return judged


def _granted(grant: Grant) -> Reason:
    return Reason("granted", grant.package_id, grant.assignment_id, grant.user, grant.since)


def _why_untouched(account: Account, safety: Safety) -> str:
    if not account.user:
        return "is no user account"
    return why_person_is_protected(account, safety.protected_users)


def _why_foreign(account: Account, group: Group) -> str:
    if group.scope in {"domain local", "universal"} or account.sid.rpartition("-")[0] == group.sid.rpartition("-")[0]:
        return ""
    return "is of another domain, of which only domain local and universal groups have members"


def _withhold(judged: list[_Judged], withheld: list[Move], *, adds: bool = False) -> None:
    """Takes the removals out of the groups, and the additions too if so wanted."""
    for each in judged:
        if adds:
            withheld += each.add
            each.add = []
        withheld += each.remove
        each.remove = []


def _keep_floors(judged: list[_Judged], withheld: list[Move]) -> list[str]:
    """Withholds the removals of groups that would fall under their minimum; additions are not counted on."""
    problems = []
    for each in judged:
        scoped, now = each.drafted.scoped, len(each.drafted.members)
        if each.remove and now - len(each.remove) < scoped.least:
            problems.append(
                f"group {scoped.group} has {now} members and must keep {scoped.least}: {len(each.remove)} removals are "
                "not made; lower minimum_members in the environment file if they are right"
            )
            _withhold([each], withheld)
    return problems


def _pending(draft: Draft, accounts: dict[str, Account]) -> tuple[Grant, ...]:
    """The live assignments that give a group to somebody who is not in AD."""
    missing = {
        (package, sid)
        for each in draft.groups
        for sid in each.add
        if sid not in accounts
        for package in each.scoped.packages
    }
    return tuple(
        grant for grant in draft.live if not grant.sid or (grant.package_id.lower(), grant.sid.upper()) in missing
    )
