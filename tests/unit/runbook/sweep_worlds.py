"""Random worlds for a sweep: groups, accounts, assignments, names, rules and everything that may be wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

from runbook.directory import Group
from runbook.group_index import GroupIndex
from runbook.group_name import GroupName, parse_group_name
from runbook.mapping import MappedPackage, Mapping
from runbook.membership import Account, Grant, Members, SweepPlan
from runbook.safety import MODES, Budgets, GroupRule, Limit, Safety
from runbook.sweep_draft import Draft, draft_sweep
from runbook.sweep_plan import plan_sweep
from runbook.sweep_scope import sweep_scope
from tests.unit.runbook.standins import DOMAIN_SID, group
from tests.unit.runbook.sweep_examples import PACKAGE, user_id
from tests.unit.runbook.sweep_oracle import Facts

T = TypeVar("T")
PEOPLE = [f"{DOMAIN_SID}-{5000 + n}" for n in range(5)]
NESTED, ADMINISTRATOR = f"{DOMAIN_SID}-3000", f"{DOMAIN_SID}-500"
STRANGER, NEIGHBOUR = "S-1-5-21-9-9-9-1200", "S-1-5-21-7-7-7-1300"
EVERYBODY = [*PEOPLE, NESTED, ADMINISTRATOR, STRANGER, NEIGHBOUR]
GROUPS = [group(name, 2000 + n) for n, name in enumerate(("Alpha", "Beta", "Gamma", "Delta"))]
TWIN = replace(group("Alpha", 2009), dn="CN=Alpha,OU=Elsewhere,DC=lab,DC=example")
MISSING = ("Graph: assignments: Graph answered 503",)


class _Dice:
    """Chooses at random, the same for the same seed.

    Hypothesis draws only seed and sizes: drawing each of a world's 200 facts takes it 50 times as long.
    """

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - a test

    def one(self, *values: T) -> T:
        return self._random.choice(values)

    def yes(self, one_in: int = 12) -> bool:
        return self._random.randrange(one_in) == 0

    def some(self, values: Sequence[T], most: int | None = None) -> list[T]:
        count = self._random.randint(0, len(values) if most is None else most)
        return self._random.sample(values, count)


@st.composite
def worlds(draw: st.DrawFn) -> Facts:
    """A world of up to three access packages and nine assignments."""
    return world(draw(st.integers(0, 2**32 - 1)), draw(st.integers(1, 3)), draw(st.integers(0, 9)))


def world(seed: int, packages: int, grants: int) -> Facts:
    dice = _Dice(seed)
    found = _groups(dice)
    return Facts(
        mapping=_mapping(dice, packages),
        safety=_safety(dice),
        groups=found,
        members={each.guid: set(dice.some(EVERYBODY)) for each in found},
        nameless={each.guid: dice.one(0, 0, 1, 2) for each in found},
        accounts={sid: _account(dice, sid) for sid in EVERYBODY if sid != STRANGER and not dice.yes()},
        grants=[_grant(dice, number) for number in range(grants)],
        unread={dice.one(*GROUPS).guid} if dice.yes() else set(),
        graph_whole=not dice.yes(6),
        over_budget=dice.yes(6),
        adds_over_budget=dice.yes(2),
    )


def _groups(dice: _Dice) -> list[Group]:
    found = [
        replace(
            each,
            admin_count=dice.yes(),
            cloud_owned=dice.yes(),
            security=not dice.yes(),
            scope=dice.one("global", "universal", "domain local", ""),
        )
        for each in GROUPS
    ]
    return [*found, TWIN] if dice.yes(6) else found


def _name(dice: _Dice) -> GroupName:
    group = dice.one(*GROUPS)
    known = dice.one(group.account, group.account.upper(), group.dn, group.guid.upper(), group.sid)
    return parse_group_name("Gone" if dice.yes(30) else known)


def _mapping(dice: _Dice, packages: int) -> Mapping:
    mapped = []
    for letter in "abc"[:packages]:
        names = {name.comparable: name for name in (_name(dice) for _ in range(dice.one(1, 2, 3)))}
        mapped.append(MappedPackage(PACKAGE[letter], tuple(names.values()), 1, 1, dice.one("", "", *MODES)))
    return Mapping(tuple(mapped), (_name(dice),) if dice.yes(3) else ())


def _safety(dice: _Dice) -> Safety:
    limited = Budgets(_limit(dice), _limit(dice), _limit(dice))
    rules = [GroupRule(_name(dice), dice.one("", *MODES), dice.one(0, 0, 1, 2, 4)) for _ in range(dice.one(0, 0, 1, 2))]
    return Safety(
        protected_groups=(_name(dice),) if dice.yes() else (),
        protected_users=frozenset({dice.one(*PEOPLE)} if dice.yes() else ()),
        mode=dice.one(*MODES),
        budgets=dice.one(Budgets(Limit(), Limit(), Limit()), limited),
        rules=tuple(rules),
        distribution_groups=dice.yes(2),
        locks=((_name(dice), dice.one(*GROUPS).guid),) if dice.yes(4) else (),
    )


def _limit(dice: _Dice) -> Limit:
    count, percent = dice.one(None, None, 0, 1, 2, 3, 4, 6), dice.one(None, None, 0, 10, 34, 50, 100)
    return Limit(count, percent, dice.one(0, 2, 5, 8))


def _account(dice: _Dice, sid: str) -> Account:
    return Account(
        sid,
        f"account{sid.rpartition('-')[2]}",
        user=sid != NESTED and not dice.yes(),
        enabled=dice.yes(2),
        admin_count=dice.yes(),
        primary_group=dice.one(*GROUPS).sid if dice.yes() else f"{DOMAIN_SID}-513",
    )


def _grant(dice: _Dice, number: int) -> Grant:
    """Mostly one user has one account; now and then none, an older one, another's, or one in lower case."""
    who = dice.one(*range(len(PEOPLE)))
    own = PEOPLE[who]
    sid = "" if dice.yes() else dice.one(*EVERYBODY) if dice.yes(8) else own
    return Grant(
        assignment_id=f"grant-{number:02d}",
        package_id=PACKAGE[dice.one(*"abcd")],
        user="" if dice.yes() else user_id(who),
        live=dice.yes(2),
        sid=sid.lower() if dice.yes() else sid,
        copied_sid=dice.one(own, own, "", dice.one(*EVERYBODY)),
        since=dice.one("", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
        until=dice.one("", "2026-03-01T00:00:00Z"),
    )


def drafted(facts: Facts) -> Draft:
    scope = sweep_scope(facts.mapping, facts.safety, GroupIndex(facts.groups, "LAB", facts.safety.locks))
    read = {
        each.guid: Members(frozenset(facts.members[each.guid]), facts.nameless.get(each.guid, 0))
        for each in facts.groups
        if each.guid not in facts.unread
    }
    unread = {each.guid: f"group {each}: AD did not answer" for each in facts.groups if each.guid in facts.unread}
    return draft_sweep(scope, read, unread, facts.grants, () if facts.graph_whole else MISSING)


def planned(facts: Facts) -> SweepPlan:
    """What the runbook's own code plans in this world."""
    draft = drafted(facts)
    return plan_sweep(
        draft,
        {sid: each for sid, each in facts.accounts.items() if sid in draft.sids},
        facts.safety,
        over_budget=facts.over_budget,
        adds_over_budget=facts.adds_over_budget,
    )


def carried_out(facts: Facts, plan: SweepPlan) -> Facts:
    """The world after everything that is planned was written."""
    members = {guid: set(sids) for guid, sids in facts.members.items()}
    for each in plan.groups:
        members[each.group.guid] |= {move.sid for move in each.add}
        members[each.group.guid] -= {move.sid for move in each.remove}
    return replace(facts, members=members)
