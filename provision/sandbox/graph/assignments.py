"""`assignments`: who has which access package, with all that has expired."""

from __future__ import annotations

from collections.abc import Sequence

from provision.sandbox.graph.answers import Answers
from provision.sandbox.graph.catalogs import ENTITLEMENT
from provision.sandbox.graph.odata import options_of, shape_of
from provision.sandbox.graph.permissions import READ, Gate
from provision.sandbox.graph.tenant import Tenant
from provision.sandbox.service import Answer, Call, Refusal, Route

ASSIGNMENT = "accessPackageAssignment"
LIVE = ("delivering", "partiallyDelivered", "delivered")
"""The states of an assignment that gives access, or is about to."""
_FILTERS = {"state": "eq", "accessPackage/id": "eq", "assignmentPolicy/id": "eq", "target/objectId": "eq"}


class Assignments:
    """Reading assignments; the life cycle of requests writes them."""

    def __init__(self, tenant: Tenant, gate: Gate, answers: Answers) -> None:
        self._tenant = tenant
        self._gate = gate
        self._answers = answers

    def routes(self) -> Sequence[Route]:
        """List and get."""
        return (
            Route("GET", f"{ENTITLEMENT}/assignments", self._list),
            Route("GET", f"{ENTITLEMENT}/assignments/{{assignment}}", self._get),
        )

    def _list(self, call: Call) -> Answer:
        options = options_of(call, ASSIGNMENT, _FILTERS)
        package = options.condition.demanded("accessPackage/id") if options.condition else None
        self._gate.admit(call, READ, self._catalog_of(package))
        return self._answers.many(call, self._tenant.rows(ASSIGNMENT), options)

    def _get(self, call: Call) -> Answer:
        key = call.arguments["assignment"]
        found = self._tenant.get(ASSIGNMENT, key)
        self._gate.admit(call, READ, self._catalog_of(str(found.links["accessPackage"])) if found else None)
        if found is None or found.hidden:
            raise Refusal(404, "ResourceNotFound", f"The {ASSIGNMENT} with id '{key}' was not found.")
        return self._answers.one(call, found, shape_of(call, ASSIGNMENT))

    def _catalog_of(self, package: str | None) -> str | None:
        found = self._tenant.get("accessPackage", package) if package else None
        return str(found.links["catalog"]) if found else None
