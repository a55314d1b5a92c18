"""Assignments and memberships -> one row for each group and each assignment that gives it, with a verdict. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from provision.explain.held import Held
from provision.explain.membership import Membership, Seen
from runbook.group_name import GroupName

NEXT_SWEEP: Final = "leaves with the next job for this person or sweep"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why the person is in a group, or is not.

    `kind` is: assignment, several (live assignments give it), ended (the assignment that gave it is over), by_hand (no
    assignment explains it), stays (nor does any, but its mode or its protection keeps it), nested (it comes with
    another group), unmanaged (the mapping does not name it), retired, missing, pending (should be a member and is not
    yet), none (is no member and should be none), or unknown (AD does not have the group just once).
    """

    kind: str
    said: str


@dataclass(frozen=True, slots=True)
class Explained:
    """One group with everything that bears on it: the live assignments, or those that are over when none is live."""

    group: Membership
    held: tuple[Held, ...]
    verdict: Verdict


def explained(held: Sequence[Held], found: Seen, name: GroupName | None = None) -> tuple[Explained, ...]:
    """The managed groups that the person is in or should be in, by name; with `name` those that are called so."""
    return tuple(sorted(_explained(held, found, name), key=lambda one: (one.group.name.casefold(), one.group.guid)))


def _explained(held: Sequence[Held], found: Seen, name: GroupName | None) -> Iterator[Explained]:
    for group in found.groups:
        giving = [one for one in held if one.package in group.packages]
        live = tuple(one for one in giving if one.live)
        over = () if live else tuple(giving)
        if group.is_called(name) if name else group.managed and (group.member or live):
            yield Explained(group, live or over, verdict(group, live, over, found))


def verdict(group: Membership, live: Sequence[Held], over: Sequence[Held], found: Seen) -> Verdict:
    """Why the person is in the group, or is not; `over` are assignments that gave it once."""
    if group.doubt:
        return Verdict("unknown", group.doubt)
    if not group.managed:
        return Verdict("unmanaged", "managed by nobody: the mapping does not name it")
    if group.member == "direct":
        return _of_member(group, live, over, found)
    if live:
        return _missing(group, found)
    return _of_others(group)


def _of_others(group: Membership) -> Verdict:
    if group.member == "primary":
        return Verdict("stays", "the account's primary group, which no job changes")
    if group.via:
        return Verdict("nested", f"comes with {group.via[0]}; no job changes nested memberships")
    return Verdict("none", "not a member, and no live assignment gives it")


def _of_member(group: Membership, live: Sequence[Held], over: Sequence[Held], found: Seen) -> Verdict:
    if len(live) == 1:
        return Verdict("assignment", "explained by an assignment")
    if live:
        return Verdict("several", f"explained by {len(live)} assignments; each alone would do")
    why = "the assignment that gave it has ended" if over else "made by hand: no assignment explains it"
    untouched = _untouched(group, found)
    if untouched:
        return Verdict("stays", f"{why}; stays because {untouched}")
    if group.mode == "additive" or (group.mode == "managed" and not over and not group.retired):
        return Verdict("stays", f"{why}; stays because of mode {group.mode}")
    if group.retired:
        return Verdict("retired", "the group is retired: the next sweep empties it")
    return Verdict("ended" if over else "by_hand", f"{why}; {NEXT_SWEEP}")


def _missing(group: Membership, found: Seen) -> Verdict:
    if found.absent:
        return Verdict("pending", "should be a member, and is not in AD yet")
    untouched = _untouched(group, found)
    if untouched:
        return Verdict("missing", f"should be a member and is not: {untouched}")
    how = f"; is one only through {group.via[0]}" if group.via else ""
    return Verdict("missing", f"should be a member and is not yet{how}")


def _untouched(group: Membership, found: Seen) -> str:
    """Why no job changes this membership, or an empty text."""
    if group.protected:
        return f"the group {group.protected}"
    return f"the account {found.protected}" if found.protected else ""
