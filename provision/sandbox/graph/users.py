"""Users and service principals, as far as entitlement management needs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from provision.sandbox.graph.answers import Answers
from provision.sandbox.graph.app_roles import GRAPH_APP_ID, GRAPH_OBJECT_ID, graph_itself
from provision.sandbox.graph.metadata import properties_of
from provision.sandbox.graph.odata import Options, Shape, options_of, shape_of
from provision.sandbox.graph.permissions import READ_PRINCIPALS, READ_USERS, READ_USERS_BASIC, Gate
from provision.sandbox.graph.tenant import Entity, Tenant
from provision.sandbox.principals import Principal, Principals
from provision.sandbox.service import Answer, Call, Refusal, Route

USER = "user"
SERVICE_PRINCIPAL = "servicePrincipal"
_DEFAULT = frozenset(
    {
        *("id", "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation"),
        *("preferredLanguage", "surname", "userPrincipalName"),
    }
)
"""What a user answers without `$select`: nothing of the on-premises directory."""
_FILTERS = {"displayName": "eq startswith", "userPrincipalName": "eq startswith"}
_KINDS = {"managedIdentity": "ManagedIdentity", "application": "Application"}


class Users:
    """`users`, and `users/{id or user principal name}`."""

    def __init__(self, tenant: Tenant, gate: Gate, answers: Answers) -> None:
        self._tenant = tenant
        self._gate = gate
        self._answers = answers

    def routes(self) -> Sequence[Route]:
        """List and get."""
        return Route("GET", "/v1.0/users", self._list), Route("GET", "/v1.0/users/{user}", self._get)

    def _list(self, call: Call) -> Answer:
        options = options_of(call, USER, _FILTERS)
        shape = self._admitted(call, options.shape)
        return self._answers.many(call, self._tenant.rows(USER), replace(options, shape=shape))

    def _admitted(self, call: Call, shape: Shape) -> Shape:
        """What is answered, if the caller may see it."""
        select = frozenset(properties_of(USER)) if "*" in call.query.get("$select", "") else shape.select or _DEFAULT
        self._gate.admit(call, READ_USERS_BASIC if select <= _DEFAULT else READ_USERS)
        return Shape(select, shape.expand)

    def _get(self, call: Call) -> Answer:
        shape = self._admitted(call, shape_of(call, USER))
        key = call.arguments["user"]
        user = self._tenant.get(USER, key) or self._by_name(key)
        if user is None:
            message = (
                f"Resource '{key}' does not exist or one of its queried reference-property objects are not present."
            )
            raise Refusal(404, "Request_ResourceNotFound", message)
        return self._answers.one(call, user, shape)

    def _by_name(self, name: str) -> Entity | None:
        rows = self._tenant.rows(USER)
        return next((row for row in rows if row.values["userPrincipalName"].lower() == name.lower()), None)


class ServicePrincipals:
    """`servicePrincipals`: what signs in, and Graph itself; a new one is not found until it has replicated."""

    def __init__(self, principals: Principals, gate: Gate, answers: Answers) -> None:
        self._principals = principals
        self._gate = gate
        self._answers = answers

    def routes(self) -> Sequence[Route]:
        """By object id, by client id, and the list by client id."""
        base = "/v1.0/servicePrincipals"
        return (
            Route("GET", f"{base}(appId='{{app}}')", self._by_app),
            Route("GET", base, self._list),
            Route("GET", f"{base}/{{principal}}", self._get),
        )

    def _get(self, call: Call) -> Answer:
        key = call.arguments["principal"]
        self._gate.admit(call, READ_PRINCIPALS)
        row = graph_itself() if key.lower() == GRAPH_OBJECT_ID else self._row(self._principals.get(key))
        return self._found(call, key, row)

    def _by_app(self, call: Call) -> Answer:
        key = call.arguments["app"]
        self._gate.admit(call, READ_PRINCIPALS)
        return self._found(call, key, self._application(key))

    def _application(self, app: str) -> Entity | None:
        return graph_itself() if app.lower() == GRAPH_APP_ID else self._row(self._principals.by_app_id(app))

    def _found(self, call: Call, key: str, row: Entity | None) -> Answer:
        shape = shape_of(call, SERVICE_PRINCIPAL)
        if row is None:
            message = (
                f"Resource '{key}' does not exist or one of its queried reference-property objects are not present."
            )
            raise Refusal(404, "Request_ResourceNotFound", message)
        return self._answers.one(call, row, shape)

    def _list(self, call: Call) -> Answer:
        self._gate.admit(call, READ_PRINCIPALS)
        options: Options = options_of(call, SERVICE_PRINCIPAL, {"appId": "eq"})
        app = options.condition.demanded("appId") if options.condition else None
        if app is None:
            raise Refusal(
                501, "NotImplemented", "The sandbox lists service principals only with $filter=appId eq '...'."
            )
        row = self._application(app)
        return self._answers.many(call, [row] if row else [], options)

    def _row(self, principal: Principal | None) -> Entity | None:
        if principal is None or principal.kind == "user" or not self._principals.visible(principal.object_id):
            return None
        values = {
            "accountEnabled": True,
            "appId": principal.app_id,
            "appRoles": [],
            "displayName": principal.display_name,
            "servicePrincipalType": _KINDS[principal.kind],
        }
        return Entity(SERVICE_PRINCIPAL, principal.object_id, 1, values)
