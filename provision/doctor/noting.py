"""A Reader that never stops: what cannot be read is noted, with its reason, and shown as absent.

So that one missing permission does not hide all the rest. Whoever judges must ask first whether the source was read
(`Facts.blocked`): absent here may only mean that nobody answered. I/O: through the Reader it is given.
"""

from __future__ import annotations

from typing import Final

from provision.doctor.facts import (
    ACCOUNT,
    AZURE_ROLES,
    CONTENT,
    JOBS,
    PERMISSIONS,
    RUNBOOKS,
    SCHEDULES,
    VARIABLES,
    WORKERS,
    WORKFLOWS,
    Unread,
)
from provision.errors import ProvisionError, ServiceRefusal
from provision.listed_catalogs import Reader
from provision.resource import ArmCollection, ContentTarget, GraphCollection, GraphTarget, Json, Target

GRAPH: Final = "Microsoft Graph"
AZURE: Final = "Resource Manager"
GIVES_UP: Final = 2
"""When a service did not answer about so many sources, it is asked no more: each costs the client's own retries."""

_TYPES: Final = (
    ("permissions", PERMISSIONS),
    ("roleassignments", AZURE_ROLES),
    ("hybridrunbookworkergroups", WORKERS),
    ("runbooks", RUNBOOKS),
    ("variables", VARIABLES),
    ("schedules", SCHEDULES),
    ("jobschedules", SCHEDULES),
    ("jobs", JOBS),
    ("workflows", WORKFLOWS),
    ("automationaccounts", ACCOUNT),
)
"""Types of resources on a path, the innermost first."""


class Noting:
    """Reads through `reader`. `unread` holds what could not be read, `seen` what was, by source."""

    def __init__(self, reader: Reader) -> None:
        self.unread: dict[str, Unread] = {}
        self.seen: set[str] = set()
        self._reader = reader
        self._silent: dict[str, str] = {}
        self._failed: dict[str, set[str]] = {}

    def read(self, target: Target) -> Json:
        """See `Reader.read`; raises nothing that a service or the network may cause."""
        service, source = service_of(target), source_of(target)
        for asked in (service, source):
            if asked in self._silent:
                return self._note(target, Unread(self._silent[asked]))
        try:
            answer = self._reader.read(target)
        except ProvisionError as error:
            self._count(service, source, error)
            return self._note(target, unread(error))
        self.seen.add(source)
        return answer

    def give_up(self, asked: str, reason: str) -> None:
        """Asks that service, or for that source, no more."""
        self._silent[asked] = reason

    def _count(self, service: str, source: str, error: ProvisionError) -> None:
        if isinstance(error, ServiceRefusal) and error.status < 500 and error.status != 429:
            return  # it answers, and another read may be allowed
        self.give_up(source, str(error))
        self._failed.setdefault(service, set()).add(source)
        if len(self._failed[service]) >= GIVES_UP:
            self.give_up(service, str(error))

    def _note(self, target: Target, why: Unread) -> Json:
        self.unread.setdefault(source_of(target), why)
        return [] if isinstance(target, ArmCollection | GraphCollection) else None


def unread(error: ProvisionError) -> Unread:
    """The error as a reason."""
    return Unread(str(error), isinstance(error, ServiceRefusal) and error.status == 403)


def service_of(target: Target) -> str:
    """Which service is asked for it."""
    return GRAPH if isinstance(target, GraphTarget | GraphCollection) else AZURE


def source_of(target: Target) -> str:
    """By which name facts that come from there are known: a noun of Graph, or a part of Azure."""
    if isinstance(target, GraphTarget | GraphCollection):
        return target.noun
    if isinstance(target, ContentTarget):
        return CONTENT
    types = target.id.lower().partition("/providers/")[2].split("/")[1::2]
    return next((name for kind, name in _TYPES if kind in types), target.id)
