"""Which access packages one person should have: by Graph's list of assignments, and by a callout's own word.

Nothing here reads or writes anything.
"""

from __future__ import annotations

from dataclasses import dataclass

from runbook.entitlement import Assignments
from runbook.envelope import Envelope
from runbook.group_name import GroupName
from runbook.mapping import Mapping


@dataclass(frozen=True, slots=True)
class Wanted:
    """What Entra says.

    `packages` are the access packages the person should have; `resolve` are the names of all groups that must be found
    in AD before anything is removed; `problems` are reasons to remove nothing; `complete` says that every page of the
    list arrived; `note` is for the person reading.
    """

    packages: frozenset[str]
    resolve: frozenset[GroupName]
    problems: tuple[str, ...] = ()
    complete: bool = True
    note: str = ""


def wanted(envelope: Envelope, assignments: Assignments, mapping: Mapping) -> Wanted:
    """The access packages the person should have: the live assignments, and what a callout says besides.

    A list that is not whole counts as far as it goes: enough to give, never enough to take away.
    """
    if envelope.source == "entitlement":
        return _wanted_by_callout(envelope, assignments, mapping)
    return _wanted_by_list(assignments, mapping)


def _wanted_by_list(assignments: Assignments, mapping: Mapping) -> Wanted:
    """Nothing but the list counts; an empty one that arrived whole takes everything away, and is told."""
    live = frozenset(row.package_id for row in assignments.rows if row.live())
    mapped = [package for package in mapping.packages if package.package_id in live]
    nothing = "no live assignment" if not live else "no live assignment of a mapped access package"
    return Wanted(
        packages=live,
        resolve=frozenset(name for package in mapped for name in package.groups),
        problems=(assignments.problem,) if assignments.problem else (),
        complete=not assignments.problem,
        note="" if mapped or assignments.problem else nothing,
    )


def _wanted_by_callout(envelope: Envelope, assignments: Assignments, mapping: Mapping) -> Wanted:
    """The list may lag behind the callout.

    A granted package counts although it is not listed yet, a removed one does not although it is still listed. A
    granted callout whose own assignment is listed as expired is stale.
    """
    problems = [assignments.problem] if assignments.problem else []
    note = ""
    live = {row.package_id for row in assignments.rows if row.live() and not _just_removed(envelope, row.assignment_id)}
    if envelope.event == "removed" and not envelope.assignment:
        live.discard(envelope.access_package)
    if envelope.event == "granted":
        if _expired(envelope, assignments):
            note = "the granted assignment has expired since"
        else:
            live.add(envelope.access_package)
    own = mapping.package(envelope.access_package)
    if own is None:
        problems.append(
            f"access package {envelope.access_package} is not in the mapping; add it, or unbind the custom extension"
        )
    resolve = {name for package in mapping.packages if package.package_id in live for name in package.groups}
    return Wanted(
        packages=frozenset(live),
        resolve=frozenset(resolve.union(own.groups if own else ())),
        problems=tuple(problems),
        complete=not assignments.problem,
        note=note,
    )


def _just_removed(envelope: Envelope, assignment_id: str) -> bool:
    return envelope.event == "removed" and assignment_id == envelope.assignment


def _expired(envelope: Envelope, assignments: Assignments) -> bool:
    own = [row for row in assignments.rows if row.assignment_id == envelope.assignment]
    return any(row.state == "expired" for row in own)
