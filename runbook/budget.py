"""Which budgets a set of removals is over, as sentences. Nothing here reads or writes anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from runbook.membership import Members, Move
from runbook.safety import Budgets, Limit

_MOST_TOLD = 5


def budgets_exceeded(
    budgets: Budgets, removals: Sequence[Move], members: dict[str, Members], remedy: str
) -> tuple[str, ...]:
    """A sentence for every budget that the removals are over (of many groups or users, the worst); none is empty.

    `members` are those of all groups that the job looks at, by GUID, as they are now: the percentages are of these (in
    the run all memberships, in a group its members, of a user the groups that the account is in). `remedy` ends each
    sentence: the command that allows it once.
    """
    ending = f"nobody is removed from any group. To allow it once: {remedy}"
    told = [_excess(budgets.run, len(removals), sum(map(len, members.values())), "run", "memberships")]
    names = {move.group.guid: str(move.group) for move in removals}
    told += _worst(
        _excess(budgets.group, count, len(members[guid]), f"group {names[guid]}", "members")
        for guid, count in Counter(move.group.guid for move in removals).most_common()
    )
    accounts = {move.sid: move.name or move.sid for move in removals}
    held = _groups_held(accounts, members.values()) if budgets.user != Limit() else Counter()
    told += _worst(
        _excess(budgets.user, count, held[sid], f"user {accounts[sid]}", "managed groups")
        for sid, count in Counter(move.sid for move in removals).most_common()
    )
    return tuple(f"{each}; {ending}" for each in told if each)


def _excess(limit: Limit, taken: int, held: int, whose: str, what: str) -> str:
    """By how much `taken` of `held` is over the limit, or an empty text."""
    bounds = []
    if limit.count is not None:
        bounds.append((limit.count, f"{limit.count}"))
    if limit.percent is not None:
        most = max(held, limit.minimum) * limit.percent // 100
        bounds.append((most, f"{most} ({limit.percent} %{f' of {limit.minimum}' if held < limit.minimum else ''})"))
    if not bounds or taken <= min(bounds)[0]:
        return ""
    return f"budget of the {whose}: {taken} of {held} {what} would go, at most {min(bounds)[1]} may"


def _worst(excesses: Iterable[str]) -> list[str]:
    """The first of them, and how many more there are."""
    told = [each for each in excesses if each]
    more = len(told) - _MOST_TOLD
    return [*told[:_MOST_TOLD], f"and {more} more like this one"] if more > 0 else told


def _groups_held(accounts: Iterable[str], groups: Iterable[Members]) -> Counter[str]:
    """How many of the groups each account is in."""
    asked = frozenset(accounts)
    return Counter(sid for members in groups for sid in asked & members.sids)
