"""What should change for one person: set arithmetic over what Graph, the mapping and AD say.

Nothing here reads or writes anything. The rule above all others: whatever is missing, doubtful or protected becomes a
problem, and with any problem nothing is removed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from runbook.directory import Change, Group, Person, Seen
from runbook.distinguished_name import fold
from runbook.entitlement import Assignments
from runbook.envelope import Envelope
from runbook.group_name import GroupName
from runbook.mapping import Mapping
from runbook.protection import why_group_is_protected


@dataclass(frozen=True, slots=True)
class Wanted:
    """What Entra says.

    `packages` are the access packages the person should have; `resolve` are the names of all groups that must be found
    in AD before anything is removed; `problems` are reasons to remove nothing; `complete` says that every page of the
    list arrived; `note` is for the person reading.
    """

    packages: frozenset[str]
    resolve: frozenset[GroupName]
    problems: tuple[str, ...] = ()
    complete: bool = True
    note: str = ""


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


def wanted(envelope: Envelope, assignments: Assignments, mapping: Mapping) -> Wanted:
    """The access packages the person should have, by the list of assignments and by the callout's own word.

    The list may lag behind the callout: a granted package counts although it is not listed yet, a removed one does not
    although it is still listed. A granted callout whose own assignment is listed as expired is stale. A list that is
    not whole counts as far as it goes: enough to give, never enough to take away.
    """
    problems = [assignments.problem] if assignments.problem else []
    note = ""
    live = {row.package_id for row in assignments.rows if row.live() and not _just_removed(envelope, row.assignment_id)}
    if envelope.event == "removed" and not envelope.assignment:
        live.discard(envelope.access_package)
    if envelope.event == "granted":
        if _expired(envelope, assignments):
            note = "the granted assignment has expired since"
        else:
            live.add(envelope.access_package)
    own = mapping.package(envelope.access_package)
    if own is None:
        problems.append(
            f"access package {envelope.access_package} is not in the mapping; add it, or unbind the custom extension"
        )
    resolve = {name for package in mapping.packages if package.package_id in live for name in package.groups}
    return Wanted(
        packages=frozenset(live),
        resolve=frozenset(resolve.union(own.groups if own else ())),
        problems=tuple(problems),
        complete=not assignments.problem,
        note=note,
    )


def plan(wish: Wanted, mapping: Mapping, seen: Seen, domain: str, protected_groups: tuple[GroupName, ...]) -> Plan:
    """The changes that make the person's managed groups those of the wanted packages.

    `seen.groups` must hold every group that has a name of `wish.resolve` and every group the person is directly in;
    `domain` is the NetBIOS name of the directory's domain.
    """
    person = seen.person
    problems = list(wish.problems)
    index = _Index(seen.groups, domain)
    desired = _desired(wish, mapping, index, problems)
    managed = frozenset(group for package in mapping.packages for name in package.groups for group in index.named(name))
    held = frozenset(group for group in managed if _is_member(person, group))
    touchable = set()
    for group in _sorted(desired | held):
        objection = _objection(group, person, protected_groups, leaving=group not in desired)
        if objection:
            problems.append(objection)
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


class _Index:
    """The groups found in AD, by every name they have."""

    def __init__(self, found: tuple[Group, ...], domain: str) -> None:
        self._domain = fold(domain)
        self._groups: dict[tuple[str, str], set[Group]] = {}
        for group in found:
            for key in group.names():
                self._groups.setdefault(key, set()).add(group)

    def foreign(self, name: GroupName) -> bool:
        """Whether the name is of another domain."""
        return name.domain not in {"", self._domain}

    def named(self, name: GroupName) -> set[Group]:
        """The groups with that name."""
        return set() if self.foreign(name) else self._groups.get((name.form, name.key), set())


def _just_removed(envelope: Envelope, assignment_id: str) -> bool:
    return envelope.event == "removed" and assignment_id == envelope.assignment


def _expired(envelope: Envelope, assignments: Assignments) -> bool:
    own = [row for row in assignments.rows if row.assignment_id == envelope.assignment]
    return any(row.state == "expired" for row in own)


def _desired(wish: Wanted, mapping: Mapping, index: _Index, problems: list[str]) -> frozenset[Group]:
    """The groups of the wanted packages. Every name that must be one group and is not becomes a problem."""
    names = {name for package in mapping.packages for name in package.groups}
    for name in sorted(names, key=str):
        hits = len(index.named(name))
        if hits > 1:
            problems.append(f"group '{name}' fits {hits} groups in AD; name it by its SID or GUID in the mapping")
        elif name in wish.resolve and index.foreign(name):
            problems.append(f"group '{name}' is of another domain; take it out of the mapping of this environment")
        elif name in wish.resolve and not hits:
            problems.append(f"group '{name}' does not exist in AD; correct the mapping or create the group")
    given = {name for p in mapping.packages if p.package_id in wish.packages for name in p.groups}
    return frozenset(group for name in given if len(index.named(name)) == 1 for group in index.named(name))


def _is_member(person: Person, group: Group) -> bool:
    return group.guid in person.member_of or group.sid == person.primary_group


def _objection(group: Group, person: Person, protected_groups: tuple[GroupName, ...], *, leaving: bool) -> str:
    """The reason why the person's membership of the group may not be touched, or an empty text."""
    reason = why_group_is_protected(group, protected_groups)
    if reason:
        return f"group {group} {reason}; take it out of the mapping"
    if not _same_domain(group.sid, person.sid):
        return f"group {group} is of another domain than the person; take it out of the mapping of this environment"
    if leaving and group.sid == person.primary_group:
        return f"group {group} is the person's primary group; give the person another primary group in AD"
    return ""


def _same_domain(one_sid: str, other_sid: str) -> bool:
    return one_sid.rpartition("-")[0] == other_sid.rpartition("-")[0]


def _sorted(groups: Iterable[Group]) -> tuple[Group, ...]:
    return tuple(sorted(groups, key=lambda group: (fold(group.account), group.guid)))
