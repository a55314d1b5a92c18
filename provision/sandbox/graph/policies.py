"""`assignmentPolicies`: read, and replace by PUT.

PUT replaces the whole policy, as its examples do: a property that the body leaves out is lost, also the stage settings
and questions. Answers hold navigations only when they are expanded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provision.sandbox.graph import bodies
from provision.sandbox.graph.answers import Answers
from provision.sandbox.graph.catalogs import ENTITLEMENT
from provision.sandbox.graph.metadata import properties_of
from provision.sandbox.graph.odata import options_of, shape_of
from provision.sandbox.graph.permissions import READ, WRITE_POLICIES, Gate
from provision.sandbox.graph.stage_settings import StageSettings
from provision.sandbox.graph.tenant import Entity, Tenant, timestamp
from provision.sandbox.service import Answer, Call, Refusal, Route

POLICY = "accessPackageAssignmentPolicy"
_BASE = f"{ENTITLEMENT}/assignmentPolicies"
_FILTERS = {"displayName": "eq", "accessPackage/id": "eq", "catalog/id": "eq"}
_KEPT = {"id", "createdDateTime", "modifiedDateTime"}


class Policies:
    """The assignment policies of the access packages."""

    def __init__(self, tenant: Tenant, gate: Gate, answers: Answers) -> None:
        self._tenant = tenant
        self._gate = gate
        self._answers = answers
        self._stages = StageSettings(tenant)

    def routes(self) -> Sequence[Route]:
        """List, get, replace; PATCH is not in the metadata and has no route."""
        return (
            Route("GET", _BASE, self._list),
            Route("GET", f"{_BASE}/{{policy}}", self._get),
            Route("PUT", f"{_BASE}/{{policy}}", self._replace),
        )

    def _list(self, call: Call) -> Answer:
        self._gate.admit(call, READ)
        return self._answers.many(call, self._tenant.rows(POLICY), options_of(call, POLICY, _FILTERS))

    def _get(self, call: Call) -> Answer:
        self._gate.admit(call, READ, self._catalog_of(call))
        policy = self._tenant.require(POLICY, call.arguments["policy"])
        return self._answers.one(call, policy, shape_of(call, POLICY))

    def _replace(self, call: Call) -> Answer:
        self._gate.admit(call, WRITE_POLICIES, self._catalog_of(call))
        shape = shape_of(call, POLICY)
        body = bodies.read(call, POLICY)
        with self._tenant.changed:
            policy = self._tenant.require(POLICY, call.arguments["policy"])
            self._check_relations(policy, body)
            if not str(body.get("displayName") or "").strip():
                raise Refusal(400, "InvalidModel", "displayName is required.")
            settings = self._stages.replace(policy, body.get("customExtensionStageSettings", []))
            questions = self._replace_questions(policy, body.get("questions", []))
            links = {"customExtensionStageSettings": settings, "questions": questions}
            changed = self._tenant.update(policy, {**_values(body), "modifiedDateTime": timestamp()}, links)
        return self._answers.one(call, changed, shape)

    def _check_relations(self, policy: Entity, body: Mapping[str, Any]) -> None:
        if body.get("id", policy.id) != policy.id:
            raise Refusal(400, "InvalidModel", f"The body's id '{body['id']}' is not the id in the path.")
        if "catalog" in body:
            raise Refusal(400, "InvalidModel", "The navigation property catalog cannot be written.")
        package = (body.get("accessPackage") or {}).get("id")
        if package is None:
            raise Refusal(400, "InvalidModel", "accessPackage with its id is required.")
        if package != policy.links["accessPackage"]:
            raise Refusal(400, "InvalidModel", "A policy cannot move to another access package.")
        known = {row.id for row in self._tenant.linked_rows(policy, "questions")}
        for question in body.get("questions", []):
            if question.get("id") and question["id"] not in known:
                raise Refusal(400, "InvalidModel", f"The policy has no question with id '{question['id']}'.")

    def _replace_questions(self, policy: Entity, questions: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
        old = {row.id: row for row in self._tenant.linked_rows(policy, "questions")}
        kept = []
        for question in questions:
            kind = bodies.actual_type(question, "accessPackageQuestion", "questions")
            values = {name: value for name, value in question.items() if name != "id" and "@" not in name}
            kept.append(self._tenant.add(kind, values, key=str(question.get("id") or "")).id)
        for key in old.keys() - set(kept):
            self._tenant.remove(old[key])
        return tuple(kept)

    def _catalog_of(self, call: Call) -> str | None:
        policy = self._tenant.get(POLICY, call.arguments["policy"])
        return str(policy.links["catalog"]) if policy else None


def _values(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a body makes of a policy: every property, those it leaves out empty."""
    written = [found for found in properties_of(POLICY).values() if not found.link and found.name not in _KEPT]
    return {found.name: body.get(found.name, [] if found.many else None) for found in written}
