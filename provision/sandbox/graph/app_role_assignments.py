"""`servicePrincipals/{id}/appRoleAssignments`: which application permissions of Microsoft Graph an application has.

What is assigned here is in the tokens that are issued from then on; tokens that are out stay as they are.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Mapping, Sequence

from provision.sandbox.graph import bodies
from provision.sandbox.graph.answers import Answers
from provision.sandbox.graph.app_roles import APP_ROLES, GRAPH_NAME, GRAPH_OBJECT_ID, AppRole, app_role
from provision.sandbox.graph.odata import options_of, shape_of
from provision.sandbox.graph.permissions import ASSIGN_APP_ROLES, READ_PRINCIPALS, Gate
from provision.sandbox.graph.tenant import Entity, timestamp
from provision.sandbox.principals import Principal, Principals
from provision.sandbox.service import Answer, Call, Refusal, Route

ASSIGNMENT = "appRoleAssignment"
_BASE = "/v1.0/servicePrincipals/{principal}/appRoleAssignments"
_NEEDED = ("principalId", "resourceId", "appRoleId")


class AppRoleAssignments:
    """Lists, gives and takes the application permissions of one principal."""

    def __init__(self, principals: Principals, gate: Gate, answers: Answers) -> None:
        self._principals = principals
        self._gate = gate
        self._answers = answers
        self._lock = threading.Lock()
        self._began = timestamp()
        self._given: dict[str, str] = {}

    def routes(self) -> Sequence[Route]:
        """List, get, give, take."""
        return (
            Route("GET", _BASE, self._list),
            Route("POST", _BASE, self._give),
            Route("GET", f"{_BASE}/{{assignment}}", self._get),
            Route("DELETE", f"{_BASE}/{{assignment}}", self._take),
        )

    def _list(self, call: Call) -> Answer:
        self._gate.admit(call, READ_PRINCIPALS)
        rows = self._rows(self._principal(call))
        return self._answers.many(call, rows, options_of(call, ASSIGNMENT, {}))

    def _get(self, call: Call) -> Answer:
        self._gate.admit(call, READ_PRINCIPALS)
        return self._answers.one(call, self._row(call), shape_of(call, ASSIGNMENT))

    def _give(self, call: Call) -> Answer:
        self._admit_writer(call)
        body = bodies.read(call, ASSIGNMENT)
        principal = self._principal(call)
        with self._lock:
            role = _wanted(body, principal)
            now = self._principals.get(principal.object_id) or principal
            if role.value in now.app_roles:
                raise _bad("Permission being assigned already exists on the object")
            self._principals.assign(principal.object_id, now.app_roles | {role.value})
            self._given[_key(principal, role)] = timestamp()
        return self._answers.one(call, self._entity(principal, role), status=201)

    def _take(self, call: Call) -> Answer:
        self._admit_writer(call)
        with self._lock:
            row, principal = self._row(call), self._principal(call)
            taken = app_role(row.values["appRoleId"])
            left = [value for value in principal.app_roles if taken is None or value != taken.value]
            self._principals.assign(principal.object_id, left)
        return Answer(204)

    def _admit_writer(self, call: Call) -> None:
        """Both permissions are documented as needed: one to see the applications, one to change what they have."""
        self._gate.admit(call, READ_PRINCIPALS)
        self._gate.admit(call, ASSIGN_APP_ROLES)

    def _principal(self, call: Call) -> Principal:
        key = call.arguments["principal"]
        found = self._principals.get(key)
        if found is None or found.kind == "user" or not self._principals.visible(found.object_id):
            raise _missing(key)
        return found

    def _rows(self, principal: Principal) -> list[Entity]:
        return [self._entity(principal, role) for role in APP_ROLES if role.value in principal.app_roles]

    def _row(self, call: Call) -> Entity:
        key = call.arguments["assignment"]
        for row in self._rows(self._principal(call)):
            if row.id == key:
                return row
        raise _missing(key)

    def _entity(self, principal: Principal, role: AppRole) -> Entity:
        key = _key(principal, role)
        values = {
            "appRoleId": role.identifier,
            "createdDateTime": self._given.get(key, self._began),
            "principalDisplayName": principal.display_name,
            "principalId": principal.object_id,
            "principalType": "ServicePrincipal",
            "resourceDisplayName": GRAPH_NAME,
            "resourceId": GRAPH_OBJECT_ID,
        }
        return Entity(ASSIGNMENT, key, APP_ROLES.index(role) + 1, values)


def _key(principal: Principal, role: AppRole) -> str:
    """The id of an assignment: opaque text, no GUID."""
    digest = hashlib.sha256(f"{principal.object_id}/{role.identifier}".encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _wanted(body: Mapping[str, object], principal: Principal) -> AppRole:
    for name in _NEEDED:
        if not isinstance(body.get(name), str):
            raise _bad(f"The property '{name}' is required to assign an app role.")
    if str(body["principalId"]).lower() != principal.object_id:
        raise _bad("The principalId of the body is not the service principal of the address.")
    if str(body["resourceId"]).lower() != GRAPH_OBJECT_ID:
        raise _missing(str(body["resourceId"]))
    found = app_role(str(body["appRoleId"]))
    if found is None:
        raise _bad(f"Permission {body['appRoleId']} was not found on application {GRAPH_NAME}.")
    return found


def _bad(message: str) -> Refusal:
    return Refusal(400, "Request_BadRequest", message)


def _missing(key: str) -> Refusal:
    message = f"Resource '{key}' does not exist or one of its queried reference-property objects are not present."
    return Refusal(404, "Request_ResourceNotFound", message)
