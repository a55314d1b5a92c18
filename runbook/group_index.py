"""The groups found in AD, by every name they have. Nothing here reads or writes anything."""

from __future__ import annotations

from collections.abc import Iterable

from runbook.directory import Group
from runbook.distinguished_name import fold
from runbook.group_name import GroupName

_AGAIN = "then run 'lockstep mapping lock' and 'lockstep apply'"


class GroupIndex:
    """Looks up `found` by name; `domain` is the NetBIOS name of the domain that names without one are of.

    `locks` pins names to GUIDs (`Safety.locks`); `found` must then hold the groups with those GUIDs, too.
    """

    def __init__(self, found: Iterable[Group], domain: str, locks: Iterable[tuple[GroupName, str]] = ()) -> None:
        self._domain = fold(domain)
        self._groups: dict[tuple[str, str], set[Group]] = {}
        for group in found:
            for key in group.names():
                self._groups.setdefault(key, set()).add(group)
        self._locks = {self._meaning(name): guid for name, guid in locks}

    def named(self, name: GroupName) -> set[Group]:
        """The groups with that name, whether or not they are the one that was meant."""
        found = self._groups.get((name.form, name.key), set())
        if name.form != "account":
            return found
        return {group for group in found if (group.domain or self._domain) == (name.domain or self._domain)}

    def doubt(self, name: GroupName) -> str:
        """Why the name is not exactly the one group that was meant and what to do, or an empty text."""
        hits = self.named(name)
        if len(hits) > 1:
            return f"group '{name}' fits {len(hits)} groups in AD; name it by its SID or GUID in the mapping"
        locked = self._locks.get(self._meaning(name), "")
        if locked and locked not in {group.guid for group in hits}:
            return self._moved(name, hits, locked)
        if not hits and name.domain not in {"", self._domain}:
            return f"group '{name}' is of another domain, or does not exist there; take it out of the mapping"
        return "" if hits else f"group '{name}' does not exist in AD; correct the mapping or create the group"

    def _moved(self, name: GroupName, hits: set[Group], locked: str) -> str:
        """What became of a name and of the group that it is locked to."""
        meant = self._groups.get(("guid", locked), set())
        now = f"; the locked one is '{next(iter(meant)).dn}' now" if meant else ""
        if hits:
            return (
                f"group '{name}' is another one than the mapping was locked to ({locked}): it was made anew, or took "
                f"the other's name{now}; look at it in AD, {_AGAIN}"
            )
        if meant:
            return f"group '{name}' was renamed{now}; write its new name in the mapping, {_AGAIN}"
        return f"group '{name}' does not exist in AD any more; correct the mapping or create the group, {_AGAIN}"

    def _meaning(self, name: GroupName) -> tuple[str, str, str]:
        domain = (name.domain or self._domain) if name.form == "account" else ""
        return name.form, domain, name.key


def locked_guids(names: Iterable[GroupName], locks: Iterable[tuple[GroupName, str]]) -> frozenset[str]:
    """What to search AD for besides these names, so that a group which was renamed is found."""
    wanted = {name.comparable for name in names}
    return frozenset(guid for name, guid in locks if name.comparable in wanted)
