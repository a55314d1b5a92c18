"""Tokens of the Automation account's managed identity.

On a hybrid worker the account's own identity is the only one that works: Automation puts IDENTITY_ENDPOINT and
IDENTITY_HEADER into the job's environment (the App Service protocol, api-version 2019-08-01). Where they are absent the
machine's metadata service is asked. Talks through `https` only.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from runbook.https import Https, Reply
from runbook.outcome import Failed

_METADATA_SERVICE = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01"

_REMEDY = "turn on the system-assigned managed identity of the Automation account"


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that shows itself only when asked."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        """Never the value."""
        return "***"


def bearer(token: Secret) -> dict[str, str]:
    """The header that carries the token."""
    return {"Authorization": f"Bearer {token.value}"}


def resource_of(token: Secret) -> str:
    """The resource id, in lower case, that the token says its managed identity belongs to; empty if it says nothing.

    The claim `xms_mirid` is not documented as promised, so that nothing may depend on its being there.
    """
    resource = (_claims(token) or {}).get("xms_mirid")
    return resource.lower() if isinstance(resource, str) else ""


def roles_of(token: Secret) -> frozenset[str] | None:
    """The application permissions in the token; None when it cannot be read. One without any has no such claim."""
    claims = _claims(token)
    if claims is None:
        return None
    roles = claims.get("roles", [])
    return frozenset(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else frozenset()


def _claims(token: Secret) -> dict[str, Any] | None:
    """What a JWT says, unverified: it is the worker's own token, and only told or compared. None if it is no JWT."""
    part = [*token.value.split("."), ""][1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return None
    return claims if isinstance(claims, dict) else None


class ManagedIdentity:
    """Asks for tokens; `environ` is the job's environment."""

    def __init__(self, environ: dict[str, str], https: Https) -> None:
        self._environ = environ
        self._https = https

    def token(self, audience: str) -> Secret:
        """An access token for `audience`.

        Raises:
            Failed: the worker has no managed identity, or its endpoint refuses.
        """
        what = f"token of the managed identity for {audience}"
        reply = self._ask(f"resource={quote(audience, safe='')}", what)
        if reply.status != 200:
            raise Failed(f"{what}: the endpoint answered {reply.status} {reply.reason()}; {_REMEDY}")
        token = reply.json_object(what).get("access_token")
        if not isinstance(token, str) or not token:
            raise Failed(f"{what}: the answer holds no access_token")
        return Secret(token)

    def authorization(self, audience: str) -> dict[str, str]:
        """The header that carries a token for `audience`."""
        return bearer(self.token(audience))

    def _ask(self, resource: str, what: str) -> Reply:
        endpoint = self._environ.get("IDENTITY_ENDPOINT", "")
        header = self._environ.get("IDENTITY_HEADER", "")
        if endpoint and header:
            join = "&" if "?" in endpoint else "?"
            url = f"{endpoint}{join}api-version=2019-08-01&{resource}"
            return self._https.get(url, {"X-IDENTITY-HEADER": header, "Metadata": "true"}, what)
        try:
            return self._https.get(f"{_METADATA_SERVICE}&{resource}", {"Metadata": "true"}, what, patient=False)
        except Failed as error:
            raise Failed(f"{what}: the worker offers no managed identity; {_REMEDY}") from error
