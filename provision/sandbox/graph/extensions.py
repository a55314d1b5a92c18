"""`customWorkflowExtensions` of a catalog: create, read, update (PUT), delete.

An application needs `endpointConfiguration.url` where a user would not. A create or update calls the Logic App
(connection test) and is refused when that fails; the wording of that refusal is the sandbox's own, since Microsoft
documents none. An extension that a policy uses cannot be deleted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provision.sandbox.graph import bodies
from provision.sandbox.graph.answers import Answers
from provision.sandbox.graph.callout import Callouts, connection_test
from provision.sandbox.graph.catalogs import ENTITLEMENT
from provision.sandbox.graph.extension_rules import bare, check_extension
from provision.sandbox.graph.odata import options_of, shape_of
from provision.sandbox.graph.permissions import READ, WRITE_EXTENSIONS, Gate
from provision.sandbox.graph.settings import GraphSettings
from provision.sandbox.graph.tenant import Entity, Tenant, timestamp
from provision.sandbox.service import Answer, Call, Refusal, Route

EXTENSION = "customCalloutExtension"
LIMIT = 500
"""Custom extensions of one tenant (Microsoft's service limits)."""
_BASE = f"{ENTITLEMENT}/catalogs/{{catalog}}/customWorkflowExtensions"
_FILTERS = {"displayName": "eq contains startswith"}


class Extensions:
    """The custom extensions of the catalogs."""

    def __init__(
        self, tenant: Tenant, gate: Gate, answers: Answers, callouts: Callouts, settings: GraphSettings
    ) -> None:
        self._tenant = tenant
        self._gate = gate
        self._answers = answers
        self._callouts = callouts
        self._settings = settings

    def routes(self) -> Sequence[Route]:
        """The five operations; Microsoft documents PUT and not PATCH."""
        return (
            Route("GET", _BASE, self._list),
            Route("POST", _BASE, self._create),
            Route("GET", f"{_BASE}/{{extension}}", self._get),
            Route("PUT", f"{_BASE}/{{extension}}", self._update),
            Route("DELETE", f"{_BASE}/{{extension}}", self._delete),
        )

    def _list(self, call: Call) -> Answer:
        self._gate.admit(call, READ, call.arguments["catalog"])
        catalog = self._catalog(call)
        rows = [row for row in self._tenant.rows(EXTENSION) if row.links["catalog"] == catalog.id]
        return self._answers.many(call, rows, options_of(call, EXTENSION, _FILTERS))

    def _get(self, call: Call) -> Answer:
        self._gate.admit(call, READ, call.arguments["catalog"])
        extension = self._found(call)
        return self._answers.one(call, extension, shape_of(call, extension.type))

    def _create(self, call: Call) -> Answer:
        caller = self._gate.admit(call, WRITE_EXTENSIONS, call.arguments["catalog"])
        catalog = self._catalog(call)
        body = bodies.read(call, EXTENSION)
        values = bare(body)
        kind = bodies.actual_type(body, EXTENSION, "body")
        check_extension(kind, values, self._settings)
        if len(self._tenant.rows(EXTENSION)) >= LIMIT:
            raise Refusal(400, "QuotaExceeded", f"The tenant already has {LIMIT} custom extensions.")
        self._test(values, catalog)
        now = timestamp()
        made = {"createdBy": caller.app_id, "createdDateTime": now}
        stamps = {**made, "lastModifiedBy": caller.app_id, "lastModifiedDateTime": now}
        extension = self._tenant.add(kind, {**_DEFAULTS, **values, **stamps}, {"catalog": catalog.id})
        return self._written(call, extension, 201)

    def _update(self, call: Call) -> Answer:
        caller = self._gate.admit(call, WRITE_EXTENSIONS, call.arguments["catalog"])
        extension = self._found(call)
        body = bodies.read(call, EXTENSION)
        kind = bodies.actual_type(body, EXTENSION, "body")
        if kind != extension.type:
            raise Refusal(400, "BadRequest", f"The extension is a {extension.type}; an update cannot make it a {kind}.")
        if body.get("id", extension.id) != extension.id:
            raise Refusal(400, "BadRequest", f"The body's id '{body['id']}' is not the id in the path.")
        values = bare(body)
        merged = {**extension.values, **values}
        check_extension(kind, merged, self._settings)
        self._test(merged, self._catalog(call))
        stamps = {"lastModifiedBy": caller.app_id, "lastModifiedDateTime": timestamp()}
        return self._written(call, self._tenant.update(extension, {**values, **stamps}), 200)

    def _delete(self, call: Call) -> Answer:
        self._gate.admit(call, WRITE_EXTENSIONS, call.arguments["catalog"])
        with self._tenant.changed:
            extension = self._found(call)
            users = [row for row in self._tenant.rows(_POLICY) if self._uses(row, extension)]
            if users:
                names = ", ".join(f"'{row.values['displayName']}' ({row.id})" for row in users)
                message = f"The custom extension is in use by the assignment policies {names} and cannot be deleted."
                raise Refusal(400, "CustomExtensionInUse", message)
            self._tenant.remove(extension)
        return Answer(204)

    def _uses(self, policy: Entity, extension: Entity) -> bool:
        settings = self._tenant.linked_rows(policy, "customExtensionStageSettings")
        return any(row.links["customExtension"] == extension.id for row in settings)

    def _test(self, values: Mapping[str, Any], catalog: Entity) -> None:
        if not self._settings.connection_test:
            return
        delivery = self._callouts.send(values, connection_test(catalog))
        if delivery.reason:
            message = f"The connection test of the custom extension failed: {delivery.reason}"
            raise Refusal(400, "CustomExtensionConnectionTestFailed", message)

    def _written(self, call: Call, extension: Entity, status: int) -> Answer:
        answer = self._answers.one(call, extension, status=status)
        return Answer(status, {"value": answer.body}) if self._settings.wrapped_answers else answer

    def _catalog(self, call: Call) -> Entity:
        return self._tenant.require("accessPackageCatalog", call.arguments["catalog"])

    def _found(self, call: Call) -> Entity:
        catalog = self._catalog(call)
        extension = self._tenant.require(EXTENSION, call.arguments["extension"])
        if extension.links["catalog"] != catalog.id:
            message = f"The {EXTENSION} with id '{extension.id}' is not in catalog '{catalog.id}'."
            raise Refusal(404, "ResourceNotFound", message)
        return extension


_POLICY = "accessPackageAssignmentPolicy"
_DEFAULTS = {
    "description": None,
    "authenticationConfiguration": {"@odata.type": "#microsoft.graph.azureAdPopTokenAuthentication"},
    "clientConfiguration": None,
    "callbackConfiguration": None,
}
