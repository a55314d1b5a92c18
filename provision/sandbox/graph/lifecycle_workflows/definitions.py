"""`taskDefinitions`: the tasks that Microsoft brings; ids, categories and parameters as its reference lists them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from provision.sandbox.graph.answers import Answers
from provision.sandbox.graph.lifecycle_workflows.entity_types import DEFINITION
from provision.sandbox.graph.lifecycle_workflows.rights import READ, ROOT
from provision.sandbox.graph.odata import options_of, shape_of
from provision.sandbox.graph.permissions import Gate
from provision.sandbox.graph.tenant import Tenant
from provision.sandbox.service import Answer, Call, Route

RUN_EXTENSION = "4262b724-8dba-4fad-afc3-43fcbb497a0e"
"""The task that calls the Logic App of a custom task extension."""
EXTENSION_ARGUMENT = "customTaskExtensionID"
ADD_TO_GROUPS = "22085229-5809-45e8-97fd-270d28d66910"
REMOVE_FROM_GROUPS = "1953a66c-751c-45e5-8bfe-01462c70da3c"
ENABLE_ACCOUNT = "6fc52c9d-398b-4305-9763-15f42c1676fc"
DISABLE_ACCOUNT = "1dfdfcc7-52fa-4c2e-bf3a-e3919cc12950"
WELCOME_MAIL = "70b29d51-b59a-4773-9280-8841dfd3f2ea"
MOVE_MAIL = "aab41899-9972-422a-9d97-f626014578b7"
LAST_DAY_MAIL = "9c0a1eaf-5bda-4392-9d9e-6e155bb57411"
_MAIL = ("cc", "customSubject", "customBody", "locale")

_ROWS: Sequence[tuple[str, str, str, tuple[str, ...]]] = (
    (ADD_TO_GROUPS, "Add user to groups", "joiner,leaver,mover", ("groupID",)),
    (REMOVE_FROM_GROUPS, "Remove user from selected groups", "joiner,leaver,mover", ("groupID",)),
    (ENABLE_ACCOUNT, "Enable user account", "joiner,leaver", ()),
    (DISABLE_ACCOUNT, "Disable user account", "joiner,leaver", ()),
    ("8d18588d-9ad3-4c0f-99d0-ec215f0e3dff", "Delete user account", "leaver", ()),
    ("b3a31406-2a15-4c9a-b25b-a658fa5f07fc", "Remove user from all groups", "leaver", ()),
    ("8fa97d28-3e52-4985-b3a9-a1126f9b8b4e", "Remove all licenses for user", "leaver", ()),
    (WELCOME_MAIL, "Send welcome email to new hire", "joiner", _MAIL),
    (MOVE_MAIL, "Send email to notify manager of user move", "mover", _MAIL),
    (LAST_DAY_MAIL, "Send email on user last day", "leaver", _MAIL),
    (RUN_EXTENSION, "Run a Custom Task Extension", "joiner,leaver,mover", (EXTENSION_ARGUMENT,)),
)


def seed_definitions(tenant: Tenant) -> None:
    """Put the built-in task definitions into a tenant."""
    for key, name, category, parameters in _ROWS:
        values: dict[str, Any] = {
            "category": category,
            "continueOnError": False,
            "description": name,
            "displayName": name,
            "parameters": [{"name": parameter, "valueType": "string", "values": []} for parameter in parameters],
            "version": 1,
        }
        tenant.add(DEFINITION, values, key=key)


class TaskDefinitions:
    """Reading task definitions."""

    def __init__(self, tenant: Tenant, gate: Gate, answers: Answers) -> None:
        self._tenant = tenant
        self._gate = gate
        self._answers = answers

    def routes(self) -> Sequence[Route]:
        """List and get."""
        base = f"{ROOT}/taskDefinitions"
        return (Route("GET", base, self._list), Route("GET", f"{base}/{{definition}}", self._get))

    def _list(self, call: Call) -> Answer:
        self._gate.admit(call, READ)
        options = options_of(call, DEFINITION, {"displayName": "eq", "id": "eq"})
        return self._answers.many(call, self._tenant.rows(DEFINITION), options)

    def _get(self, call: Call) -> Answer:
        self._gate.admit(call, READ)
        found = self._tenant.require(DEFINITION, call.arguments["definition"])
        return self._answers.one(call, found, shape_of(call, DEFINITION))
