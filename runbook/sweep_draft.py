"""The first half of planning a sweep: who is missing in each group and who has no business there, by SID alone.

Nothing here reads or writes anything, and nothing is kept for a membership that does not change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from runbook.membership import Grant, Members, Reason
from runbook.sweep_scope import Scope, ScopedGroup

_UNEXPLAINED = Reason("unexplained")
_RETIRED = Reason("retired")


@dataclass(frozen=True, slots=True)
class DraftGroup:
    """What one group lacks and has too much, before anybody asked who these accounts are.

    `add` has the assignment that gives the membership, `remove` why it goes, each by SID, sorted. `unexplained` are
    members that stay because of the mode, `left` those that stay for a reason in words.
    """

    scoped: ScopedGroup
    members: Members
    add: dict[str, Grant]
    remove: dict[str, Reason]
    unexplained: tuple[str, ...] = ()
    left: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """What would change in all groups whose members were read.

    `sids` are the accounts that AD must be asked about before it can be planned. `live` are the live assignments of
    the packages that give these groups. `whole`: nothing was missing that could explain a membership; otherwise nobody
    is removed.
    """

    groups: tuple[DraftGroup, ...]
    sids: frozenset[str]
    whole: bool
    live: tuple[Grant, ...] = ()
    problems: tuple[str, ...] = ()


def draft_sweep(
    scope: Scope,
    members: dict[str, Members],
    unread: dict[str, str],
    grants: Iterable[Grant],
    graph_problems: tuple[str, ...],
) -> Draft:
    """Who is missing in each group, and who has no business there.

    `members` and `unread` are by the group's GUID: a group is in exactly one of them, `unread` has the sentence why its
    members could not be read, and the group is then left alone. `grants` are all assignments of the mapped access
    packages, live and over; `graph_problems` are sentences why some of them, or the SIDs of some users, may be missing.
    """
    read = [each for each in scope.groups if each.group.guid in members]
    needed = {package for each in read for package in each.packages}
    held = _Held({package: _HeldPackage() for package in needed})
    for grant in grants:
        held.note(grant)
    groups = tuple(_draft_group(each, members[each.group.guid], held) for each in read)
    return Draft(
        groups=groups,
        sids=frozenset(sid for each in groups for sid in (*each.add, *each.remove)),
        whole=not graph_problems and not scope.doubts,
        live=tuple(held.live),
        problems=(
            *scope.doubts,
            *graph_problems,
            *scope.problems,
            *(
                unread.get(each.group.guid, f"group {each.group}: its members were not read; it is left alone")
                for each in scope.groups
                if each.group.guid not in members
            ),
            *held.disputes(),
        ),
    )


@dataclass(slots=True)
class _HeldPackage:
    """Who has one access package, by SID: whom it gives the groups, who else may stay, and for whom it is over."""

    gives: dict[str, Grant] = field(default_factory=dict)
    copied: set[str] = field(default_factory=set)
    over: dict[str, Grant] = field(default_factory=dict)


@dataclass(slots=True)
class _Held:
    """All assignments of the packages in question; `live` are those that count, in the order in which they came."""

    packages: dict[str, _HeldPackage]
    live: list[Grant] = field(default_factory=list)
    disputed: dict[str, set[str]] = field(default_factory=dict)
    _users: dict[str, str] = field(default_factory=dict)

    def note(self, grant: Grant) -> None:
        """Takes one assignment in."""
        sid, copied = _upper(grant.sid), _upper(grant.copied_sid)
        if sid and grant.user and self._users.setdefault(sid, grant.user.lower()) != grant.user.lower():
            self.disputed.setdefault(sid, {self._users[sid]}).add(grant.user.lower())
        package = self.packages.get(grant.package_id.lower())
        if package is None:
            return
        if not grant.live:
            for each in {sid, copied} - {""}:
                package.over[each] = _ended_last(package.over.get(each, grant), grant)
            return
        self.live.append(grant)
        if sid:
            package.gives[sid] = _given_first(package.gives.get(sid, grant), grant)
        if copied not in {"", sid}:
            package.copied.add(copied)

    def disputes(self) -> list[str]:
        """A sentence for every account that is two people's."""
        return [
            f"account {sid} is that of several users in Entra ({', '.join(sorted(users))}): it is neither added nor "
            "removed; correct onPremisesSecurityIdentifier"
            for sid, users in sorted(self.disputed.items())
        ]


def _draft_group(scoped: ScopedGroup, members: Members, held: _Held) -> DraftGroup:
    packages = [held.packages[package] for package in sorted(scoped.packages)]
    gives = _merged([each.gives for each in packages], _given_first)
    over = _merged([each.over for each in packages], _ended_last)
    extra = members.sids.difference(gives, *(each.copied for each in packages))
    disputed = extra & held.disputed.keys()
    extra -= disputed
    leaving = _leaving(scoped, extra, over)
    return DraftGroup(
        scoped=scoped,
        members=members,
        add={sid: gives[sid] for sid in sorted(gives.keys() - members.sids - held.disputed.keys())},
        remove={sid: _why(scoped, over.get(sid)) for sid in sorted(leaving)},
        unexplained=tuple(sorted(extra - leaving)),
        left=tuple((sid, "is the account of several users in Entra") for sid in sorted(disputed)),
    )


def _leaving(scoped: ScopedGroup, extra: frozenset[str], over: dict[str, Grant]) -> frozenset[str]:
    """Who leaves, of the members without a live assignment, in the mode of the group."""
    if scoped.mode == "additive":
        return frozenset()
    return extra & over.keys() if scoped.mode == "managed" else extra


def _why(scoped: ScopedGroup, over: Grant | None) -> Reason:
    if scoped.retired:
        return _RETIRED
    if over is None:
        return _UNEXPLAINED
    return Reason("over", over.package_id, over.assignment_id, over.user, over.until)


def _merged(parts: list[dict[str, Grant]], chosen: Callable[[Grant, Grant], Grant]) -> dict[str, Grant]:
    """One dictionary of several; the only one itself where there is one."""
    if len(parts) == 1:
        return parts[0]
    merged: dict[str, Grant] = {}
    for part in parts:
        for sid, grant in part.items():
            merged[sid] = chosen(merged.get(sid, grant), grant)
    return merged


def _given_first(one: Grant, other: Grant) -> Grant:
    """The assignment that gave it first."""
    return min(one, other, key=lambda grant: (grant.since, grant.assignment_id))


def _ended_last(one: Grant, other: Grant) -> Grant:
    """The assignment that ended last."""
    return max(one, other, key=lambda grant: (grant.until, grant.assignment_id))


def _upper(sid: str) -> str:
    """In upper case; the text itself where it is so already, because there may be a million."""
    return sid if sid.isupper() else sid.upper()
