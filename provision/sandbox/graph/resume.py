"""The callback: `resume` of a request that waits, on the documented v1.0 route and on the older one of beta.

Only the stage that waits can be resumed, by its own instance id. A request may be denied or cancelled at the stage
`assignmentRequestCreated` only; at the other stages there is no word for failure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from provision.sandbox.graph import bodies
from provision.sandbox.graph.callouts import RECEIVED, CalloutInstance, record, waiting
from provision.sandbox.graph.catalogs import ENTITLEMENT
from provision.sandbox.graph.metadata import ENUMS
from provision.sandbox.graph.permissions import RESUME, Gate
from provision.sandbox.graph.settings import GraphSettings
from provision.sandbox.graph.stages import REQUEST, WAITING_STATUS
from provision.sandbox.graph.tenant import Entity, Tenant
from provision.sandbox.service import Answer, Call, Refusal, Route

BETA = "/beta/identityGovernance/entitlementManagement/accessPackageAssignmentRequests"
TYPE_PREFIX = "microsoft.graph.accessPackageCustomExtensionStage."
_DECISIONS = ("denied", "canceled")
_DECIDES = "assignmentRequestCreated"


class Resume:
    """Takes callbacks."""

    def __init__(self, tenant: Tenant, gate: Gate, settings: GraphSettings) -> None:
        self._tenant = tenant
        self._gate = gate
        self._settings = settings

    def routes(self) -> Sequence[Route]:
        """The action on both routes, with its short and its qualified name."""
        sets = ((f"{ENTITLEMENT}/assignmentRequests", self._resume_v1), (BETA, self._resume))
        return tuple(
            Route("POST", f"{base}/{{request}}/{name}", handler)
            for base, handler in sets
            for name in ("resume", "microsoft.graph.resume")
        )

    def _resume_v1(self, call: Call) -> Answer:
        if not self._settings.resume_in_v1:
            raise Refusal(404, "ResourceNotFound", "Resource not found for the segment 'resume'.")
        return self._resume(call)

    def _resume(self, call: Call) -> Answer:
        request = self._tenant.get(REQUEST, call.arguments["request"])
        self._gate.admit(call, RESUME, self._catalog_of(request) if request else None)
        stage, data = _read(call)
        with self._tenant.changed:
            now = self._tenant.require(REQUEST, call.arguments["request"])
            if now.values["status"] != WAITING_STATUS:
                message = f"The request is not in requestStatus {WAITING_STATUS} but {now.values['status']}."
                raise Refusal(400, "InvalidRequestStatus", message)
            callout = _waiting_for(now, stage, data)
            detail = str(data.get("customExtensionStageInstanceDetail") or "")
            decision = _decision(stage, data.get("state"))
            record(self._tenant, now, replace(callout, status=RECEIVED, detail=detail), decision)
        return Answer(204)

    def _catalog_of(self, request: Entity) -> str:
        return str(self._tenant.follow(request, "accessPackage").links["catalog"])


def _read(call: Call) -> tuple[str, Mapping[str, Any]]:
    """The stage and the data of a callback."""
    body = call.json()
    if not isinstance(body, dict) or set(body) - {"source", "type", "data"}:
        raise Refusal(400, "BadRequest", "The body of resume holds source, type and data, and nothing else.")
    if not isinstance(body.get("source"), str | None):
        raise Refusal(400, "BadRequest", "source must be a text.")
    kind = body.get("type")
    stages = ENUMS["accessPackageCustomExtensionStage"]
    if not isinstance(kind, str) or kind.removeprefix(TYPE_PREFIX) not in stages or not kind.startswith(TYPE_PREFIX):
        raise Refusal(400, "BadRequest", f"type must be {TYPE_PREFIX}<stage>, not '{kind}'.")
    data: Any = body.get("data")
    bodies.check(data, "customExtensionData", "data")
    stage = kind.removeprefix(TYPE_PREFIX)
    if data.get("stage") not in {None, stage}:
        raise Refusal(400, "BadRequest", f"data.stage '{data['stage']}' is not the stage of type '{kind}'.")
    return stage, dict(data)


def _waiting_for(request: Entity, stage: str, data: Mapping[str, Any]) -> CalloutInstance:
    wanted = str(data.get("customExtensionStageInstanceId") or "").lower()
    found = next((callout for callout in waiting(request) if callout.instance == wanted), None)
    if found is None:
        message = f"The request waits for no callback with customExtensionStageInstanceId '{wanted}'."
        raise Refusal(400, "InvalidCustomExtensionStageInstanceId", message)
    if found.stage != stage:
        raise Refusal(400, "BadRequest", f"The stage that waits is {found.stage}, not {stage}.")
    return found


def _decision(stage: str, state: str | None) -> dict[str, str]:
    if state is None:
        return {}
    if state not in _DECISIONS or stage != _DECIDES:
        message = (
            f"data.state may be {' or '.join(_DECISIONS)}, at the stage {_DECIDES} only; not '{state}' at {stage}."
        )
        raise Refusal(400, "BadRequest", message)
    return {"decision": state}
