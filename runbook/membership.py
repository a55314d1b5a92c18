"""The nouns of jobs that look at everybody: who is in a group, who has an access package, what changes and why.

A sweep and an undo share them. SIDs are in upper case, GUIDs in lower case. Nothing here reads or writes anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from runbook.directory import Answer, Directory, Group


@dataclass(frozen=True, slots=True)
class Members:
    """All direct members of one group, read whole.

    `sids` are those of the members that have one, be they people, groups, computers or foreign security principals;
    `nameless` counts the others (contacts), which are always left alone.
    """

    sids: frozenset[str]
    nameless: int = 0

    def __len__(self) -> int:
        """How many members the group has."""
        return len(self.sids) + self.nameless


@dataclass(frozen=True, slots=True)
class Account:
    """What AD says of a member or of somebody who should be one. `user`: a user account, no group, computer or FSP.

    `primary_group` is the SID of the account's primary group, or empty; `admin_count` is AD's own mark of privilege.
    """

    sid: str
    name: str
    user: bool = True
    enabled: bool = True
    admin_count: bool = False
    primary_group: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """One assignment of a mapped access package to a user of Entra, live or over.

    `sid` is that of the AD account that Entra names for the user now; empty when there is none yet. `copied_sid` is
    the one that the assignment itself carries, which may be older, or empty. `since` and `until` are instants as Graph
    writes them, or empty.
    """

    assignment_id: str
    package_id: str
    user: str
    live: bool
    sid: str = ""
    copied_sid: str = ""
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a membership changes or stays.

    `kind`: granted (a live assignment gives it), over (the assignment that gave it has ended), unexplained (no live
    assignment gives it), retired (the group is in RetiredGroups), undone (`lockstep undo`). The rest is the
    assignment's, or empty.
    """

    kind: str
    package: str = ""
    assignment: str = ""
    user: str = ""
    since: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """One membership to write: `add` or not (remove) the account with that SID; `name` is for people, or empty."""

    group: Group
    sid: str
    add: bool
    reason: Reason
    name: str = ""

    def key(self) -> tuple[str, str, str]:
        """What makes it this move; two plans with the same keys do the same."""
        return self.group.guid, "add" if self.add else "remove", self.sid


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """What changes in one group.

    `mode` is the one that holds for it, `members` how many it has now. `unexplained` are members without a live
    assignment that stay because of the mode; `left` are members that are nobody's to touch (groups, computers, foreign
    or protected accounts), each with the reason in words.
    """

    group: Group
    mode: str
    members: int
    add: tuple[Move, ...] = ()
    remove: tuple[Move, ...] = ()
    unexplained: tuple[str, ...] = ()
    left: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """What a run would change.

    `withheld` are removals that are not made, because of `problems` (reads that were not whole, groups that are not to
    be touched) or `over` (budgets, a sentence each). `pending` are users with a live assignment whose account is not in
    AD yet. `checksum` is that of all moves in `groups` and of `withheld`: what somebody has looked at and agreed to.
    """

    groups: tuple[GroupPlan, ...]
    withheld: tuple[Move, ...] = ()
    over: tuple[str, ...] = ()
    pending: tuple[Grant, ...] = ()
    problems: tuple[str, ...] = ()
    checksum: str = ""


class Memberships(Directory, Protocol):
    """A `Directory` that is also asked about whole groups; of one domain or of several."""

    @property
    def server(self) -> str:
        """The domain controller that is asked and written to, as a URL; of several domains, the first one's."""
        ...

    def expect(self, groups: Iterable[Group]) -> None:
        """Says whose `members` are asked for next, in this order: they are then read many groups at a time."""
        ...

    def members(self, group: Group) -> Members:
        """All direct members, range by range.

        Raises:
            Failed: AD did not tell, or not wholly.
        """
        ...

    def accounts(self, sids: frozenset[str]) -> dict[str, Account]:
        """What AD knows of these SIDs, by SID; those that it does not know are absent.

        Raises:
            Failed: AD did not tell, or not wholly.
        """
        ...

    def write(self, group: Group, add: tuple[str, ...], remove: tuple[str, ...]) -> Answer:
        """Adds and removes members by SID, in one modify: all of it happens, or nothing."""
        ...
