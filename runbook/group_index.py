"""The groups found in AD, by every name they have. Nothing here reads or writes anything."""

from __future__ import annotations

from collections.abc import Iterable

from runbook.directory import Group
from runbook.distinguished_name import fold
from runbook.group_name import GroupName


class GroupIndex:
    """Looks up `found` by name; `domain` is the NetBIOS name of the directory's domain."""

    def __init__(self, found: Iterable[Group], domain: str) -> None:
        self._domain = fold(domain)
        self._groups: dict[tuple[str, str], set[Group]] = {}
        for group in found:
            for key in group.names():
                self._groups.setdefault(key, set()).add(group)

    def named(self, name: GroupName) -> set[Group]:
        """The groups with that name; none when it is of another domain."""
        return set() if self._foreign(name) else self._groups.get((name.form, name.key), set())

    def doubt(self, name: GroupName) -> str:
        """Why the name is not exactly one group and what to do, or an empty text."""
        hits = len(self.named(name))
        if hits > 1:
            return f"group '{name}' fits {hits} groups in AD; name it by its SID or GUID in the mapping"
        if self._foreign(name):
            return f"group '{name}' is of another domain; take it out of the mapping of this environment"
        return "" if hits else f"group '{name}' does not exist in AD; correct the mapping or create the group"

    def _foreign(self, name: GroupName) -> bool:
        return name.domain not in {"", self._domain}
