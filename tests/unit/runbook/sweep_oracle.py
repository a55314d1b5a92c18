"""What a sweep must do, said a second time: membership by membership, slowly, from docs/safety.md alone.

Nothing of the runbook is imported but its nouns. `TABLE` is the table `Modes` of the document, word for word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from runbook.directory import Group
from runbook.group_name import GroupName
from runbook.mapping import Mapping
from runbook.membership import Account, Grant
from runbook.safety import Limit, Safety

MILDEST_FIRST = ("additive", "managed", "authoritative")
MISSING = "is no member, and a live assignment gives the group"
EXPLAINED = "is a member, and a live assignment gives the group"
ENDED = "is a member, had an assignment that gave the group, and none is live"
BY_HAND = "is a member, and never had an assignment that gives the group"
NO_USER = "is a group, a computer, a contact, or of a domain that is not asked"
PROTECTED = "is protected, or has the group as its primary group"
DISPUTED = "is two users' in Entra at once"
UNADDABLE = "has a live assignment, but is protected or no user account"
NOT_THERE = "has a live assignment, and is not in AD yet"

TABLE = {
    MISSING: ("is added", "is added", "is added"),
    EXPLAINED: ("stays", "stays", "stays"),
    ENDED: ("stays, listed", "**is removed**", "**is removed**"),
    BY_HAND: ("stays, listed", "stays, listed", "**is removed**"),
    NO_USER: ("stays", "stays", "stays"),
    PROTECTED: ("stays", "stays", "stays"),
    DISPUTED: ("neither added nor removed; a problem", "as left", "as left"),
    UNADDABLE: ("not added; a problem", "as left", "as left"),
    NOT_THERE: ("pending: the next sweep adds it", "as left", "as left"),
}


@dataclass
class Facts:
    """Everything that there is in AD and Entra, and what is wrong with reading it."""

    mapping: Mapping
    safety: Safety
    groups: list[Group]
    members: dict[str, set[str]]
    nameless: dict[str, int]
    accounts: dict[str, Account]
    grants: list[Grant]
    unread: set[str] = field(default_factory=set)
    graph_whole: bool = True
    over_budget: bool = False
    adds_over_budget: bool = False


@dataclass
class Verdict:
    """What must happen, as pairs of a group's GUID and a SID; `swept` are the groups that are looked at."""

    swept: set[str] = field(default_factory=set)
    add: set[tuple[str, str]] = field(default_factory=set)
    remove: set[tuple[str, str]] = field(default_factory=set)
    withheld_add: set[tuple[str, str]] = field(default_factory=set)
    withheld_remove: set[tuple[str, str]] = field(default_factory=set)
    stays: set[tuple[str, str]] = field(default_factory=set)
    pending: set[str] = field(default_factory=set)
    troubled: set[str] = field(default_factory=set)
    over: set[str] = field(default_factory=set)


def judge(facts: Facts) -> Verdict:
    """The whole sweep."""
    verdict = Verdict()
    for group in facts.groups:
        if not _is_managed(facts, group) and not _is_retired(facts, group):
            continue
        if is_left_alone(facts, group):
            certain = any(means(facts, name, group) and not is_doubtful(facts, name) for name in _mapped(facts))
            verdict.troubled |= {group.account} if certain else set()  # otherwise its name is told, see _judge_names
            continue
        verdict.swept.add(group.guid)
        for sid in _everybody(facts):
            _judge_membership(facts, group, sid, verdict)
    _judge_names(facts, verdict)
    verdict.pending = {grant.assignment_id for grant in facts.grants if _is_pending(facts, grant, verdict.swept)}
    verdict.troubled |= {sid for sid in _everybody(facts) if is_disputed(facts, sid)}
    _hold_back(facts, verdict)
    return verdict


def _judge_membership(facts: Facts, group: Group, sid: str, verdict: Verdict) -> None:
    row = row_of(facts, group, sid)
    if row is None:
        return
    cells = TABLE[row]
    cell = cells[MILDEST_FIRST.index(mode_of_group(facts, group))]
    pair = (group.guid, sid)
    if (cells[0] if cell == "as left" else cell) == "is added":
        verdict.add.add(pair)
    elif cell == "**is removed**":
        verdict.remove.add(pair)
    elif row not in {EXPLAINED, UNADDABLE, NOT_THERE} and sid in facts.members[group.guid]:
        verdict.stays.add(pair)
        if row == NO_USER and _is_hidden(facts, group, sid):
            verdict.troubled.add(sid)
    elif row == UNADDABLE:
        verdict.troubled.add(facts.accounts[sid].name)


def _is_hidden(facts: Facts, group: Group, sid: str) -> bool:
    """Whether somebody of the group's own domain would have to leave, whom AD does not show."""
    cells = TABLE[ENDED if _has_ended(facts, group, sid) else BY_HAND]
    leaves = cells[MILDEST_FIRST.index(mode_of_group(facts, group))]
    return sid not in facts.accounts and _domain(sid) == _domain(group.sid) and leaves == "**is removed**"


def row_of(facts: Facts, group: Group, sid: str) -> str | None:  # noqa: PLR0911 - row by row
    """Which row of the table the account is in; None when it has nothing to do with the group."""
    member = sid in facts.members[group.guid]
    account = facts.accounts.get(sid)
    if member and _is_explained(facts, group, sid):
        return EXPLAINED
    if not member and not _is_to_be_added(facts, group, sid):
        return None
    if is_disputed(facts, sid):
        return DISPUTED
    if not member:
        if account is None:
            return NOT_THERE
        if account.primary_group == group.sid:
            return None
        foreign = _domain(sid) != _domain(group.sid) and group.scope not in {"domain local", "universal"}
        return UNADDABLE if not account.user or is_protected(facts, account) or foreign else MISSING
    if account is None or not account.user:
        return NO_USER
    if is_protected(facts, account) or account.primary_group == group.sid:
        return PROTECTED
    return ENDED if _has_ended(facts, group, sid) else BY_HAND


def _hold_back(facts: Facts, verdict: Verdict) -> None:
    """Withholds what is not to be done: something was not read whole, a minimum, a budget; in this order."""
    if not facts.graph_whole or _doubtful_rules(facts):
        verdict.withheld_remove, verdict.remove = verdict.remove, set()
    for group in facts.groups:
        going = {pair for pair in verdict.remove if pair[0] == group.guid}
        if going and _size(facts, group.guid) - len(going) < _minimum(facts, group):
            verdict.remove -= going
            verdict.withheld_remove |= going
            verdict.troubled.add(group.account)
    if facts.over_budget:
        return
    verdict.over = set(_budgets_over(facts, verdict))
    if verdict.over:
        verdict.withheld_remove |= verdict.remove
        verdict.remove = set()
        if not facts.adds_over_budget:
            verdict.withheld_add, verdict.add = verdict.add, set()


def _budgets_over(facts: Facts, verdict: Verdict) -> Iterator[str]:
    budgets = facts.safety.budgets
    if _is_over(budgets.run, len(verdict.remove), sum(_size(facts, guid) for guid in verdict.swept)):
        yield "run"
    for guid in verdict.swept:
        if _is_over(budgets.group, sum(1 for each, _ in verdict.remove if each == guid), _size(facts, guid)):
            yield "group"
    for sid in _everybody(facts):
        held = sum(1 for guid in verdict.swept if sid in facts.members[guid])
        if _is_over(budgets.user, sum(1 for _, each in verdict.remove if each == sid), held):
            yield "user"


def _is_over(limit: Limit, taken: int, held: int) -> bool:
    if taken == 0:
        return False
    if limit.count is not None and taken > limit.count:
        return True
    if limit.percent is None:
        return False
    return Fraction(taken, max(limit.minimum, held)) > Fraction(limit.percent, 100)


# groups


def is_left_alone(facts: Facts, group: Group) -> bool:
    """Whether the group is left alone."""
    return (
        group.guid in facts.unread
        or (_is_managed(facts, group) and _is_retired(facts, group))
        or group.cloud_owned
        or group.admin_count
        or _is_of_windows(group.sid)
        or any(means(facts, name, group) for name in facts.safety.protected_groups)
        or (not group.security and not facts.safety.distribution_groups)
        or any(
            is_doubtful(facts, name) and (means(facts, name, group) or _lock(facts, name) == group.guid)
            for name in _mapped(facts)
        )
    )


def mode_of_group(facts: Facts, group: Group) -> str:
    rules = [rule for rule in facts.safety.rules if means(facts, rule.name, group)]
    own = [rule.mode for rule in rules if rule.mode]
    if _is_retired(facts, group):
        return "additive" if "additive" in own else "authoritative"
    modes = own or [
        package.mode or facts.safety.mode
        for package in facts.mapping.packages
        if any(means(facts, name, group) for name in package.groups)
    ]
    return next(mode for mode in MILDEST_FIRST if mode in modes)


def is_doubtful(facts: Facts, name: GroupName) -> bool:
    hits = [group for group in facts.groups if means(facts, name, group)]
    return len(hits) != 1 or _lock(facts, name) not in {"", hits[0].guid}


def means(facts: Facts, name: GroupName, group: Group) -> bool:
    """All groups and names of these worlds are of one domain."""
    assert facts
    spelled = {"account": group.account, "dn": group.dn, "guid": group.guid, "sid": group.sid}[name.form]
    return spelled.casefold() == name.key.casefold()


def _lock(facts: Facts, name: GroupName) -> str:
    return next((guid for each, guid in facts.safety.locks if (each.form, each.key) == (name.form, name.key)), "")


def _mapped(facts: Facts) -> list[GroupName]:
    return [*(name for package in facts.mapping.packages for name in package.groups), *facts.mapping.retired]


def _doubtful_rules(facts: Facts) -> bool:
    known = {(name.form, name.key) for name in _mapped(facts)}
    names = [rule.name for rule in facts.safety.rules]
    return any(is_doubtful(facts, name) and (name.form, name.key) not in known for name in names)


def _judge_names(facts: Facts, verdict: Verdict) -> None:
    names = [*_mapped(facts), *([rule.name for rule in facts.safety.rules] if _doubtful_rules(facts) else [])]
    verdict.troubled |= {str(name) for name in names if is_doubtful(facts, name)}


def _is_managed(facts: Facts, group: Group) -> bool:
    return any(means(facts, name, group) for package in facts.mapping.packages for name in package.groups)


def _is_retired(facts: Facts, group: Group) -> bool:
    return any(means(facts, name, group) for name in facts.mapping.retired)


def _minimum(facts: Facts, group: Group) -> int:
    return max([rule.least for rule in facts.safety.rules if means(facts, rule.name, group)], default=0)


def _size(facts: Facts, guid: str) -> int:
    return len(facts.members[guid]) + facts.nameless.get(guid, 0)


# people


def _everybody(facts: Facts) -> set[str]:
    named = {sid for grant in facts.grants for sid in (grant.sid.upper(), grant.copied_sid.upper()) if sid}
    return named.union(*facts.members.values())


def _grants_of(facts: Facts, group: Group) -> list[Grant]:
    giving = {
        package.package_id
        for package in facts.mapping.packages
        if any(means(facts, name, group) for name in package.groups)
    }
    return [grant for grant in facts.grants if grant.package_id in giving]


def _is_explained(facts: Facts, group: Group, sid: str) -> bool:
    return any(
        grant.live and sid in {grant.sid.upper(), grant.copied_sid.upper()} for grant in _grants_of(facts, group)
    )


def _is_to_be_added(facts: Facts, group: Group, sid: str) -> bool:
    return any(grant.live and sid == grant.sid.upper() for grant in _grants_of(facts, group))


def _has_ended(facts: Facts, group: Group, sid: str) -> bool:
    return any(
        not grant.live and sid in {grant.sid.upper(), grant.copied_sid.upper()} for grant in _grants_of(facts, group)
    )


def _is_pending(facts: Facts, grant: Grant, swept: set[str]) -> bool:
    """A live assignment waits when it gives a group that is looked at, and nobody in AD is there to have it."""
    for group in facts.groups:
        if group.guid in swept and grant.live and grant in _grants_of(facts, group):
            if not grant.sid:
                return True
            sid = grant.sid.upper()
            if not is_disputed(facts, sid) and sid not in facts.accounts and sid not in facts.members[group.guid]:
                return True
    return False


def is_disputed(facts: Facts, sid: str) -> bool:
    return len({grant.user.lower() for grant in facts.grants if grant.user and grant.sid.upper() == sid}) > 1


def is_protected(facts: Facts, account: Account) -> bool:
    return account.admin_count or account.sid in facts.safety.protected_users or _is_of_windows(account.sid)


def _is_of_windows(sid: str) -> bool:
    return sid.startswith("S-1-5-32-") or int(sid.rsplit("-", maxsplit=1)[-1]) < 1000


def _domain(sid: str) -> str:
    return sid[: sid.rindex("-")]
