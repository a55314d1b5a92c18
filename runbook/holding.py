"""Who has an access package: every live assignment of it, and the people behind them. Reads through `Entitlement` only.

Graph filters assignments by the access package. A list that is not whole is an error, never a short list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from runbook.entitlement import Entitlement, is_live, state_of
from runbook.fields import Fields
from runbook.group_name import SID
from runbook.outcome import Failed

_MOST_PAGES_OF_PACKAGE = 10_000  # only against a service that never ends; expired assignments come along


@dataclass(frozen=True, slots=True)
class Holding:
    """One assignment of an access package; ids in lower case.

    `user` is empty when the person is not a user of Entra yet. `sid` is that of the AD account the person is
    synchronised from, empty when the assignment does not tell.
    """

    assignment_id: str
    package_id: str
    live: bool
    user: str
    sid: str


@dataclass(frozen=True, slots=True)
class Holder:
    """One user and the access packages they hold; `sid` as in Holding."""

    user: str
    sid: str
    packages: frozenset[str]


def holdings(graph: Entitlement, package: str) -> tuple[Holding, ...]:
    """Every live assignment of the access package.

    Raises:
        Failed: a page did not arrive, or a row is not whole.
        DeadlinePassed: the job's time is over.
    """
    rows: dict[str, Holding] = {}
    for page in graph.pages(f"accessPackage/id eq '{package}'", _MOST_PAGES_OF_PACKAGE):
        for row in (_holding(fields, package) for fields in page.inners("value")):
            if rows.setdefault(row.assignment_id, row) != row:
                raise Failed(f"Graph: assignment {row.assignment_id} came twice and not the same; run it again")
    return tuple(row for row in rows.values() if row.live)


def holders(rows: Iterable[Holding]) -> tuple[tuple[Holder, ...], tuple[str, ...]]:
    """The people behind the assignments, in the order of their ids, and a sentence for everybody who is left out."""
    by_user: dict[str, list[Holding]] = {}
    for row in rows:
        by_user.setdefault(row.user, []).append(row)
    problems = [f"assignment {row.assignment_id}: its person is not a user in Entra" for row in by_user.pop("", [])]
    people = []
    for user, held in sorted(by_user.items()):
        sids = {row.sid for row in held if row.sid}
        if len(sids) > 1:
            problems.append(f"user {user}: the assignments name {len(sids)} AD accounts; look at the user in Entra")
        else:
            people.append(Holder(user, "".join(sids), frozenset(row.package_id for row in held)))
    return tuple(people), tuple(problems)


def _holding(row: Fields, package: str) -> Holding:
    live = is_live(state_of(row))
    identifier = row.text("id").lower()
    if row.inner("accessPackage").guid("id") != package:
        row.refuse("accessPackage", "is another; Graph did not apply the filter")
    if not live:
        return Holding(identifier, package, live, "", "")  # whose it was does not matter, and may be deleted
    target = row.inner("target")
    sid = target.text("onPremisesSecurityIdentifier", needed=False).upper()
    if sid and not SID.fullmatch(sid):
        target.refuse("onPremisesSecurityIdentifier", f"{sid!r} is not a SID")
    return Holding(identifier, package, live, target.guid("objectId", needed=False), sid)
