"""The LDAP wire of an explanation: the groups that groups are in, one search for each level. Writes nothing.

`memberOf` tells direct memberships only; whoever wants the nested ones walks upward, from level to level.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from runbook.deadline import Deadline
from runbook.directory import Directory, Group
from runbook.directory_connection import connect
from runbook.directory_entry import GROUP_ATTRIBUTES, GROUPS_ARE_SHOWN, group_filters, plain_dn, read_group
from runbook.directory_session import LdapDirectory
from runbook.distinguished_name import fold
from runbook.identity import Secret
from runbook.outcome import Failed
from runbook.settings import DirectorySettings

_PARENT = re.compile(rb"<GUID=([0-9a-f-]{36})>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Nesting:
    """A group, and the GUIDs of the groups that it is directly in, in lower case."""

    group: Group
    member_of: frozenset[str]


class NestingDirectory(Directory, Protocol):
    """A `Directory` that also tells which groups are in which."""

    def nestings(self, guids: frozenset[str]) -> tuple[Nesting, ...]:
        """Those of the groups whose `memberOf` AD shows; one of another domain, or unreadable, is left out.

        Raises:
            Failed: AD did not tell, or not wholly.
        """
        ...


def open_nesting(settings: DirectorySettings, password: Secret | None, deadline: Deadline) -> LdapNesting:
    """The directory of the settings, connected.

    Raises:
        Failed, DeadlinePassed: see `connect`.
    """
    return LdapNesting(settings, lambda servers: connect(servers, settings, password, deadline), deadline)


class LdapNesting(LdapDirectory):
    """A `NestingDirectory` over LDAP."""

    def nestings(self, guids: frozenset[str]) -> tuple[Nesting, ...]:
        """See `NestingDirectory.nestings`."""
        found: dict[str, Nesting] = {}
        for groups in group_filters((), guids):
            condition, attributes = f"(&{groups}{GROUPS_ARE_SHOWN})", [*GROUP_ATTRIBUTES, "memberOf"]
            code, entries = self._search(self._settings.base, condition, "SUBTREE", attributes, extended=True)
            if code != 0:
                raise Failed(f"AD: searching groups under {self._settings.base} failed: {self._said()}")
            for dn, values in entries:
                group = replace(read_group(plain_dn(dn), values), domain=fold(self._settings.domain))
                found[group.guid] = Nesting(group, frozenset(_parents(group, values)))
        return tuple(found.values())


def _parents(group: Group, attributes: dict[str, list[bytes]]) -> Iterator[str]:
    for name, values in attributes.items():
        if name.lower().startswith("memberof;range="):
            raise Failed(f"AD: group {group} is in more groups than AD shows at once; they cannot be read wholly")
        for value in values if name.lower() == "memberof" else ():
            guid = _PARENT.match(value)
            if not guid:
                raise Failed(f"AD: group {group}: the server did not tell the GUIDs of its groups (control 529)")
            yield guid[1].decode().lower()
