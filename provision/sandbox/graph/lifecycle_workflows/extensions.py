"""`customTaskExtensions`: create, read, update (PATCH), delete.

The wording of refusals is the sandbox's own, since Microsoft documents none. No connection test is known here. An
extension that a task refers to cannot be deleted; whether older versions count is a setting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provision.sandbox.graph import bodies
from provision.sandbox.graph.answers import Answers
from provision.sandbox.graph.extension_rules import bare
from provision.sandbox.graph.lifecycle_workflows.entity_types import EXTENSION
from provision.sandbox.graph.lifecycle_workflows.extension_rules import check_change, check_extension
from provision.sandbox.graph.lifecycle_workflows.rights import READ_EXTENSIONS, ROOT, WRITE_EXTENSIONS
from provision.sandbox.graph.lifecycle_workflows.versions import Versions
from provision.sandbox.graph.odata import options_of, shape_of
from provision.sandbox.graph.permissions import Gate
from provision.sandbox.graph.settings import GraphSettings
from provision.sandbox.graph.tenant import Entity, Tenant, timestamp
from provision.sandbox.service import Answer, Call, Refusal, Route

LIMIT = 100
"""Custom task extensions of one tenant (Microsoft's service limits)."""
_BASE = f"{ROOT}/customTaskExtensions"
_UNSUPPORTED = ("$select", "$top", "$skip")
"""Options of the list that the metadata says are not supported."""


class TaskExtensions:
    """The custom task extensions of the tenant."""

    def __init__(
        self, tenant: Tenant, gate: Gate, answers: Answers, versions: Versions, settings: GraphSettings
    ) -> None:
        self._tenant = tenant
        self._gate = gate
        self._answers = answers
        self._versions = versions
        self._settings = settings

    def routes(self) -> Sequence[Route]:
        """The five operations."""
        return (
            Route("GET", _BASE, self._list),
            Route("POST", _BASE, self._create),
            Route("GET", f"{_BASE}/{{extension}}", self._get),
            Route("PATCH", f"{_BASE}/{{extension}}", self._update),
            Route("DELETE", f"{_BASE}/{{extension}}", self._delete),
        )

    def _list(self, call: Call) -> Answer:
        self._gate.admit(call, READ_EXTENSIONS)
        for name in _UNSUPPORTED:
            if name in call.query:
                raise Refusal(400, "BadRequest", f"The query parameter '{name}' is not supported on this resource.")
        options = options_of(call, EXTENSION, {"displayName": "eq"})
        return self._answers.many(call, self._tenant.rows(EXTENSION), options)

    def _get(self, call: Call) -> Answer:
        self._gate.admit(call, READ_EXTENSIONS)
        return self._answers.one(call, self._found(call), shape_of(call, EXTENSION))

    def _create(self, call: Call) -> Answer:
        self._gate.admit(call, WRITE_EXTENSIONS)
        values = bare(bodies.read(call, EXTENSION))
        check_extension(values, self._settings)
        with self._tenant.changed:
            if len(self._tenant.rows(EXTENSION)) >= LIMIT:
                raise Refusal(400, "QuotaExceeded", f"The tenant already has {LIMIT} custom task extensions.")
            self._check_name(values, "")
            now = timestamp()
            stamps = {"createdDateTime": now, "lastModifiedDateTime": now}
            made = self._tenant.add(EXTENSION, {**_DEFAULTS, **values, **stamps})
        return self._answers.one(call, made, status=201)

    def _update(self, call: Call) -> Answer:
        self._gate.admit(call, WRITE_EXTENSIONS)
        values = bare(bodies.read(call, EXTENSION))
        with self._tenant.changed:
            extension = self._found(call)
            merged = {**extension.values, **values}
            check_extension(merged, self._settings)
            check_change(extension.values, merged)
            self._check_name(merged, extension.id)
            self._tenant.update(extension, {**values, "lastModifiedDateTime": timestamp()})
        return Answer(204)

    def _delete(self, call: Call) -> Answer:
        self._gate.admit(call, WRITE_EXTENSIONS)
        with self._tenant.changed:
            extension = self._found(call)
            holders = self._versions.holders(extension, self._settings)
            if holders:
                names = ", ".join(f"'{row.values['displayName']}' ({row.id})" for row in holders)
                message = (
                    f"The custom task extension is in use by tasks of the workflows {names} and cannot be deleted."
                )
                raise Refusal(400, "CustomTaskExtensionInUse", message)
            self._tenant.remove(extension)
        return Answer(204)

    def _check_name(self, values: Mapping[str, Any], own: str) -> None:
        name = str(values["displayName"]).lower()
        for row in self._tenant.rows(EXTENSION):
            if row.id != own and row.values["displayName"].lower() == name:
                message = f"A custom task extension with the displayName '{values['displayName']}' exists already."
                raise Refusal(409, "Conflict", message)

    def _found(self, call: Call) -> Entity:
        return self._tenant.require(EXTENSION, call.arguments["extension"])


_DEFAULTS = {"description": None, "clientConfiguration": None, "callbackConfiguration": None}
