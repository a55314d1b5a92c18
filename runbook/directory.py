"""What the job knows of Active Directory: a person, groups, and the three things it asks a domain controller.

The nouns, and `Directory`, the interface that `directory_session` fulfils over LDAP. Nothing here reads or writes
anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from runbook.distinguished_name import canonical_dn, fold
from runbook.group_name import GroupName


@dataclass(frozen=True, slots=True)
class Person:
    """An AD account.

    `member_of` are the GUIDs of the groups it is directly in, without its primary group, whose SID is
    `primary_group`. `admin_count` is AD's own mark of a privileged account.
    """

    sid: str
    member_of: frozenset[str]
    primary_group: str
    admin_count: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """An AD group; `guid` in lower case. `cloud_owned`: Entra is its source of authority, AD must not change it.

    `security`: it gives rights, and is not only a distribution list. `scope` is global, domain local or universal, or
    empty when AD does not show it. `domain` is the folded NetBIOS name of the domain it is of.
    """

    guid: str
    sid: str
    dn: str
    account: str
    admin_count: bool = False
    cloud_owned: bool = False
    security: bool = True
    scope: str = ""
    domain: str = ""

    def names(self) -> frozenset[tuple[str, str]]:
        """Its (form, key) in every form of `GroupName`."""
        return frozenset(
            {("account", fold(self.account)), ("dn", canonical_dn(self.dn)), ("guid", self.guid), ("sid", self.sid)}
        )

    def __str__(self) -> str:
        """As people call it."""
        return self.account


@dataclass(frozen=True, slots=True)
class Seen:
    """What AD says: the person, every group the person is directly in, and every group that was asked for by name."""

    person: Person
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One membership to write: `add` or not (remove) the person to or from the group."""

    group: Group
    add: bool

    def wanted(self, person: Person) -> bool:
        """Whether the membership already is as this change wants it."""
        return (self.group.guid in person.member_of) == self.add


@dataclass(frozen=True, slots=True)
class Answer:
    """What AD said to a change.

    `kind` is done; unclear (AD says already so, or a rule: only reading tells); lost (the connection broke or AD is
    busy: it may or may not have happened); or declined. `reason` is a sentence where the kind is not done.
    """

    kind: str
    reason: str = ""


class Directory(Protocol):
    """An open, bound connection to one domain controller."""

    @property
    def server(self) -> str:
        """The domain controller that is asked and written to, as a URL."""
        ...

    def server_of(self, group: Group) -> str:
        """The domain controller to which changes of this group are written, as a URL."""
        ...

    def person(self, sid: str) -> Person:
        """The account with that SID, found exactly once.

        Raises:
            Absent: there is none in this domain.
            Failed: AD did not tell, or not wholly.
        """
        ...

    def groups(self, names: frozenset[GroupName], guids: frozenset[str]) -> tuple[Group, ...]:
        """Every group that has one of the names or GUIDs; fewer or more than asked for when there are.

        Raises:
            Failed: AD did not tell, or not wholly.
        """
        ...

    def change(self, change: Change, sid: str) -> Answer:
        """Writes one membership of the account with that SID."""
        ...

    def close(self) -> None:
        """Ends the connection; never fails."""
        ...
