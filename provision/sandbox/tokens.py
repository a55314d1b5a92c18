"""Access tokens, proof-of-possession tokens and federated assertions: JWT in shape, signed with a key of this process.

The key is made at start and never leaves memory, so a forged or left-over token fails. Claims follow Microsoft's
"access token claims reference" (version 1.0 tokens of applications) and, for PoP, the signed HTTP request of
draft-ietf-oauth-signed-http-request: the outer token carries method `m`, host `u`, path `p` and the token in `at`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provision.sandbox.principals import Principal
from provision.sandbox.service import Call, Refusal

ARM = "https://management.azure.com"
GRAPH = "https://graph.microsoft.com"
VAULT = "https://vault.azure.net"
FEDERATION = "api://AzureADTokenExchange"
FEDERATION_SECONDS = 365 * 86400
POP_FRESHNESS = 300
_ALIASES = {"https://management.core.windows.net": ARM, "00000003-0000-0000-c000-000000000000": GRAPH}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a valid token speaks for; `roles` are the Graph application permissions in it."""

    object_id: str
    app_id: str
    roles: frozenset[str]


def audience_of(text: str) -> str:
    """The one spelling of an audience: no trailing slash, aliases of a service folded into its address."""
    bare = text.rstrip("/")
    return _ALIASES.get(bare, bare)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class TokenAuthority:
    """Issues and checks the tokens of one tenant."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.names_resources = True
        """Whether the token of a managed identity says whose it is (`xms_mirid`), which Microsoft does not promise."""
        self._key = secrets.token_bytes(32)

    def issue(self, principal: Principal, audience: str, lifetime: float = 3600, resource: str = "") -> str:
        """An access token of `principal` for `audience`, valid for `lifetime` seconds.

        `resource` is the resource id of the Azure resource that a managed identity belongs to.
        """
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{self.tenant}/",
            "appid": principal.app_id,
            "idtyp": "app",
            "oid": principal.object_id,
            "sub": principal.object_id,
            "tid": self.tenant,
            "uti": uuid.uuid4().hex,
            "ver": "1.0",
        }
        if audience_of(audience) == GRAPH and principal.app_roles:
            claims["roles"] = sorted(principal.app_roles)  # type: ignore[assignment]
        if resource and self.names_resources:
            claims["xms_mirid"] = resource.replace("/resourceGroups/", "/resourcegroups/")  # so spelled in the service
        return self._sign({**claims, **_period(lifetime)})

    def caller(self, call: Call, audience: str) -> Caller:
        """Who sent `call`, by its bearer token.

        Raises:
            Refusal: 401 when the token is missing, forged, expired or meant for another service.
        """
        wanted = audience_of(audience)
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise self._unauthorized(wanted, "Authentication failed. The 'Authorization' header is missing.")
        claims = self.claims(token.strip())
        if claims is None:
            raise self._unauthorized(wanted, "The access token is invalid: its signature does not verify.")
        if claims["exp"] <= time.time():
            raise self._unauthorized(wanted, "The access token expiry UTC time is earlier than current UTC time.")
        if audience_of(str(claims.get("aud"))) != wanted:
            message = f"The access token has been obtained for wrong audience or resource '{claims.get('aud')}'."
            raise self._unauthorized(wanted, message)
        return Caller(str(claims.get("oid")), str(claims.get("appid")), frozenset(claims.get("roles", ())))

    def claims(self, token: str) -> dict[str, Any] | None:
        """The claims of a token signed here, expired or not; None for anything else."""
        body, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(body).encode()):
            return None
        claims: dict[str, Any] = json.loads(_decode(body.partition(".")[2]))
        return claims

    def issue_federated(self, subject: str, lifetime: float = FEDERATION_SECONDS) -> str:
        """A token of an outside identity provider that Entra trusts for `subject` (workload identity federation)."""
        issuer = "https://sandbox.invalid/federation"
        return self._sign({"iss": issuer, "sub": subject, "aud": FEDERATION, **_period(lifetime)})

    def issue_pop(self, app_id: str, method: str, host: str, path: str) -> str:
        """A PoP token as Entitlement Management presents it to a Logic App's trigger, without the `PoP ` scheme."""
        issuer = f"https://sts.windows.net/{self.tenant}/"
        inner = self._sign({"aud": ARM, "iss": issuer, "appid": app_id, "tid": self.tenant, **_period(3600)})
        return self._sign({"at": inner, "ts": int(time.time()), "m": method.upper(), "u": host, "p": path})

    def pop_claims(self, authorization: str) -> dict[str, str] | None:
        """The claims of an `Authorization: PoP ...` header (iss, aud, appid, m, u, p); None when it is not valid."""
        scheme, _, token = authorization.partition(" ")
        outer = self.claims(token.strip()) if scheme.lower() == "pop" else None
        if outer is None or abs(time.time() - float(outer.get("ts", 0))) > POP_FRESHNESS:
            return None
        inner = self.claims(str(outer.get("at", "")))
        if inner is None or inner["exp"] <= time.time():
            return None
        merged: Mapping[str, Any] = {**inner, **outer}
        return {name: str(merged[name]) for name in ("iss", "aud", "appid", "m", "u", "p") if name in merged}

    def _sign(self, claims: Mapping[str, Any]) -> str:
        header = _encode(json.dumps({"typ": "JWT", "alg": "HS256"}).encode())
        body = f"{header}.{_encode(json.dumps(claims).encode())}"
        return f"{body}.{self._signature(body)}"

    def _signature(self, body: str) -> str:
        return _encode(hmac.new(self._key, body.encode(), hashlib.sha256).digest())

    def _unauthorized(self, audience: str, message: str) -> Refusal:
        login = f"https://login.microsoftonline.com/{self.tenant}"
        if audience == VAULT:
            challenge, code = f'Bearer authorization="{login}", resource="{VAULT}"', "Unauthorized"
        else:
            challenge, code = f'Bearer authorization_uri="{login}", error="invalid_token"', "InvalidAuthenticationToken"
        return Refusal(401, code, message, {"WWW-Authenticate": challenge})


def _period(lifetime: float) -> dict[str, int]:
    now = int(time.time())
    return {"iat": now, "nbf": now, "exp": int(now + lifetime)}
