"""Azure Key Vault: reading secrets (api-version 7.x), for the one principal that may."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping, Sequence

from provision.sandbox.service import Answer, Call, Refusal, Route
from provision.sandbox.tokens import VAULT, TokenAuthority


class KeyVault:
    """The secrets of one vault, each in one version."""

    def __init__(self, authority: TokenAuthority, secrets: Mapping[str, str], reader: str) -> None:
        """`secrets` by name; `reader` is the object id of the principal with the right to read them."""
        self._authority = authority
        self._secrets = {name.lower(): (name, value, uuid.uuid4().hex) for name, value in secrets.items()}
        self._reader = reader
        self._created = int(time.time())

    def routes(self) -> Sequence[Route]:
        """A secret, in its newest or in a named version."""
        return (
            Route("GET", "/secrets/{name}", self._get),
            Route("GET", "/secrets/{name}/{version}", self._get),
        )

    def refuse(self, refusal: Refusal) -> Answer:
        """An error of Key Vault."""
        return Answer(refusal.status, {"error": {"code": refusal.code, "message": refusal.message}})

    def _get(self, call: Call) -> Answer:
        caller = self._authority.caller(call, VAULT)
        version = call.query.get("api-version")
        if version is None or not re.fullmatch(r"7\.\d|20\d\d-\d\d-\d\d", version):
            message = f"The api-version '{version}' is missing or not one of Key Vault's, such as 7.4."
            raise Refusal(400, "BadParameter", message)
        name = call.arguments["name"]
        if caller.object_id != self._reader:
            message = (
                f"Caller is not authorized to perform action on resource. Caller: appid={caller.app_id};"
                f"oid={caller.object_id}. Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'. "
                f"Resource: 'secrets/{name}'."
            )
            raise Refusal(403, "Forbidden", message)
        found = self._secrets.get(name.lower())
        if found is None or call.arguments.get("version", found[2]) != found[2]:
            message = f"A secret with (name/id) {name} was not found in this key vault."
            raise Refusal(404, "SecretNotFound", message)
        attributes = {
            "enabled": True,
            "created": self._created,
            "updated": self._created,
            "recoveryLevel": "Recoverable+Purgeable",
        }
        identifier = f"{call.base}/secrets/{found[0]}/{found[2]}"
        return Answer(200, {"value": found[1], "id": identifier, "attributes": attributes})
