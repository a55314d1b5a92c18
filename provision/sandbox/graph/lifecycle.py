"""The life of a request: submitted, stage by stage with its callouts, to delivery or failure.

What a failed or silent extension does to the request is not documented exactly. Here the request ends as
`deliveryFailed` and so does a new assignment, while an assignment that is removed expires in any case.
"""

from __future__ import annotations

from typing import Any

from provision.sandbox.graph.assignments import ASSIGNMENT, LIVE
from provision.sandbox.graph.callouts import callouts_of
from provision.sandbox.graph.settings import GraphSettings
from provision.sandbox.graph.stages import REMOVED, REQUEST, Stages, pass_status
from provision.sandbox.graph.tenant import Entity, Tenant, timestamp
from provision.sandbox.service import Refusal

_ADD_STAGES = ("assignmentRequestCreated", "assignmentRequestApproved", "assignmentRequestGranted")
_REMOVE_STAGES = (REMOVED,)
_FAILED_STATES = {"Denied": "denied", "Canceled": "canceled"}


class Lifecycle:
    """Makes requests and carries them through their stages."""

    def __init__(self, tenant: Tenant, stages: Stages, settings: GraphSettings) -> None:
        self._tenant = tenant
        self._stages = stages
        self._settings = settings

    def submit_add(self, subject: Entity, package: Entity, policy: Entity, kind: str = "adminAdd") -> Entity:
        """A new request for an access package, and the assignment it is to deliver.

        Raises:
            Refusal: 400 when the subject has the package, or is about to.
        """
        with self._tenant.changed:
            if self.live_assignment(subject, package):
                who, what = subject.values["displayName"], package.values["displayName"]
                raise Refusal(400, "ExistingAssignment", f"{who} already has the access package '{what}'.")
            links = {"target": subject.id, "accessPackage": package.id, "assignmentPolicy": policy.id}
            schedule = {"startDateTime": timestamp(), "expiration": policy.values.get("expiration")}
            values = {"state": "delivering", "status": "Delivering", "schedule": schedule, "expiredDateTime": None}
            made = self._tenant.add(ASSIGNMENT, {**values, "customExtensionCalloutInstances": []}, links)
            made = self._tenant.update(made, {}, hidden=self._settings.lagging_assignments)
            return self._submit(made, subject, kind)

    def submit_remove(self, assignment: Entity, kind: str = "adminRemove") -> Entity:
        """A new request to take an assignment away.

        Raises:
            Refusal: 400 when the assignment is not live, or a request for it is still open.
        """
        with self._tenant.changed:
            if assignment.values["state"] not in LIVE:
                raise Refusal(400, "InvalidAssignmentState", f"The assignment '{assignment.id}' is not delivered.")
            requests = self._tenant.rows(REQUEST)
            mine = (row for row in requests if row.links["assignment"] == assignment.id)
            if any(row.values["completedDateTime"] is None for row in mine):
                raise Refusal(400, "ExistingOpenRequest", "A request for this assignment is still open.")
            if not self._settings.lagging_assignments:
                self._expire(assignment)
            return self._submit(assignment, self._tenant.follow(assignment, "target"), kind)

    def live_assignment(self, subject: Entity, package: Entity) -> Entity | None:
        """The assignment that gives a subject the package, or is about to."""
        for row in self._tenant.rows(ASSIGNMENT, hidden=True):
            wanted = row.links["target"] == subject.id and row.links["accessPackage"] == package.id
            if wanted and row.values["state"] in LIVE:
                return row
        return None

    def run(self, request: Entity) -> Entity:
        """Carry a submitted request to its end; the request as it is then.

        Raises:
            Refusal: 404 when the sandbox was reset meanwhile.
        """
        adding = not str(request.values["requestType"]).endswith("Remove")
        failure = ""
        for stage in _ADD_STAGES if adding else _REMOVE_STAGES:
            if stage in {"assignmentRequestGranted", REMOVED}:
                pass_status(self._tenant, request, "delivering", "Delivering")
            failure = failure or self._stages.hold(request, stage)
        return self._finish(request, failure, adding=adding)

    def told(self, request: Entity) -> dict[str, Any]:
        """A request as its requester is told about it."""
        assignment = self._tenant.follow(request, "assignment")
        package = self._tenant.follow(assignment, "accessPackage")
        subject = self._tenant.follow(assignment, "target")
        return {
            "request": request.id,
            "type": request.values["requestType"],
            "state": request.values["state"],
            "status": request.values["status"],
            "passed": list(request.values["passed"]),
            "created": request.values["createdDateTime"],
            "completed": request.values["completedDateTime"],
            "user": {"id": subject.values["objectId"], "name": subject.values["principalName"]},
            "package": {"id": package.id, "name": package.values["displayName"]},
            "catalog": self._tenant.follow(package, "catalog").values["displayName"],
            "assignment": {"id": assignment.id, "state": assignment.values["state"]},
            "callouts": [callout.told() for callout in callouts_of(request)],
        }

    def _submit(self, assignment: Entity, subject: Entity, kind: str) -> Entity:
        links = {
            "accessPackage": assignment.links["accessPackage"],
            "assignment": assignment.id,
            "requestor": subject.id,
        }
        values = {
            "requestType": kind,
            "state": "submitted",
            "status": "Submitted",
            "justification": None,
            "createdDateTime": timestamp(),
            "completedDateTime": None,
            "schedule": assignment.values["schedule"],
            "customExtensionCalloutInstances": [],
            "passed": ("Submitted",),
        }
        return self._tenant.add(REQUEST, values, links)

    def _finish(self, request: Entity, failure: str, *, adding: bool) -> Entity:
        with self._tenant.changed:
            assignment = self._tenant.follow(request, "assignment")
            if not adding:
                self._expire(assignment)
            elif failure:
                failed = {"state": "deliveryFailed", "status": "DeliveryFailed"}
                self._tenant.update(assignment, failed, hidden=False)
            else:
                self._tenant.update(assignment, {"state": "delivered", "status": "Delivered"}, hidden=False)
            state = _FAILED_STATES.get(failure, "deliveryFailed") if failure else "delivered"
            pass_status(self._tenant, request, state, failure or "Delivered")
            return self._tenant.update(request, {"completedDateTime": timestamp()})

    def _expire(self, assignment: Entity) -> None:
        expired = {"state": "expired", "status": "Expired", "expiredDateTime": timestamp()}
        self._tenant.update(assignment, expired)
