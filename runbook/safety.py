"""What may be taken away and what never: section `safety` of the settings -> a frozen Safety.

Nothing here reads or writes anything.
"""

from __future__ import annotations

from dataclasses import dataclass

from runbook.fields import Fields
from runbook.group_name import SID, GroupName, GroupNameInvalid, parse_group_name

MODES = ("additive", "managed", "authoritative")
"""Who leaves a managed group, the mildest first: nobody; who has an assignment that is over; who has no live one."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How many memberships may be taken away: at most `count`, and at most `percent` of those that there are.

    None is no limit. Where there are fewer than `minimum` memberships, the percentage is of `minimum`: so many may
    always go, and a list that comes back empty takes no more than that from small groups, too.
    """

    count: int | None = None
    percent: int | None = None
    minimum: int = 0


@dataclass(frozen=True, slots=True)
class Budgets:
    """The limits of removals: in one run, in one group, of one user."""

    run: Limit = Limit(count=500, percent=10, minimum=50)
    group: Limit = Limit(percent=25, minimum=20)
    user: Limit = Limit()


@dataclass(frozen=True, slots=True)
class GroupRule:
    """What holds for one group: a `mode` of its own or empty, and how many members it must always keep."""

    name: GroupName
    mode: str = ""
    least: int = 0


@dataclass(frozen=True, slots=True)
class Safety:
    """Everything that limits what a job takes away.

    `protected_users` are SIDs in upper case. `distribution_groups` says whether groups that are no security groups may
    be changed. `locks` pins a group's name in the mapping to the GUID (in lower case) of the group that was meant.
    """

    protected_groups: tuple[GroupName, ...] = ()
    protected_users: frozenset[str] = frozenset()
    mode: str = "authoritative"
    budgets: Budgets = Budgets()
    rules: tuple[GroupRule, ...] = ()
    distribution_groups: bool = False
    locks: tuple[tuple[GroupName, str], ...] = ()


def read_safety(fields: Fields) -> Safety:
    """The section; what only newer versions of Lockstep write may be absent, and then has its default.

    Raises:
        Failed: a key is missing or malformed.
    """
    return Safety(
        protected_groups=tuple(_group(fields, "protected_groups", text) for text in fields.texts("protected_groups")),
        protected_users=frozenset(_sid(fields, text) for text in fields.texts("protected_users")),
        mode=_mode(fields, needed="mode" in fields.values) or "authoritative",
        budgets=_budgets(fields.inner("budgets")) if "budgets" in fields.values else Budgets(),
        rules=tuple(_rule(each) for each in fields.inners("groups")) if "groups" in fields.values else (),
        distribution_groups=fields.flag("distribution_groups"),
        locks=tuple(_lock(each) for each in fields.inners("locks")) if "locks" in fields.values else (),
    )


def _budgets(fields: Fields) -> Budgets:
    return Budgets(_limit(fields.inner("run")), _limit(fields.inner("group")), _limit(fields.inner("user")))


def _limit(fields: Fields) -> Limit:
    def number(key: str) -> int | None:
        return None if fields.values.get(key) is None else fields.count(key)

    return Limit(number("count"), number("percent"), number("minimum") or 0)


def _rule(fields: Fields) -> GroupRule:
    least = fields.count("minimum_members") if fields.values.get("minimum_members") is not None else 0
    return GroupRule(_group(fields, "group", fields.text("group")), _mode(fields, needed=False), least)


def _lock(fields: Fields) -> tuple[GroupName, str]:
    return _group(fields, "group", fields.text("group")), fields.guid("guid")


def _mode(fields: Fields, *, needed: bool) -> str:
    mode = fields.text("mode", needed=needed)
    if mode and mode not in MODES:
        fields.refuse("mode", f"'{mode}' is not one of {', '.join(MODES)}")
    return mode


def _group(fields: Fields, key: str, text: str) -> GroupName:
    try:
        return parse_group_name(text)
    except GroupNameInvalid as error:
        fields.refuse(key, str(error))


def _sid(fields: Fields, text: str) -> str:
    if not SID.fullmatch(text):
        fields.refuse("protected_users", f"'{text}' is not a SID")
    return text.upper()
