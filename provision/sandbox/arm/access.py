"""Who may do what where: the role assignments of the sandbox and the question every Resource Manager call asks."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass
from datetime import datetime

from provision.sandbox.arm.roles import Role


@dataclass(frozen=True, slots=True)
class Assignment:
    """`role` for `principal` at `scope` (a resource id or a prefix of ids) and below."""

    name: str
    scope: str
    role: Role
    principal: str
    principal_type: str
    description: str
    created: datetime

    def same(self, other: Assignment) -> bool:
        """Whether both say the same, whatever they are called."""
        return (self.scope.lower(), self.role, self.principal) == (other.scope.lower(), other.role, other.principal)


def covers(scope: str, resource: str) -> bool:
    """Whether `scope` is `resource` or above it."""
    upper, lower = scope.lower().rstrip("/"), resource.lower().rstrip("/")
    return lower == upper or lower.startswith(f"{upper}/")


class Access:
    """All role assignments; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._assignments: dict[tuple[str, str], Assignment] = {}

    def seed(self, scope: str, role: Role, principal: str, created: datetime) -> None:
        """An assignment that is there from the start."""
        self.put(Assignment(str(uuid.uuid4()), scope, role, principal.lower(), "ServicePrincipal", "", created))

    def put(self, assignment: Assignment) -> None:
        """Keep `assignment` under its scope and name."""
        with self._lock:
            self._assignments[(assignment.scope.lower(), assignment.name.lower())] = assignment

    def get(self, scope: str, name: str) -> Assignment | None:
        """The assignment of this name at exactly this scope."""
        with self._lock:
            return self._assignments.get((scope.lower(), name.lower()))

    def remove(self, scope: str, name: str) -> Assignment | None:
        """Take the assignment away and return it, if it was there."""
        with self._lock:
            return self._assignments.pop((scope.lower(), name.lower()), None)

    def all(self) -> list[Assignment]:
        """Every assignment, oldest first."""
        with self._lock:
            return sorted(self._assignments.values(), key=lambda found: found.created)

    def roles_at(self, principal: str, resource: str) -> list[Role]:
        """The roles that `principal` holds at `resource`, its own and those from above, each once."""
        held = (
            found.role for found in self.all() if found.principal == principal.lower() and covers(found.scope, resource)
        )
        return list(dict.fromkeys(held))

    def permits(self, principal: str, action: str, resource: str) -> bool:
        """Whether any assignment of `principal` at or above `resource` allows `action`."""
        return any(role.allows(action) for role in self.roles_at(principal, resource))

    def knows(self, principal: str) -> bool:
        """Whether `principal` holds any role anywhere, which is what it takes to see the subscription at all."""
        return any(found.principal == principal.lower() for found in self.all())
