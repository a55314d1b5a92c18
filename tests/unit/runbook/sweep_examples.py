"""Short ways to write down a world for the tests of a sweep's planning."""

from __future__ import annotations

from collections.abc import Iterable

from runbook.directory import Group
from runbook.group_index import GroupIndex
from runbook.group_name import parse_group_name
from runbook.mapping import MappedPackage, Mapping
from runbook.membership import Account, Grant, GroupPlan, Members, Move, SweepPlan
from runbook.safety import Budgets, GroupRule, Limit, Safety
from runbook.sweep_draft import Draft, draft_sweep
from runbook.sweep_plan import plan_sweep
from runbook.sweep_scope import sweep_scope
from tests.unit.runbook.standins import DOMAIN_SID, group

PACKAGE = {letter: f"77777777-7777-4777-8777-77777777770{letter}" for letter in "abcdef"}
NO_BUDGETS = Budgets(Limit(), Limit(), Limit())
TEAM, OTHER = group("Team", 2000), group("Other", 2001)


def sid(rid: int) -> str:
    return f"{DOMAIN_SID}-{rid}"


def user_id(number: int) -> str:
    return f"66666666-6666-4666-8666-{number:012d}"


ANN, BEN, CEM, DEA = (sid(5000 + number) for number in range(4))
_NAMES = {ANN: "ann", BEN: "ben", CEM: "cem", DEA: "dea"}


def account(who: str, **facts: object) -> Account:
    """A user account in AD, called by its short name if it has one."""
    return Account(who, _NAMES.get(who, who.rpartition("-")[2]), **facts)  # type: ignore[arg-type]


def grant(who: str, package: str = "a", *, live: bool = True, number: str = "1", **facts: str) -> Grant:
    """An assignment whose user's id follows from the account's RID."""
    rid = int(who.rpartition("-")[2]) if who else 0
    facts = {"user": user_id(rid), "sid": who, **facts}
    return Grant(f"grant-{number}", PACKAGE[package], live=live, **facts)


def mapping(*, retired: Iterable[str] = (), modes: str = "", **packages: list[str]) -> Mapping:
    """The packages by their letter; `modes` is like `a:managed b:additive`."""
    chosen = dict(each.split(":") for each in modes.split())
    return Mapping(
        tuple(
            MappedPackage(PACKAGE[letter], tuple(map(parse_group_name, names)), 1, 1, chosen.get(letter, ""))
            for letter, names in packages.items()
        ),
        tuple(map(parse_group_name, retired)),
    )


def rule(name: str, mode: str = "", least: int = 0) -> GroupRule:
    return GroupRule(parse_group_name(name), mode, least)


def safety(mode: str = "authoritative", *rules: GroupRule, **facts: object) -> Safety:
    return Safety(**{"mode": mode, "rules": rules, "budgets": NO_BUDGETS, **facts})  # type: ignore[arg-type]


class World:
    """What a sweep reads: AD's groups with their members (groups without are not readable), accounts, assignments."""

    def __init__(self, packages: Mapping, members: dict[Group, Iterable[str]], *grants: Grant) -> None:
        self.mapping = packages
        self.members = {each.guid: Members(frozenset(sids)) for each, sids in members.items()}
        self.groups = set(members)
        self.grants = grants
        self.safety = safety()
        self.accounts = {who: account(who) for who in (ANN, BEN, CEM, DEA)}
        self.unread: dict[str, str] = {}
        self.missing: tuple[str, ...] = ()

    def draft(self) -> Draft:
        scope = sweep_scope(self.mapping, self.safety, GroupIndex(self.groups, "LAB", self.safety.locks))
        read = {guid: members for guid, members in self.members.items() if guid not in self.unread}
        return draft_sweep(scope, read, self.unread, self.grants, self.missing)

    def plan(self, *, over_budget: bool = False, adds_over_budget: bool = False) -> SweepPlan:
        draft = self.draft()
        known = {who: each for who, each in self.accounts.items() if who in draft.sids}
        return plan_sweep(draft, known, self.safety, over_budget=over_budget, adds_over_budget=adds_over_budget)


def told(plan: SweepPlan) -> list[str]:
    """The moves of a plan, like `Team +ann`."""
    return [word for each in plan.groups for word in words((*each.add, *each.remove))]


def words(moves: Iterable[Move]) -> list[str]:
    return [f"{move.group} {'+' if move.add else '-'}{move.name}" for move in moves]


def only(plan: SweepPlan) -> GroupPlan:
    (each,) = plan.groups
    return each
