"""Assignments that come and go without any callout, as after an outage or when an extension was bound too late.

Only what reads the assignments later, such as a job of Lifecycle Workflows, then learns of them.
"""

from __future__ import annotations

from typing import Any

from provision.sandbox.graph.assignments import ASSIGNMENT
from provision.sandbox.graph.lifecycle import Lifecycle
from provision.sandbox.graph.tenant import Entity, Tenant, timestamp
from provision.sandbox.service import Refusal


class SilentAssignments:
    """Writes assignments past the requests."""

    def __init__(self, tenant: Tenant, lifecycle: Lifecycle) -> None:
        self._tenant = tenant
        self._lifecycle = lifecycle

    def assign(self, subject: Entity, package: Entity, policy: Entity) -> Entity:
        """A delivered assignment.

        Raises:
            Refusal: 400 when the subject has the package, or is about to.
        """
        with self._tenant.changed:
            if self._lifecycle.live_assignment(subject, package):
                who, what = subject.values["displayName"], package.values["displayName"]
                raise Refusal(400, "ExistingAssignment", f"{who} already has the access package '{what}'.")
            links = {"target": subject.id, "accessPackage": package.id, "assignmentPolicy": policy.id}
            schedule = {"startDateTime": timestamp(), "expiration": policy.values.get("expiration")}
            values = {"state": "delivered", "status": "Delivered", "schedule": schedule, "expiredDateTime": None}
            return self._tenant.add(ASSIGNMENT, {**values, "customExtensionCalloutInstances": []}, links)

    def end(self, assignment: Entity) -> Entity:
        """An assignment that has expired."""
        expired = {"state": "expired", "status": "Expired", "expiredDateTime": timestamp()}
        return self._tenant.update(assignment, expired)

    def told(self, assignment: Entity) -> dict[str, Any]:
        """An assignment as whoever asked for it is told."""
        subject = self._tenant.follow(assignment, "target")
        package = self._tenant.follow(assignment, "accessPackage")
        return {
            "assignment": {"id": assignment.id, "state": assignment.values["state"]},
            "user": {"id": subject.values["objectId"], "name": subject.values["principalName"]},
            "package": {"id": package.id, "name": package.values["displayName"]},
        }
