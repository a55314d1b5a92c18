"""The groups of the mapping as they are in AD, and what an explanation tells of any group. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runbook.directory import Directory, Group
from runbook.group_index import GroupIndex
from runbook.group_name import GroupName
from runbook.mapping import Mapping
from runbook.protection import why_group_is_protected
from runbook.settings import Settings
from runbook.sweep_mode import mode_of, mode_of_retired, rules_of
from runbook.sweep_scope import sweep_names


class ManagedGroups:
    """What gives each group, and in which mode it is kept; `groups` are by GUID.

    `doubts` has, by the name in the mapping, why a group is not there just once.
    """

    def __init__(self, mapping: Mapping, settings: Settings, directory: Directory) -> None:
        """Raises: Failed when AD does not tell."""
        self._mapping, self._safety = mapping, settings.safety
        locks = self._safety.locks
        found = directory.groups(sweep_names(mapping, self._safety), frozenset(guid for _, guid in locks))
        self._index = GroupIndex(found, settings.directory.domain, locks)
        self.groups: dict[str, Group] = {}
        self.doubts: dict[str, str] = {}
        self._packages: dict[str, list[str]] = {}
        for package in mapping.packages:
            for name in package.groups:
                self._packages.setdefault(self._place(name), []).append(package.package_id)
        for name in mapping.retired:
            self._packages.setdefault(self._place(name), [])

    def about(self, group: Group) -> dict[str, Any]:
        """What a record tells of a group, whether it is managed or not."""
        managed, packages = group.guid in self.groups, self._packages.get(group.guid, [])
        return {
            "group": group.guid,
            "name": group.account,
            "dn": group.dn,
            "sid": group.sid,
            "domain": group.domain,
            "managed": managed,
            "packages": list(dict.fromkeys(packages)),
            "retired": managed and not packages,
            "mode": self._mode(group) if managed else "",
            "protected": why_group_is_protected(group, self._safety),
        }

    def lacked(self, held: frozenset[str]) -> Iterator[dict[str, Any]]:
        """A record for each group that is not among those `held`, and for each that AD does not have just once."""
        for guid, group in self.groups.items():
            if guid not in held:
                yield {"kind": "lacks", **self.about(group)}
        for name, doubt in self.doubts.items():
            yield {"kind": "lacks", "group": "", "name": name, "packages": self._packages[name], "doubt": doubt}

    def _place(self, name: GroupName) -> str:
        """The GUID of the group, or the name itself when it is in doubt."""
        doubt = self._index.doubt(name)
        if doubt:
            self.doubts[str(name)] = doubt
            return str(name)
        (group,) = self._index.named(name)
        self.groups[group.guid] = group
        return group.guid

    def _mode(self, group: Group) -> str:
        if self._packages[group.guid]:
            return mode_of(group, self._mapping, self._safety, self._index)
        return mode_of_retired(rules_of(group, self._safety, self._index))
