"""Which groups a sweep looks at, in which mode, and which it leaves alone. Nothing here reads or writes anything."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.directory import Group
from runbook.distinguished_name import fold
from runbook.group_index import GroupIndex
from runbook.group_name import GroupName
from runbook.mapping import MappedPackage, Mapping
from runbook.protection import why_group_is_protected
from runbook.safety import Safety
from runbook.sweep_mode import doubtful_rules, given_and_retired, least_of, mode_given_by, mode_of_retired, rules_of


@dataclass(frozen=True, slots=True)
class ScopedGroup:
    """One group to sweep.

    `packages` are the ids of the access packages that give it; none when it is retired. `mode` is one of safety.MODES.
    `least` is how many members it must keep.
    """

    group: Group
    mode: str
    packages: frozenset[str]
    least: int = 0

    @property
    def retired(self) -> bool:
        """Whether it is in RetiredGroups."""
        return not self.packages


@dataclass(frozen=True, slots=True)
class Scope:
    """The groups whose members are to be read, sorted, and in `problems` why others are left alone.

    `doubts` are reasons to remove nobody from any group in this run.
    """

    groups: tuple[ScopedGroup, ...]
    problems: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def sweep_names(mapping: Mapping, safety: Safety) -> frozenset[GroupName]:
    """The names to ask AD for: those of the access packages, of the retired groups and of the rules for groups."""
    given = {name for package in mapping.packages for name in package.groups}
    return frozenset(given.union(mapping.retired, (rule.name for rule in safety.rules)))


def sweep_scope(mapping: Mapping, safety: Safety, index: GroupIndex) -> Scope:
    """The groups of the mapping; `index` holds whatever AD has under `sweep_names`, with the locks."""
    found = _Found(index, safety)
    for package in mapping.packages:
        for name in package.groups:
            found.give(name, package)
    for name in mapping.retired:
        found.retire(name)
    scoped = [_scoped(group, packages, safety, index) for group, packages in found.groups.items()]
    return Scope(
        groups=tuple(
            sorted(
                (each for each in scoped if not found.objection(each)),
                key=lambda each: (fold(each.group.account), each.group.guid),
            )
        ),
        problems=tuple(dict.fromkeys([*found.doubts, *filter(None, map(found.objection, scoped))])),
        doubts=doubtful_rules(mapping, safety, index),
    )


class _Found:
    """Every group that some name means, with its packages, and the names that are in doubt.

    `doubted` has, by GUID, the name in doubt that may mean the group: somebody's assignment for it is then not known.
    """

    def __init__(self, index: GroupIndex, safety: Safety) -> None:
        self.groups: dict[Group, list[MappedPackage]] = {}
        self.doubts: list[str] = []
        self._doubted: dict[str, GroupName] = {}
        self._retired: set[Group] = set()
        self._index = index
        self._safety = safety

    def give(self, name: GroupName, package: MappedPackage) -> None:
        """Notes that the package gives the group of that name."""
        for group in self._meant(name, ""):
            self.groups.setdefault(group, []).append(package)

    def retire(self, name: GroupName) -> None:
        """Notes that the group of that name is to be emptied."""
        for group in self._meant(name, "RetiredGroups: "):
            self.groups.setdefault(group, [])
            self._retired.add(group)

    def objection(self, scoped: ScopedGroup) -> str:
        """Why the group is left alone, or an empty text."""
        group, name = scoped.group, self._doubted.get(scoped.group.guid)
        if name:
            return f"group {group} is left alone: '{name}' may mean it; name it by its GUID wherever it is named"
        if scoped.packages and group in self._retired:
            return given_and_retired(group)
        reason = why_group_is_protected(group, self._safety)
        return f"group {group} {reason}; take it out of the mapping" if reason else ""

    def _meant(self, name: GroupName, where: str) -> set[Group]:
        """The one group of that name; none, and a doubt noted, when it is not one for certain."""
        doubt, hits = self._index.doubt(name), self._index.named(name)
        if not doubt:
            return hits
        self.doubts.append(where + doubt)
        locked = {guid for each, guid in self._safety.locks if each.comparable == name.comparable}
        self._doubted |= dict.fromkeys(locked.union(group.guid for group in hits), name)
        return set()


def _scoped(group: Group, packages: list[MappedPackage], safety: Safety, index: GroupIndex) -> ScopedGroup:
    rules = rules_of(group, safety, index)
    mode = mode_given_by(packages, safety, rules) if packages else mode_of_retired(rules)
    return ScopedGroup(group, mode, frozenset(package.package_id for package in packages), least_of(rules))
