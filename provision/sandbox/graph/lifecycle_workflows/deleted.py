"""`deletedItems/workflows`: what was deleted, until it is restored or removed for good."""

from __future__ import annotations

from collections.abc import Sequence

from provision.sandbox.graph.answers import Answers
from provision.sandbox.graph.lifecycle_workflows.entity_types import WORKFLOW
from provision.sandbox.graph.lifecycle_workflows.rights import READ, ROOT, WRITE
from provision.sandbox.graph.lifecycle_workflows.versions import Versions
from provision.sandbox.graph.lifecycle_workflows.workflows import whole
from provision.sandbox.graph.odata import Shape, options_of, shape_of
from provision.sandbox.graph.permissions import Gate
from provision.sandbox.graph.tenant import Entity, Tenant
from provision.sandbox.service import Answer, Call, Refusal, Route

_BASE = f"{ROOT}/deletedItems/workflows"


class DeletedWorkflows:
    """The workflows that are deleted; the sandbox keeps them longer than the service's 30 days."""

    def __init__(self, tenant: Tenant, gate: Gate, answers: Answers, versions: Versions) -> None:
        self._tenant = tenant
        self._gate = gate
        self._answers = answers
        self._versions = versions

    def routes(self) -> Sequence[Route]:
        """List, get, remove for good, restore."""
        one = f"{_BASE}/{{workflow}}"
        return (
            Route("GET", _BASE, self._list),
            Route("GET", one, self._get),
            Route("DELETE", one, self._delete),
            Route("POST", f"{one}/restore", self._restore),
            Route("POST", f"{one}/microsoft.graph.identityGovernance.restore", self._restore),
        )

    def _list(self, call: Call) -> Answer:
        self._gate.admit(call, READ)
        rows = [row for row in self._tenant.rows(WORKFLOW) if row.values["deletedDateTime"]]
        return self._answers.many(call, rows, options_of(call, WORKFLOW, {"displayName": "eq"}))

    def _get(self, call: Call) -> Answer:
        self._gate.admit(call, READ)
        return self._answers.one(call, self._found(call), whole(shape_of(call, WORKFLOW)))

    def _delete(self, call: Call) -> Answer:
        self._gate.admit(call, WRITE)
        self._versions.forget(self._found(call))
        return Answer(204)

    def _restore(self, call: Call) -> Answer:
        self._gate.admit(call, WRITE)
        restored = self._tenant.update(self._found(call), {"deletedDateTime": None})
        return self._answers.one(call, restored, whole(Shape()))

    def _found(self, call: Call) -> Entity:
        found = self._tenant.require(WORKFLOW, call.arguments["workflow"])
        if not found.values["deletedDateTime"]:
            raise Refusal(404, "ResourceNotFound", f"The {WORKFLOW} with id '{found.id}' is not deleted.")
        return found
