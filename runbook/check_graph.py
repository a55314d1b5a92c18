"""What the identity may do in Microsoft Graph -> checks: by its token, and by really reading.

Reads through `Entitlement` only.
"""

from __future__ import annotations

from runbook.check_line import Check, failed
from runbook.entitlement import Entitlement
from runbook.outcome import Failed, Refused

NOBODY = "00000000-0000-0000-0000-000000000000"
"""An id that no user has: what is asked about it is answered quickly, and only to who may ask."""

_ENOUGH = {
    "EntitlementManagement.Read.All": {"EntitlementManagement.Read.All", "EntitlementManagement.ReadWrite.All"},
    "User.Read.All": {"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
}


def permission_checks(roles: frozenset[str] | None) -> list[Check]:
    """By the claim `roles` of the token; None when the token cannot be read."""
    return [_permission(name, enough, roles) for name, enough in _ENOUGH.items()]


def reading_checks(graph: Entitlement) -> list[Check]:
    """By asking for the assignments, and the account, of nobody."""
    return [_assignments(graph), _users(graph)]


def _permission(name: str, enough: set[str], roles: frozenset[str] | None) -> Check:
    subject = f"Graph permission {name}"
    if roles is None:
        return Check(subject, "warn", "the token does not tell its permissions", "see whether Graph is read, below")
    held = sorted(roles & enough)
    if held:
        return Check(subject, "ok", f"the token has {held[0]}")
    return Check(
        subject,
        "fail",
        f"the token of the account's managed identity has {', '.join(sorted(roles)) or 'no permission'}",
        "give it to the identity ('lockstep grant' prints how); a new permission may take hours to reach its token",
    )


def _assignments(graph: Entitlement) -> Check:
    subject = "Graph assignments"
    problem = graph.assignments(NOBODY).problem
    return failed(subject, problem) if problem else Check(subject, "ok", "can be read")


def _users(graph: Entitlement) -> Check:
    subject = "Graph users"
    try:
        graph.person_sid(NOBODY)
    except Refused:  # "there is no such user": said only to who may read users
        return Check(subject, "ok", "can be read")
    except Failed as error:
        return failed(subject, str(error))
    return Check(subject, "fail", "Graph knows a user that cannot be", "check the address of Graph in the settings")
