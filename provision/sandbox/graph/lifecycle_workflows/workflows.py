"""`workflows`: read, create, change the basics (PATCH), add a version, delete, run on demand.

A list tells neither tasks nor execution conditions, and can expand neither (Microsoft's reference: only `createdBy` and
`lastModifiedBy`); a single workflow comes with its tasks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from provision.sandbox.graph import bodies
from provision.sandbox.graph.answers import Answers
from provision.sandbox.graph.lifecycle_workflows.entity_types import VERSION, WORKFLOW
from provision.sandbox.graph.lifecycle_workflows.rights import LIST, READ, ROOT, WRITE
from provision.sandbox.graph.lifecycle_workflows.versions import BASICS, Versions
from provision.sandbox.graph.lifecycle_workflows.workflow_rules import WorkflowRules
from provision.sandbox.graph.metadata import properties_of
from provision.sandbox.graph.odata import Shape, options_of, shape_of
from provision.sandbox.graph.permissions import Gate
from provision.sandbox.graph.tenant import Entity, Tenant, timestamp
from provision.sandbox.service import Answer, Call, Refusal, Route

LIMIT = 100
"""Workflows of one tenant (Microsoft's service limits)."""
_BASE = f"{ROOT}/workflows"
_ONE = f"{_BASE}/{{workflow}}"
_FILTERS = {"displayName": "eq contains startswith", "category": "eq", "isEnabled": "eq"}
_PEOPLE = {"createdBy", "lastModifiedBy"}
_LISTED = frozenset(properties_of(WORKFLOW)) - {"executionConditions"}


def find(tenant: Tenant, key: str) -> Entity:
    """The workflow with this id.

    Raises:
        Refusal: 404 when there is none, or it is deleted.
    """
    found = tenant.require(WORKFLOW, key)
    if found.values["deletedDateTime"]:
        raise Refusal(404, "ResourceNotFound", f"The {WORKFLOW} with id '{key}' is deleted.")
    return found


def whole(shape: Shape) -> Shape:
    """A shape with what a single workflow comes with beside its properties: its tasks."""
    chosen = shape.select is None or "tasks" in shape.select
    return replace(shape, expand={"tasks": Shape(), **shape.expand}) if chosen else shape


class Workflows:
    """The workflows of the tenant that are not deleted."""

    def __init__(self, tenant: Tenant, gate: Gate, answers: Answers, versions: Versions, rules: WorkflowRules) -> None:
        self._tenant = tenant
        self._gate = gate
        self._answers = answers
        self._versions = versions
        self._rules = rules

    def routes(self) -> Sequence[Route]:
        """Reading and writing, and the action of a new version under both its names."""
        names = ("createNewVersion", "microsoft.graph.identityGovernance.createNewVersion")
        return (
            Route("GET", _BASE, self._list),
            Route("POST", _BASE, self._create),
            Route("GET", _ONE, self._get),
            Route("PATCH", _ONE, self._rename),
            Route("DELETE", _ONE, self._delete),
            Route("GET", f"{_ONE}/versions", self._list_versions),
            Route("GET", f"{_ONE}/versions/{{version}}", self._get_version),
            *(Route("POST", f"{_ONE}/{name}", self._add_version) for name in names),
        )

    def _list(self, call: Call) -> Answer:
        self._gate.admit(call, LIST)
        options = options_of(call, WORKFLOW, _FILTERS)
        if others := sorted(set(options.shape.expand) - _PEOPLE):
            raise Refusal(400, "BadRequest", f"A list of workflows cannot expand {', '.join(others)}.")
        shape = options.shape if options.shape.select else replace(options.shape, select=_LISTED)
        rows = [row for row in self._tenant.rows(WORKFLOW) if not row.values["deletedDateTime"]]
        return self._answers.many(call, rows, replace(options, shape=shape))

    def _get(self, call: Call) -> Answer:
        self._gate.admit(call, READ)
        return self._answers.one(call, self._found(call), whole(shape_of(call, WORKFLOW)))

    def _create(self, call: Call) -> Answer:
        self._gate.admit(call, WRITE)
        body = bodies.read(call, WORKFLOW)
        with self._tenant.changed:
            if len(self._tenant.rows(WORKFLOW)) >= LIMIT:
                raise Refusal(400, "QuotaExceeded", f"The tenant already has {LIMIT} workflows.")
            values, tasks = self._rules.values(body), self._rules.tasks(body)
            made = self._versions.create(values, tasks)
        return self._answers.one(call, made, whole(Shape()), status=201)

    def _add_version(self, call: Call) -> Answer:
        self._gate.admit(call, WRITE)
        body = _parameter(call)
        with self._tenant.changed:
            workflow = self._found(call)
            values, tasks = self._rules.values(body), self._rules.tasks(body)
            if values["category"] != workflow.values["category"]:
                raise Refusal(400, "BadRequest", "The category of a workflow cannot change.")
            changed = self._versions.add(workflow, values, tasks)
        return self._answers.one(call, changed, whole(Shape()))

    def _rename(self, call: Call) -> Answer:
        self._gate.admit(call, WRITE)
        body = bodies.read(call, WORKFLOW)
        values = {name: value for name, value in body.items() if "@" not in name}
        if others := sorted(set(values) - set(BASICS)):
            message = f"{', '.join(others)} of a workflow can be changed only by createNewVersion."
            raise Refusal(400, "BadRequest", message)
        self._versions.rename(self._found(call), values)
        return Answer(204)

    def _delete(self, call: Call) -> Answer:
        self._gate.admit(call, WRITE)
        self._tenant.update(self._found(call), {"deletedDateTime": timestamp()})
        return Answer(204)

    def _list_versions(self, call: Call) -> Answer:
        self._gate.admit(call, READ)
        versions = self._versions.all(self._found(call))
        return self._answers.many(call, versions, options_of(call, VERSION, {}))

    def _get_version(self, call: Call) -> Answer:
        self._gate.admit(call, READ)
        wanted = call.arguments["version"]
        for version in self._versions.all(self._found(call)):
            if str(version.values["versionNumber"]) == wanted:
                return self._answers.one(call, version, whole(shape_of(call, VERSION)))
        raise Refusal(404, "ResourceNotFound", f"The workflow has no version {wanted}.")

    def _found(self, call: Call) -> Entity:
        return find(self._tenant, call.arguments["workflow"])


def _parameter(call: Call) -> dict[str, Any]:
    """The parameter `workflow` of the action; Microsoft's second example leaves its name out, its metadata does not."""
    body = call.json()
    if not isinstance(body, dict) or set(body) != {"workflow"}:
        raise Refusal(400, "BadRequest", "The body of createNewVersion holds workflow, and nothing else.")
    bodies.check(body["workflow"], WORKFLOW, "workflow")
    return dict(body["workflow"])
