"""Entra's token endpoint: OpenID discovery and client credentials grants (secret or federated assertion).

Errors carry the AADSTS numbers of Microsoft's "authentication and authorization error codes".
"""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from provision.sandbox.principals import Principal, Principals
from provision.sandbox.service import Answer, Call, Refusal, Route
from provision.sandbox.tokens import ARM, FEDERATION, GRAPH, VAULT, TokenAuthority, audience_of

LIFETIME = 3599
RESOURCES = (ARM, GRAPH, VAULT)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Login:
    """Entra ID: who proves to be an application gets a token of it."""

    def __init__(self, authority: TokenAuthority, principals: Principals, client_secrets: Mapping[str, str]) -> None:
        """`client_secrets` holds the secret of each application (by client id) that has one."""
        self._authority = authority
        self._principals = principals
        self._secrets = client_secrets

    def routes(self) -> Sequence[Route]:
        """Discovery and the token endpoint."""
        return (
            Route("GET", "/{tenant}/v2.0/.well-known/openid-configuration", self._discover),
            Route("POST", "/{tenant}/oauth2/v2.0/token", self._token),
        )

    def refuse(self, refusal: Refusal) -> Answer:
        """An OAuth error; `code` is `error AADSTSnumber`."""
        error, _, number = refusal.code.partition(" ")
        digits = "".join(character for character in number if character.isdigit())
        prefix = f"{number}: " if number else ""
        body = {
            "error": error,
            "error_description": f"{prefix}{refusal.message} Trace ID: {uuid.uuid4()}",
            "error_codes": [int(digits)] if digits else [],
            "timestamp": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ"),
            "trace_id": str(uuid.uuid4()),
            "correlation_id": str(uuid.uuid4()),
        }
        return Answer(refusal.status, body)

    def _discover(self, call: Call) -> Answer:
        tenant = self._tenant(call)
        return Answer(
            200,
            {
                "token_endpoint": f"{call.base}/{tenant}/oauth2/v2.0/token",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
                "authorization_endpoint": f"{call.base}/{tenant}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{call.base}/{tenant}/oauth2/v2.0/devicecode",
                "jwks_uri": f"{call.base}/{tenant}/discovery/v2.0/keys",
                "issuer": f"{call.base}/{tenant}/v2.0",
                "response_types_supported": ["code", "id_token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
            },
        )

    def _tenant(self, call: Call) -> str:
        tenant = call.arguments["tenant"]
        if tenant.lower() != self._authority.tenant:
            message = f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
            raise Refusal(400, "invalid_request AADSTS90002", message)
        return self._authority.tenant

    def _token(self, call: Call) -> Answer:
        self._tenant(call)
        form = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
        if form.get("grant_type") != "client_credentials":
            message = f"The sandbox knows only the client_credentials grant, not '{form.get('grant_type')}'."
            raise Refusal(400, "unsupported_grant_type AADSTS70003", message)
        client = form.get("client_id", "")
        principal = self._principals.by_app_id(client)
        if principal is None or principal.kind != "application":
            message = f"Application with identifier '{client}' was not found in the directory."
            raise Refusal(400, "unauthorized_client AADSTS700016", message)
        self._prove(form, principal)
        token = self._authority.issue(principal, resource_of(form.get("scope", "")), LIFETIME)
        body = {"token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME, "access_token": token}
        return Answer(200, body, {"Cache-Control": "no-store"})

    def _prove(self, form: Mapping[str, str], principal: Principal) -> None:
        if "client_assertion" in form:
            self._check_assertion(form, principal)
            return
        expected = self._secrets.get(principal.app_id)
        given = form.get("client_secret")
        if given is None:
            message = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
            raise Refusal(401, "invalid_client AADSTS7000218", message)
        if expected is None or not secrets.compare_digest(given.encode(), expected.encode()):
            raise Refusal(401, "invalid_client AADSTS7000215", "Invalid client secret provided.")

    def _check_assertion(self, form: Mapping[str, str], principal: Principal) -> None:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise Refusal(400, "invalid_request AADSTS50027", f"client_assertion_type must be {ASSERTION_TYPE}.")
        claims = self._authority.claims(form["client_assertion"])
        if claims is None:
            raise Refusal(401, "invalid_client AADSTS700027", "The assertion's signature does not verify.")
        if claims["exp"] <= time.time():
            raise Refusal(401, "invalid_client AADSTS700024", "The assertion is not within its valid time range.")
        if claims.get("aud") != FEDERATION:
            raise Refusal(
                401, "invalid_client AADSTS700212", f"No federated identity for audience {claims.get('aud')}."
            )
        if claims.get("sub") != principal.app_id:
            raise Refusal(401, "invalid_client AADSTS700213", f"No federated identity for subject {claims.get('sub')}.")


def resource_of(scope: str) -> str:
    """The audience of a `.default` scope, as asked for.

    Raises:
        Refusal: it is no `.default` scope, or no resource of this tenant.
    """
    resource, default, rest = scope.rpartition("/.default")
    if not default or rest:
        message = f"The provided value for scope '{scope}' is not valid: it must end with /.default."
        raise Refusal(400, "invalid_scope AADSTS1002012", message)
    if audience_of(resource) not in RESOURCES:
        message = f"The resource principal named '{resource}' was not found in the tenant."
        raise Refusal(400, "invalid_resource AADSTS500011", message)
    return resource
