"""What a check asks a domain controller beyond a job's own questions: the nouns and the interface. Reads nothing.

`directory_inspection` fulfils it over LDAP.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from runbook.directory import Directory, Group
from runbook.group_name import GroupName


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """A server: its TLS version, its clock, and until when its certificate is valid. None is unknown."""

    tls: str
    time: datetime | None
    certificate_ends: datetime | None


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """A group, and whether the bind account may write its `member`. None is unknown."""

    group: Group
    member_writable: bool | None


class InspectedDirectory(Directory, Protocol):
    """A `Directory` that also tells about itself."""

    def server_facts(self) -> ServerFacts:
        """What the server and its certificate say.

        Raises:
            Failed: the server did not tell.
        """
        ...

    def group_facts(self, names: frozenset[GroupName]) -> tuple[GroupFacts, ...]:
        """Every group that has one of the names.

        Raises:
            Failed: AD did not tell, or not wholly.
        """
        ...

    def some_people(self, most: int) -> tuple[str, ...]:
        """SIDs of ordinary user accounts, at most so many.

        Raises:
            Failed: AD did not tell.
        """
        ...
