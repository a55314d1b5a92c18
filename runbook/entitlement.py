"""Microsoft Graph: who the person is in AD, and which access packages they have. Reads only, through `https` only.

Entitlement management filters assignments by the person (`target/objectId`), so the cost does not grow with the
tenant. Expired assignments come along; the state is judged here because a filter of several states is not documented.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from runbook.fields import Fields
from runbook.group_name import SID
from runbook.https import Https, Reply
from runbook.identity import ManagedIdentity
from runbook.outcome import Absent, Failed, Refused

_LIVE = {"delivering", "partiallydelivered", "delivered"}
KNOWN_STATES = frozenset({*_LIVE, "expired", "deliveryfailed"})
"""The states of an assignment, in lower case."""
_MOST_PAGES = 100
_MOST_PAGES_OF_USERS = 10_000  # only against a service that never ends


@dataclass(frozen=True, slots=True)
class Assignment:
    """One assignment of the person; ids in lower case, `state` in lower case.

    `package_id` is empty when the assignment is over and its access package does not exist any more.
    """

    assignment_id: str
    package_id: str
    state: str

    def live(self) -> bool:
        """Whether the person has, or is being given, the access package."""
        return is_live(self.state)


@dataclass(frozen=True, slots=True)
class Assignments:
    """What Graph says the person has. `problem` is empty when every page arrived and was whole.

    With a problem, `rows` holds what the whole pages said: enough to give, never enough to take away.
    """

    rows: tuple[Assignment, ...]
    problem: str = ""


class Entitlement:
    """Graph at `base` (https://graph.microsoft.com), asked with the managed identity."""

    def __init__(self, base: str, audience: str, https: Https, identity: ManagedIdentity) -> None:
        self._base = base
        self._audience = audience
        self._https = https
        self._identity = identity
        self._authorization = identity.authorization(audience)

    def person_sid(self, user: str) -> str:
        """The SID of the AD account that the Entra user `user` is synchronised from.

        Raises:
            Absent: there is no AD account behind the user.
            Refused: there is no such user.
            Failed: Graph does not tell.
        """
        what = f"Graph: user {user}"
        url = f"{self._base}/v1.0/users/{user}?$select=id,onPremisesSecurityIdentifier,onPremisesSyncEnabled"
        reply = self._ask(url, what)
        if reply.status == 404:
            raise Refused(f"{what} does not exist")
        if reply.status != 200:
            raise Failed(_declined(what, reply.status, reply.reason(), "User.Read.All"))
        fields = Fields(reply.json_object(what), what, Failed)
        if fields.guid("id") != user:
            fields.refuse("id", "is another user's")
        sid = fields.text("onPremisesSecurityIdentifier", needed=False).upper()
        if not sid:
            raise Absent(f"{what} has no AD account (no onPremisesSecurityIdentifier); synchronise the person from AD")
        if not SID.fullmatch(sid):
            fields.refuse("onPremisesSecurityIdentifier", f"{sid!r} is not a SID")
        return sid

    def exists(self, user: str) -> bool:
        """Whether Entra has the user.

        Raises:
            Failed: Graph does not tell.
        """
        what = f"Graph: user {user}"
        reply = self._ask(f"{self._base}/v1.0/users/{user}?$select=id", what)
        if reply.status not in {200, 404}:
            raise Failed(_declined(what, reply.status, reply.reason(), "User.Read.All"))
        return reply.status == 200

    def assignments(self, user: str) -> Assignments:
        """All assignments of `user`. Never raises for a page that fails: see `Assignments.problem`.

        Raises:
            DeadlinePassed: the job's time is over.
        """
        rows: dict[str, Assignment] = {}
        try:
            for page in self.pages(f"target/objectId eq '{user}'"):
                _merge(rows, [_assignment(row, user) for row in page.inners("value")])
        except Failed as error:
            return Assignments(tuple(rows.values()), str(error))
        return Assignments(tuple(rows.values()))

    def pages(self, condition: str, most: int = _MOST_PAGES, more_tries: int = 0) -> Iterator[Fields]:
        """The pages of the assignments that fit an OData condition, with package and person; at most so many.

        Raises:
            Failed: a page did not arrive, leads elsewhere, or there is no end.
            DeadlinePassed: the job's time is over.
        """
        where = f"{self._base}/v1.0/identityGovernance/entitlementManagement/assignments"
        chosen = quote(condition, safe="/'")
        first = f"{where}?$filter={chosen}&$expand=accessPackage,target"
        return self._every(first, ("Graph: assignments", "EntitlementManagement.Read.All"), most, more_tries)

    def user_pages(self, more_tries: int = 0) -> Iterator[Fields]:
        """The pages of all users, each with the SID of its AD account.

        Raises:
            Failed, DeadlinePassed: as in `pages`.
        """
        first = f"{self._base}/v1.0/users?$select=id,onPremisesSecurityIdentifier&$top=999"
        return self._every(first, ("Graph: users", "User.Read.All"), _MOST_PAGES_OF_USERS, more_tries)

    def _every(self, url: str, about: tuple[str, str], most: int, more_tries: int) -> Iterator[Fields]:
        """All pages from `url` on; `about` is what is read and the permission that it needs."""
        what, permission = about
        seen = set[str]()
        while url:
            if url in seen or len(seen) >= most:
                raise Failed(f"{what}: the pages do not end (after {len(seen)})")
            seen.add(url)
            reply = self._ask(url, what, more_tries)
            if reply.status != 200:
                raise Failed(_declined(what, reply.status, reply.reason(), permission))
            page = Fields(reply.json_object(what), what, Failed)
            yield page
            url = self._next(page)

    def _ask(self, url: str, what: str, more_tries: int = 0) -> Reply:
        """The answer; in a long job the token expires, and the same is asked once more with a new one."""
        reply = self._https.get(url, self._authorization, what, more_tries=more_tries)
        if reply.status != 401:
            return reply
        self._authorization = self._identity.authorization(self._audience)
        return self._https.get(url, self._authorization, what, more_tries=more_tries)

    def _next(self, page: Fields) -> str:
        """The next page's URL or an empty text; the token is sent to no other place than Graph."""
        if "@odata.nextLink" not in page.values:
            return ""
        url = page.text("@odata.nextLink")
        here, there = urlsplit(self._base), urlsplit(url)
        if (there.scheme, there.netloc.lower()) != (here.scheme, here.netloc.lower()):
            page.refuse("@odata.nextLink", "leads to another host; it was not followed")
        return url


def _merge(rows: dict[str, Assignment], page: list[Assignment]) -> None:
    """Adds a page. A row may come twice when the list shifts between pages, but it must say the same."""
    for row in page:
        if rows.setdefault(row.assignment_id, row) != row:
            del rows[row.assignment_id]
            raise Failed(f"Graph: assignment {row.assignment_id} came twice and not the same")


def state_of(row: Fields) -> str:
    """The state of an assignment, in lower case; refuses one that nobody knows how to read."""
    state = row.text("state").lower()
    if state not in KNOWN_STATES:
        row.refuse("state", f"{state!r} is not known to this runbook")
    return state


def is_live(state: str) -> bool:
    """Whether the person has, or is being given, the access package."""
    return state in _LIVE


def _assignment(row: Fields, user: str) -> Assignment:
    if row.inner("target").guid("objectId") != user:
        row.refuse("target", "is another person; Graph did not apply the filter")
    state = state_of(row)
    # the access package of an assignment that is over may be deleted; it gives nothing, so that nobody needs its id
    nameless = not is_live(state) and row.values.get("accessPackage") is None
    package = "" if nameless else row.inner("accessPackage").guid("id")
    return Assignment(row.text("id").lower(), package, state)


def _declined(what: str, status: int, reason: str, permission: str) -> str:
    remedy = (
        f"give the Automation account's managed identity the Graph application permission {permission}"
        if status in {401, 403}
        else "try again later"
    )
    return f"{what}: Graph answered {status} {reason}; {remedy}".replace(" ;", ";")
