"""`assignmentRequests`: read, and create as an administrator would (`adminAdd`, `adminRemove`).

The body of a create follows the reference page: `assignment` holds `targetId`, `accessPackageId` and
`assignmentPolicyId`, or the `id` of the assignment to remove. The metadata knows none of these three names.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from provision.sandbox.graph.answers import Answers
from provision.sandbox.graph.assignments import ASSIGNMENT
from provision.sandbox.graph.catalogs import ENTITLEMENT
from provision.sandbox.graph.lifecycle import Lifecycle
from provision.sandbox.graph.odata import options_of, shape_of
from provision.sandbox.graph.permissions import READ, WRITE_REQUESTS, Gate
from provision.sandbox.graph.seed import subject_of
from provision.sandbox.graph.stages import REQUEST
from provision.sandbox.graph.tenant import Entity, Tenant
from provision.sandbox.journal import log
from provision.sandbox.service import Answer, Call, Refusal, Route

_BASE = f"{ENTITLEMENT}/assignmentRequests"
_FILTERS = {"state": "eq", "status": "eq", "requestType": "eq", "accessPackage/id": "eq", "requestor/objectId": "eq"}
_ADD = {"targetId", "accessPackageId", "assignmentPolicyId"}


class Requests:
    """The requests for access packages."""

    def __init__(self, tenant: Tenant, gate: Gate, answers: Answers, lifecycle: Lifecycle) -> None:
        self._tenant = tenant
        self._gate = gate
        self._answers = answers
        self._lifecycle = lifecycle

    def routes(self) -> Sequence[Route]:
        """List, get, create."""
        return (
            Route("GET", _BASE, self._list),
            Route("POST", _BASE, self._create),
            Route("GET", f"{_BASE}/{{request}}", self._get),
        )

    def _list(self, call: Call) -> Answer:
        options = options_of(call, REQUEST, _FILTERS)
        package = options.condition.demanded("accessPackage/id") if options.condition else None
        self._gate.admit(call, READ, self._catalog_of(package))
        return self._answers.many(call, self._tenant.rows(REQUEST), options)

    def _get(self, call: Call) -> Answer:
        found = self._tenant.get(REQUEST, call.arguments["request"])
        self._gate.admit(call, READ, self._catalog_of(str(found.links["accessPackage"])) if found else None)
        request = self._tenant.require(REQUEST, call.arguments["request"])
        return self._answers.one(call, request, shape_of(call, REQUEST))

    def _create(self, call: Call) -> Answer:
        body = call.json()
        wanted = body.get("assignment") if isinstance(body, dict) else None
        kind = body.get("requestType") if isinstance(body, dict) else None
        if not isinstance(wanted, dict) or set(body) - {"requestType", "assignment", "justification"}:
            raise Refusal(
                400, "BadRequest", "The body must hold requestType and assignment, and may hold justification."
            )
        request = self._submit(call, str(kind), wanted)
        if body.get("justification"):
            request = self._tenant.update(request, {"justification": str(body["justification"])})
        threading.Thread(target=self._run, args=(request,), name=f"request-{request.id}", daemon=True).start()
        return self._answers.one(call, request, status=201)

    def _submit(self, call: Call, kind: str, wanted: Mapping[str, Any]) -> Entity:
        if kind == "adminAdd" and set(wanted) == _ADD:
            package = self._tenant.require("accessPackage", str(wanted["accessPackageId"]))
            self._gate.admit(call, WRITE_REQUESTS, str(package.links["catalog"]))
            policy = self._tenant.require("accessPackageAssignmentPolicy", str(wanted["assignmentPolicyId"]))
            if policy.links["accessPackage"] != package.id:
                raise Refusal(400, "BadRequest", f"The policy '{policy.id}' does not belong to the access package.")
            user = self._tenant.require("user", str(wanted["targetId"]))
            subject = self._tenant.require("accessPackageSubject", subject_of(user.id))
            return self._lifecycle.submit_add(subject, package, policy)
        if kind == "adminRemove" and set(wanted) == {"id"}:
            assignment = self._tenant.require(ASSIGNMENT, str(wanted["id"]))
            self._gate.admit(call, WRITE_REQUESTS, self._catalog_of(str(assignment.links["accessPackage"])))
            return self._lifecycle.submit_remove(assignment)
        names = ", ".join(sorted(_ADD))
        message = f"The sandbox plays adminAdd with an assignment of {names}, and adminRemove with an assignment of id."
        raise Refusal(400, "BadRequest", message)

    def _run(self, request: Entity) -> None:
        try:
            self._lifecycle.run(request)
        except Refusal as refusal:
            log.info("request %s ended early, as the sandbox was reset: %s", request.id, refusal)

    def _catalog_of(self, package: str | None) -> str | None:
        found = self._tenant.get("accessPackage", package) if package else None
        return str(found.links["catalog"]) if found else None
