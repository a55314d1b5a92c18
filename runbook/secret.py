"""Passwords and tokens that somebody else keeps: Key Vault, or the Automation account's own assets.

Key Vault is asked through `https`; assets through the module `automationassets`, which only Linux workers have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from runbook.https import THIS_MACHINE, Https
from runbook.identity import ManagedIdentity, Secret
from runbook.outcome import Failed

_VAULT_API_VERSION = "7.4"


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where a secret is kept.

    `keeper` is key_vault, automation_credential or automation_variable; `place` the secret's URL or the asset's name.
    """

    keeper: str
    place: str


class Secrets:
    """Reads secrets; `audience` is Key Vault's in this cloud."""

    def __init__(self, https: Https, identity: ManagedIdentity, audience: str) -> None:
        self._https = https
        self._identity = identity
        self._audience = audience

    def read(self, source: SecretSource) -> Secret:
        """The secret.

        Raises:
            Failed: it cannot be had; the message never holds any of it.
        """
        if source.keeper == "key_vault":
            return self._from_key_vault(source.place)
        return _from_assets(source)

    def _from_key_vault(self, url: str) -> Secret:
        what = f"Key Vault secret {url}"
        self._refuse_foreign(url, what)
        headers = self._identity.authorization(self._audience)
        reply = self._https.get(f"{url}?api-version={_VAULT_API_VERSION}", headers, what)
        if reply.status != 200:
            remedy = {
                401: "give the account's managed identity the role Key Vault Secrets User",
                403: "give the account's managed identity the role Key Vault Secrets User, and let the worker's "
                "network in",
                404: "create the secret, or correct its name in the environment file",
            }.get(reply.status, "try again later")
            raise Failed(f"{what}: the service answered {reply.status} {reply.reason()}; {remedy}")
        value = reply.json_object(what).get("value")
        if not isinstance(value, str) or not value:
            raise Failed(f"{what}: it is empty; set the secret")
        return Secret(value)

    def _refuse_foreign(self, url: str, what: str) -> None:
        """The token for Key Vault goes to a vault of this cloud and nowhere else."""
        host = urlsplit(url).hostname or ""
        vaults = "." + (urlsplit(self._audience).hostname or "")
        if not host.endswith(vaults) and host not in THIS_MACHINE:
            raise Failed(f"{what}: this is not the address of a vault (*{vaults}); no token is sent there")


def _from_assets(source: SecretSource) -> Secret:
    kind = source.keeper.removeprefix("automation_")
    what = f"Automation {kind} {source.place}"
    try:
        import automationassets  # noqa: PLC0415 - exists only on a Linux worker
    except ImportError as error:
        raise Failed(
            f"{what}: this worker has no module automationassets (Windows workers have none); "
            "keep the secret in Key Vault"
        ) from error
    try:
        asset: Any = getattr(automationassets, f"get_automation_{kind}")(source.place)
    except Exception as error:  # the module raises bare Exception
        raise Failed(f"{what}: cannot be read ({type(error).__name__}); does it exist in this account?") from error
    value = asset.get("password") if isinstance(asset, dict) else asset
    if not isinstance(value, str) or not value:
        raise Failed(f"{what}: it is empty or not text; set it in the Automation account")
    return Secret(value)
