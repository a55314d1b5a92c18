"""Which access packages one person should have: by Graph's list of assignments, and by a callout's own word.

Nothing here reads or writes anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from runbook.entitlement import Assignment, Assignments
from runbook.envelope import Envelope
from runbook.group_name import GroupName
from runbook.mapping import Mapping


@dataclass(frozen=True, slots=True)
class Wanted:
    """What Entra says.

    `packages` are the access packages the person should have; `resolve` are the names of all groups that must be found
    in AD before anything is removed; `problems` are reasons to remove nothing; `complete` says that every page of the
    list arrived; `note` is for the person reading. `over` are the packages of which an assignment has ended: it is
    listed so, or the callout says removed; one that was granted anew is in `packages` too. `assignments` has, for each
    of these packages, the assignment that gives it, or that has given it.
    """

    packages: frozenset[str]
    resolve: frozenset[GroupName]
    problems: tuple[str, ...] = ()
    complete: bool = True
    note: str = ""
    over: frozenset[str] = frozenset()
    assignments: dict[str, str] = field(default_factory=dict)


def wanted(envelope: Envelope, assignments: Assignments, mapping: Mapping) -> Wanted:
    """The access packages the person should have: the live assignments, and what a callout says besides.

    A list that is not whole counts as far as it goes: enough to give, never enough to take away.
    """
    if envelope.source == "entitlement":
        return _wanted_by_callout(envelope, assignments, mapping)
    return _wanted_by_list(assignments, mapping)


def together(one: Assignments, other: Assignments) -> Assignments:
    """What two looks at the list say: an assignment that is live in either of them counts as live.

    The list may lag behind a grant, so that a second look sees more or, at another of Entra's servers, less.
    """
    rows: dict[str, Assignment] = {}
    for row in (*one.rows, *other.rows):
        known = rows.get(row.assignment_id)
        if known is None or not known.live():
            rows[row.assignment_id] = row
    return Assignments(tuple(rows.values()), one.problem or other.problem)


def brought_forward(before: Assignments, now: Assignments) -> Assignments:
    """What the newer list says; an assignment that it lacks is as it was before: being over is listed, too."""
    rows = {row.assignment_id: row for row in (*before.rows, *now.rows)}
    return Assignments(tuple(rows.values()), now.problem)


def _wanted_by_list(assignments: Assignments, mapping: Mapping) -> Wanted:
    """Nothing but the list counts; an empty one that arrived whole takes everything away, and is told."""
    live = {row.package_id for row in assignments.rows if row.live()}
    nothing = "no live assignment" if not live else "no live assignment of a mapped access package"
    mapped = any(package.package_id in live for package in mapping.packages)
    problems = (assignments.problem,) if assignments.problem else ()
    return _wished(assignments.rows, mapping, problems, assignments, "" if mapped or problems else nothing)


def _wanted_by_callout(envelope: Envelope, assignments: Assignments, mapping: Mapping) -> Wanted:
    """The list may lag behind the callout.

    A granted package counts although it is not listed yet, a removed one does not although it is still listed. A
    granted callout whose own assignment is listed as expired is stale.
    """
    problems = [assignments.problem] if assignments.problem else []
    stale = envelope.event == "granted" and _expired(envelope, assignments)
    given = envelope.event == "granted" and not stale
    own = Assignment(envelope.assignment, envelope.access_package, "delivering" if given else "expired")
    rows = [row for row in assignments.rows if not (row.live() and _just_removed(envelope, row))]
    if not stale:  # else it is listed, maybe as one of another access package, of which nothing has ended
        rows.append(own)
    if mapping.package(envelope.access_package) is None:
        problems.append(
            f"access package {envelope.access_package} is not in the mapping; add it, or unbind the custom extension"
        )
    note = "the granted assignment has expired since" if stale else ""
    return _wished(rows, mapping, problems, assignments, note, (envelope.access_package,))


def _wished(  # noqa: PLR0913, PLR0917 - what both kinds of job know
    rows: Iterable[Assignment],
    mapping: Mapping,
    problems: Iterable[str],
    listed: Assignments,
    note: str,
    certain: tuple[str, ...] = (),
) -> Wanted:
    """What the rows say. The groups of the packages `certain` must be found, too."""
    live = {row.package_id: row.assignment_id for row in rows if row.live()}
    over = {row.package_id: row.assignment_id for row in rows if not row.live()}
    needed = [package for package in mapping.packages if package.package_id in {*live, *certain}]
    return Wanted(
        packages=frozenset(live),
        resolve=frozenset(name for package in needed for name in package.groups),
        problems=tuple(problems),
        complete=not listed.problem,
        note=note,
        over=frozenset(over),
        assignments=over | live,
    )


def _just_removed(envelope: Envelope, row: Assignment) -> bool:
    """Whether the callout takes this assignment away; one that names none takes all of its package."""
    if envelope.event != "removed":
        return False
    if envelope.assignment:
        return row.assignment_id == envelope.assignment
    return row.package_id == envelope.access_package


def _expired(envelope: Envelope, assignments: Assignments) -> bool:
    own = [row for row in assignments.rows if row.assignment_id == envelope.assignment]
    return any(row.state == "expired" for row in own)
