"""Who has an access package, or had it: every assignment of it, and the people behind them.

Graph filters assignments by the access package. Reads through `Entitlement` only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from runbook.entitlement import KNOWN_STATES, Entitlement, is_live
from runbook.group_name import GUID, SID
from runbook.membership import Grant
from runbook.outcome import Failed

_MOST_PAGES_OF_PACKAGE = 10_000  # only against a service that never ends; expired assignments come along


@dataclass(frozen=True, slots=True)
class Holder:
    """One user and the access packages they hold; `sid` is that of the AD account, or empty."""

    user: str
    sid: str
    packages: frozenset[str]


def holdings(graph: Entitlement, package: str) -> tuple[Grant, ...]:
    """Every live assignment of the access package.

    Raises:
        Failed: a page did not arrive, or a row is not whole.
        DeadlinePassed: the job's time is over.
    """
    rows: dict[str, Grant] = {}
    read_grants(graph, package, rows)
    return tuple(row for row in rows.values() if row.live)


def read_grants(graph: Entitlement, package: str, known: dict[str, Grant], more_tries: int = 0) -> None:
    """Adds all assignments of the access package, live and over, to `known`, by id; `sid` is left empty.

    Raises:
        Failed: a page did not arrive, or a row is not whole; `known` has what the pages before it said.
        DeadlinePassed: the job's time is over.
    """
    for page in graph.pages(f"accessPackage/id eq '{package}'", _MOST_PAGES_OF_PACKAGE, more_tries):
        rows = [_grant(row, package) for row in page.array("value")]
        for row in rows:
            if known.setdefault(row.assignment_id, row) != row:
                del known[row.assignment_id]
                raise Failed(f"Graph: assignment {row.assignment_id} came twice and not the same; run it again")


def holders(rows: Iterable[Grant]) -> tuple[tuple[Holder, ...], tuple[str, ...]]:
    """The people behind the assignments, in the order of their ids, and a sentence for everybody who is left out."""
    by_user: dict[str, list[Grant]] = {}
    for row in rows:
        by_user.setdefault(row.user, []).append(row)
    problems = [f"assignment {row.assignment_id}: its person is not a user in Entra" for row in by_user.pop("", [])]
    people = []
    for user, held in sorted(by_user.items()):
        sids = {row.copied_sid for row in held if row.copied_sid}
        if len(sids) > 1:
            problems.append(f"user {user}: the assignments name {len(sids)} AD accounts; look at the user in Entra")
        else:
            people.append(Holder(user, "".join(sids), frozenset(row.package_id for row in held)))
    return tuple(people), tuple(problems)


def _grant(row: Any, package: str) -> Grant:
    """One assignment. There may be 100,000 of them: hence no `Fields`.

    Its target may be missing when it is over, because the person may be deleted.
    """
    if type(row) is not dict:
        _refuse_row("one", "is not a JSON object")
    identifier, state = _row_text(row, "id").lower(), _row_text(row, "state").lower()
    if not identifier:
        _refuse_row("one", "has no id")
    if state not in KNOWN_STATES:
        _refuse_row(identifier, f"has the state {state!r}, which is not known to this runbook")
    if _row_text(_row_object(row, "accessPackage"), "id").lower() != package:
        _refuse_row(identifier, "is of another accessPackage; Graph did not apply the filter")
    live, target, schedule = is_live(state), _row_object(row, "target"), _row_object(row, "schedule")
    if live and not target:
        _refuse_row(identifier, "has no target")
    user, sid = _row_text(target, "objectId").lower(), _row_text(target, "onPremisesSecurityIdentifier").upper()
    if user and not GUID.fullmatch(user):
        _refuse_row(identifier, f"has a target whose objectId {user!r} is not a GUID")
    if sid and not SID.fullmatch(sid):
        _refuse_row(identifier, f"has a target whose onPremisesSecurityIdentifier {sid!r} is not a SID")
    until = _row_text(row, "expiredDateTime") or _row_text(_row_object(schedule, "expiration"), "endDateTime")
    return Grant(identifier, package, user, live, "", sid, _row_text(schedule, "startDateTime"), until)


def _row_text(values: dict[str, Any], key: str) -> str:
    value = values.get(key)
    if value is None:
        return ""
    if type(value) is not str:
        _refuse_row("one", f"has a {key} that is not a text")
    return value


def _row_object(values: dict[str, Any], key: str) -> dict[str, Any]:
    value = values.get(key)
    if value is None:
        return {}
    if type(value) is not dict:
        _refuse_row("one", f"has a {key} that is not a JSON object")
    return value


def _refuse_row(which: str, problem: str) -> NoReturn:
    raise Failed(f"Graph: assignments: {which} {problem}")
