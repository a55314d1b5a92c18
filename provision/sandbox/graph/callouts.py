"""The callouts of a request: what was sent for it, and what came back.

They are kept with the request; the part that Graph shows (`customExtensionCalloutInstances`) is kept beside them, on
the request and on its assignment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from provision.sandbox.graph.tenant import Entity, Tenant

SENT = "calloutSent"
WAITING = "waitingForCallback"
RECEIVED = "callbackReceived"
FAILED = "calloutFailed"
TIMED_OUT = "callbackTimedOut"


@dataclass(frozen=True, slots=True)
class CalloutInstance:
    """One extension called at one stage; `waits` says that it was asked to call back, `run` is the Logic App's run."""

    instance: str
    stage: str
    extension: str
    name: str
    status: str
    waits: bool
    detail: str = ""
    run: str = ""

    def shown(self) -> dict[str, Any]:
        """As Graph shows it."""
        return {
            "id": self.instance,
            "customExtensionId": self.extension,
            "externalCorrelationId": self.run or None,
            "status": self.status,
            "detail": self.detail,
        }

    def told(self) -> dict[str, Any]:
        """As the requester is told."""
        return asdict(self)


def callouts_of(request: Entity) -> tuple[CalloutInstance, ...]:
    """The callouts of a request, in the order in which they were sent."""
    return tuple(request.values.get("callouts", ()))


def record(tenant: Tenant, request: Entity, callout: CalloutInstance, values: Mapping[str, Any] | None = None) -> None:
    """Put a callout (new, or a later state of an old one) and other new values on a request."""
    with tenant.changed:
        known = {found.instance: found for found in callouts_of(tenant.require(request.type, request.id))}
        known[callout.instance] = callout
        shown = {"customExtensionCalloutInstances": [found.shown() for found in known.values()]}
        changed = tenant.update(request, {**(values or {}), **shown, "callouts": tuple(known.values())})
        tenant.update(tenant.follow(changed, "assignment"), shown)


def waiting(request: Entity) -> Iterator[CalloutInstance]:
    """The callouts whose callback has not come."""
    return (callout for callout in callouts_of(request) if callout.status == WAITING)
