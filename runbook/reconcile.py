"""What should change for one person: set arithmetic over what Graph, the mapping and AD say.

Nothing here reads or writes anything. The rule above all others: whatever is missing, doubtful or protected becomes a
problem, and with any problem nothing is removed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from runbook.directory import Change, Group, Person, Seen
from runbook.distinguished_name import fold
from runbook.group_index import GroupIndex
from runbook.mapping import Mapping
from runbook.membership import Reason
from runbook.protection import why_group_is_protected
from runbook.safety import Safety
from runbook.sweep_mode import doubtful_rules, given_and_retired, mode_of
from runbook.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write.

    `kept` are groups the person is in and should be in; `withheld` are removals that are not made, because of problems.
    `stays` are memberships that should end by the assignments alone, and that the group's mode leaves, each with the
    reason in words. `reasons` says why each change is made, by the GUID of its group.
    """

    add: tuple[Change, ...] = ()
    remove: tuple[Change, ...] = ()
    kept: tuple[Group, ...] = ()
    withheld: tuple[Group, ...] = ()
    problems: tuple[str, ...] = ()
    stays: tuple[tuple[Group, str], ...] = ()
    reasons: dict[str, Reason] = field(default_factory=dict)


def plan(wish: Wanted, mapping: Mapping, seen: Seen, domain: str, safety: Safety) -> Plan:
    """The changes that make the person's managed groups those of the wanted packages, as far as the modes let go.

    `seen.groups` must hold every group that has a name of `wish.resolve` or of `names_of_rules`, and every group the
    person is directly in; `domain` is the NetBIOS name of the directory's domain.
    """
    person = seen.person
    problems = list(wish.problems)
    index = GroupIndex(seen.groups, domain, safety.locks)
    desired = _desired(wish, mapping, index, problems)
    given = _given(mapping, index)
    held = frozenset(group for group in given if _is_member(person, group))
    stays = {group: _why_it_stays(mode_of(group, mapping, safety, index), given[group], wish) for group in held}
    leaving = frozenset(group for group in held - desired if not stays[group])
    retired = frozenset(group for name in mapping.retired for group in index.named(name))
    touchable = set()
    for group in _sorted(desired | held):
        reason = (
            given_and_retired(group) if group in retired else objection(group, person, safety, leaving=group in leaving)
        )
        if reason:
            problems.append(reason)
        else:
            touchable.add(group)
    add, remove = _sorted((desired - held) & touchable), _sorted(leaving & touchable)
    if remove:
        problems += doubtful_rules(mapping, safety, index)
    return Plan(
        add=tuple(Change(group, add=True) for group in add),
        remove=() if problems else tuple(Change(group, add=False) for group in remove),
        kept=_sorted(desired & held),
        withheld=remove if problems else (),
        problems=tuple(problems),
        stays=tuple((group, stays[group]) for group in _sorted(held - desired - leaving)),
        reasons={group.guid: _reason(given[group], wish, add=group in desired) for group in (*add, *remove)},
    )


def _given(mapping: Mapping, index: GroupIndex) -> dict[Group, list[str]]:
    """Every managed group with the access packages that give it."""
    given: dict[Group, list[str]] = {}
    for package in mapping.packages:
        for group in {group for name in package.groups for group in index.named(name)}:
            given.setdefault(group, []).append(package.package_id)
    return given


def _why_it_stays(mode: str, packages: list[str], wish: Wanted) -> str:
    """Why somebody without a live assignment for the group stays in it, or an empty text."""
    ended = not wish.over.isdisjoint(packages)
    if mode == "authoritative" or (mode == "managed" and ended):
        return ""
    return f"{'its assignment has ended' if ended else 'no assignment explains it'} (mode {mode})"


def _reason(packages: list[str], wish: Wanted, *, add: bool) -> Reason:
    kind, named = ("granted", wish.packages) if add else ("over", wish.over)
    package = next((package for package in packages if package in named), "")
    return Reason(kind if package else "unexplained", package, wish.assignments.get(package, ""))


def objection(group: Group, person: Person, safety: Safety, *, leaving: bool) -> str:
    """The reason why the person's membership of the group may not be touched, or an empty text."""
    reason = why_group_is_protected(group, safety)
    if reason:
        return f"group {group} {reason}; take it out of the mapping"
    if not _same_domain(group.sid, person.sid) and group.scope not in {"domain local", "universal"}:
        kind = f"{group.scope} group" if group.scope else "group"
        return f"{kind} {group} is of another domain than the person and takes no members of it; map a domain local one"
    if leaving and group.sid == person.primary_group:
        return f"group {group} is the person's primary group; give the person another primary group in AD"
    return ""


def _desired(wish: Wanted, mapping: Mapping, index: GroupIndex, problems: list[str]) -> frozenset[Group]:
    """The groups of the wanted packages. Every name that must be one group and is not becomes a problem."""
    names = {name for package in mapping.packages for name in package.groups}
    for name in sorted(names, key=str):
        doubt = index.doubt(name) if name in wish.resolve or index.named(name) else ""
        if doubt:
            problems.append(doubt)
    given = {name for p in mapping.packages if p.package_id in wish.packages for name in p.groups}
    return frozenset(group for name in given if not index.doubt(name) for group in index.named(name))


def _is_member(person: Person, group: Group) -> bool:
    return group.guid in person.member_of or group.sid == person.primary_group


def _same_domain(one_sid: str, other_sid: str) -> bool:
    return one_sid.rpartition("-")[0] == other_sid.rpartition("-")[0]


def _sorted(groups: Iterable[Group]) -> tuple[Group, ...]:
    return tuple(sorted(groups, key=lambda group: (fold(group.account), group.guid)))
