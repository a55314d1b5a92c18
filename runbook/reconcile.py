"""What should change for one person: set arithmetic over what Graph, the mapping and AD say.

Nothing here reads or writes anything. The rule above all others: whatever is missing, doubtful or protected becomes a
problem, and with any problem nothing is removed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from runbook.directory import Change, Group, Person, Seen
from runbook.distinguished_name import fold
from runbook.group_index import GroupIndex
from runbook.group_name import GroupName
from runbook.mapping import Mapping
from runbook.protection import why_group_is_protected
from runbook.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write.

    `kept` are groups the person is in and should be in; `withheld` are removals that the problems forbid.
    """

    add: tuple[Change, ...] = ()
    remove: tuple[Change, ...] = ()
    kept: tuple[Group, ...] = ()
    withheld: tuple[Group, ...] = ()
    problems: tuple[str, ...] = ()


def plan(wish: Wanted, mapping: Mapping, seen: Seen, domain: str, protected_groups: tuple[GroupName, ...]) -> Plan:
    """The changes that make the person's managed groups those of the wanted packages.

    `seen.groups` must hold every group that has a name of `wish.resolve` and every group the person is directly in;
    `domain` is the NetBIOS name of the directory's domain.
    """
    person = seen.person
    problems = list(wish.problems)
    index = GroupIndex(seen.groups, domain)
    desired = _desired(wish, mapping, index, problems)
    managed = frozenset(group for package in mapping.packages for name in package.groups for group in index.named(name))
    held = frozenset(group for group in managed if _is_member(person, group))
    touchable = set()
    for group in _sorted(desired | held):
        reason = objection(group, person, protected_groups, leaving=group not in desired)
        if reason:
            problems.append(reason)
        else:
            touchable.add(group)
    leaving = _sorted((held - desired) & touchable)
    return Plan(
        add=tuple(Change(group, add=True) for group in _sorted((desired - held) & touchable)),
        remove=() if problems else tuple(Change(group, add=False) for group in leaving),
        kept=_sorted(desired & held),
        withheld=leaving if problems else (),
        problems=tuple(problems),
    )


def objection(group: Group, person: Person, protected_groups: tuple[GroupName, ...], *, leaving: bool) -> str:
    """The reason why the person's membership of the group may not be touched, or an empty text."""
    reason = why_group_is_protected(group, protected_groups)
    if reason:
        return f"group {group} {reason}; take it out of the mapping"
    if not _same_domain(group.sid, person.sid):
        return f"group {group} is of another domain than the person; take it out of the mapping of this environment"
    if leaving and group.sid == person.primary_group:
        return f"group {group} is the person's primary group; give the person another primary group in AD"
    return ""


def _desired(wish: Wanted, mapping: Mapping, index: GroupIndex, problems: list[str]) -> frozenset[Group]:
    """The groups of the wanted packages. Every name that must be one group and is not becomes a problem."""
    names = {name for package in mapping.packages for name in package.groups}
    for name in sorted(names, key=str):
        doubt = index.doubt(name) if name in wish.resolve or len(index.named(name)) > 1 else ""
        if doubt:
            problems.append(doubt)
    given = {name for p in mapping.packages if p.package_id in wish.packages for name in p.groups}
    return frozenset(group for name in given if len(index.named(name)) == 1 for group in index.named(name))


def _is_member(person: Person, group: Group) -> bool:
    return group.guid in person.member_of or group.sid == person.primary_group


def _same_domain(one_sid: str, other_sid: str) -> bool:
    return one_sid.rpartition("-")[0] == other_sid.rpartition("-")[0]


def _sorted(groups: Iterable[Group]) -> tuple[Group, ...]:
    return tuple(sorted(groups, key=lambda group: (fold(group.account), group.guid)))
