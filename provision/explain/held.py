"""Which access packages a person has and had: all assignments, with policy, state and times.

I/O: only through the Reader it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from provision.environment.duration import parse
from provision.instant import instant
from provision.listed_catalogs import Reader, whole
from provision.release import LIVE
from provision.resource import GraphCollection, Json

EXPAND: Final = "accessPackage,assignmentPolicy,target"


@dataclass(frozen=True, slots=True)
class Held:
    """One assignment; ids in lower case. `package` is empty when the access package was deleted.

    `since` and `until` are instants as Graph writes them, or empty: `until` is when it has ended, or will end.
    """

    assignment: str
    package: str
    package_name: str
    policy: str
    state: str
    since: str = ""
    until: str = ""

    @property
    def live(self) -> bool:
        """Whether it gives access, or is about to."""
        return self.state.lower() in LIVE


@dataclass(frozen=True, slots=True)
class Holder:
    """A user of Entra: object id, what people call them (empty when no assignment tells), and their assignments."""

    user: str
    name: str
    held: tuple[Held, ...]


def holder(reader: Reader, user: str) -> Holder:
    """The user with that object id, and all their assignments, the live ones first, then the newest.

    Raises:
        ProvisionError: the list cannot be read wholly.
    """
    rows = whole(reader, GraphCollection("assignments", filter=f"target/objectId eq '{user}'", expand=EXPAND))
    targets = [row.get("target") or {} for row in rows]
    names = [str(target.get(key) or "") for key in ("principalName", "displayName") for target in targets]
    newest = sorted((assignment(row) for row in rows), key=lambda held: held.since, reverse=True)
    return Holder(user, next(filter(None, names), ""), tuple(sorted(newest, key=lambda held: not held.live)))


def assignment(row: Mapping[str, Json]) -> Held:
    """One assignment in an answer that was read with EXPAND."""
    package, policy = row.get("accessPackage") or {}, row.get("assignmentPolicy") or {}
    schedule = row.get("schedule") or {}
    since = str(schedule.get("startDateTime") or "")
    expiration = schedule.get("expiration") or {}
    ends = str(row.get("expiredDateTime") or expiration.get("endDateTime") or "")
    return Held(
        assignment=str(row["id"]).lower(),
        package=str(package.get("id") or "").lower(),
        package_name=str(package.get("displayName") or package.get("id") or "(deleted)"),
        policy=str(policy.get("displayName") or ""),
        state=str(row.get("state") or ""),
        since=since,
        until=ends or _after(since, str(expiration.get("duration") or "")),
    )


def _after(since: str, duration: str) -> str:
    """When something ends that began then and lasts so long; empty when either is not known."""
    began = instant(since)
    try:
        return (began + parse(duration)).isoformat().replace("+00:00", "Z") if began and duration else ""
    except (ValueError, OverflowError):  # months have no fixed length
        return ""
