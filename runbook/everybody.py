"""Everybody's assignments of the mapped access packages, and the AD account that Entra names for each person.

Reads through `Entitlement` only, with more patience than for one person, because there is more time and more to lose.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from runbook.entitlement import Entitlement
from runbook.group_name import GUID, SID
from runbook.holding import read_grants
from runbook.membership import Grant
from runbook.outcome import Failed

_MORE_TRIES = 12
_MOST_FAILED = 3  # access packages; then Graph is down, and waiting on would eat the time
_MOST_UNLISTED = 20


@dataclass(frozen=True, slots=True)
class Everybody:
    """What Graph says of all people. `problems` is empty when every page arrived and was whole.

    With a problem, `grants` holds what the whole pages said: enough to give, never enough to take away.
    """

    grants: tuple[Grant, ...]
    problems: tuple[str, ...] = ()


def read_everybody(graph: Entitlement, packages: Iterable[str]) -> Everybody:
    """All assignments, live and over, of the access packages. Never raises for a page that fails.

    Raises:
        DeadlinePassed: the job's time is over.
    """
    known: dict[str, Grant] = {}
    problems: list[str] = []
    for package in packages:
        try:
            read_grants(graph, package, known, _MORE_TRIES)
        except Failed as error:
            problems.append(f"access package {package}: {error}")
        if len(problems) >= _MOST_FAILED:
            problems.append("the other access packages were not asked for")
            break
    sids = _sids(graph, known, problems)
    grants = tuple(_with_sid(grant, sids) for grant in known.values())
    return Everybody(grants, tuple(problems))


def seen_twice(one: Everybody, other: Everybody) -> Everybody:
    """What two looks say: an assignment that is live in either of them counts as live.

    A list may come back with rows missing and look whole; hardly twice in a row.
    """
    known = {grant.assignment_id: grant for grant in one.grants}
    for grant in other.grants:
        before = known.get(grant.assignment_id)
        if before is None or (grant.live, bool(grant.sid)) > (before.live, bool(before.sid)):
            known[grant.assignment_id] = grant
    return Everybody(tuple(known.values()), (*one.problems, *other.problems))


def _with_sid(grant: Grant, sids: dict[str, str]) -> Grant:
    sid = sids.get(grant.user, "")
    if not sid:
        return grant
    return Grant(
        grant.assignment_id,
        grant.package_id,
        grant.user,
        grant.live,
        sid,
        grant.copied_sid,
        grant.since,
        grant.until,
    )


def _sids(graph: Entitlement, grants: dict[str, Grant], problems: list[str]) -> dict[str, str]:
    """The SID of the AD account by user, of all who have or had an assignment; empty where there is no account.

    Somebody with a live assignment whom the list of users does not name is asked for alone: a list that ended too
    early must not cost anybody their access.
    """
    sids = {grant.user: "" for grant in grants.values() if grant.user}
    missing = {grant.user for grant in grants.values() if grant.live and grant.user}
    try:
        for page in graph.user_pages(_MORE_TRIES) if sids else ():
            _merge_users(sids, missing, [_user(row) for row in page.array("value")])
        if len(missing) > _MOST_UNLISTED:
            problems.append(f"Graph: {len(missing)} users with a live assignment are not in the list of users")
        else:
            _confirm_gone(graph, missing)
    except Failed as error:
        problems.append(str(error))
    return sids


def _merge_users(sids: dict[str, str], missing: set[str], users: list[tuple[str, str]]) -> None:
    """Adds a page of users, of whom many have no assignment."""
    for user, sid in users:
        if user not in sids or not sid:
            missing.discard(user)
        elif sids[user] in {"", sid}:
            missing.discard(user)
            sids[user] = sid
        else:
            sids[user] = ""
            raise Failed(f"Graph: user {user} came twice and not the same; run it again")


def _confirm_gone(graph: Entitlement, users: set[str]) -> None:
    for user in sorted(users):
        if graph.exists(user):
            raise Failed(f"Graph: user {user} is not in the list of users, but exists; run it again")


def _user(row: object) -> tuple[str, str]:
    """Id and SID of one user."""
    if type(row) is not dict:
        raise Failed("Graph: users: one is not a JSON object")
    user, sid = row.get("id"), row.get("onPremisesSecurityIdentifier") or ""
    if type(user) is not str or not GUID.fullmatch(user):
        raise Failed(f"Graph: users: the id {user!r} is not a GUID")
    if type(sid) is not str or (sid and not SID.fullmatch(sid)):
        raise Failed(f"Graph: user {user} has an onPremisesSecurityIdentifier that is not a SID")
    return user.lower(), sid.upper()
