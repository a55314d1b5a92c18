"""The directory objects that can hold a token or a role: users, applications and managed identities.

A new principal is not known everywhere at once: Microsoft's services answer `PrincipalNotFound` until it has
replicated. `visible` counts look-ups instead of seconds, so that a client which never retries always fails.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["managedIdentity", "application", "user"]


@dataclass(frozen=True, slots=True)
class Principal:
    """One directory object; `app_roles` are Microsoft Graph application permissions. A user's `app_id` is empty."""

    object_id: str
    app_id: str
    display_name: str
    kind: Kind
    app_roles: frozenset[str] = frozenset()


class Principals:
    """All principals of the tenant; safe to use from many threads."""

    def __init__(self, hidden_lookups: int = 0) -> None:
        self.hidden_lookups = hidden_lookups
        """How many times `visible` says no about a principal added from now on."""
        self._lock = threading.Lock()
        self._principals: dict[str, Principal] = {}
        self._hidden: dict[str, int] = {}

    def add(
        self,
        display_name: str,
        kind: Kind = "managedIdentity",
        app_roles: Iterable[str] = (),
        object_id: str | None = None,
        app_id: str | None = None,
    ) -> Principal:
        """A new principal; ids are made up when not given."""
        principal = Principal(
            object_id=(object_id or str(uuid.uuid4())).lower(),
            app_id="" if kind == "user" else (app_id or str(uuid.uuid4())).lower(),
            display_name=display_name,
            kind=kind,
            app_roles=frozenset(app_roles),
        )
        with self._lock:
            self._principals[principal.object_id] = principal
            self._hidden[principal.object_id] = self.hidden_lookups
        return principal

    def assign(self, object_id: str, app_roles: Iterable[str]) -> None:
        """Let a principal have exactly these application permissions of Graph, in the tokens that come from now on."""
        with self._lock:
            found = self._principals[object_id.lower()]
            self._principals[object_id.lower()] = replace(found, app_roles=frozenset(app_roles))

    def get(self, object_id: str) -> Principal | None:
        """The principal with this object id, replicated or not."""
        with self._lock:
            return self._principals.get(object_id.lower())

    def by_app_id(self, app_id: str) -> Principal | None:
        """The application or managed identity with this client id."""
        with self._lock:
            return next((found for found in self._principals.values() if found.app_id == app_id.lower() != ""), None)

    def all(self) -> list[Principal]:
        """Every principal, oldest first."""
        with self._lock:
            return list(self._principals.values())

    def remove(self, object_id: str) -> None:
        """Forget a principal; its tokens stay valid until they expire, as in Entra."""
        with self._lock:
            self._principals.pop(object_id.lower(), None)
            self._hidden.pop(object_id.lower(), None)

    def visible(self, object_id: str) -> bool:
        """Whether a service that looks for the principal now finds it; each no counts against the delay."""
        key = object_id.lower()
        with self._lock:
            left = self._hidden.get(key)
            if left:
                self._hidden[key] = left - 1
            return left == 0
