"""How `lockstep` signs in: one class of azure-identity, as the environment says. No secret passes through here.

I/O: whatever the class does when it is asked for a token (a process, a file, Entra's token endpoint).
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from provision.cloud import CloudProfile
from provision.errors import ProvisionError

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential

REMEDIES: Final = {
    "azure_cli": "Run `az login --tenant {tenant}`, or choose another `credential.method` in the environment file.",
    "environment": "Set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH.",
    "workload_identity": "Check `credential.client_id`, `credential.token_file` and the federated credential in Entra.",
    "managed_identity": "Run on a machine with a managed identity, and check `credential.client_id`.",
    "default": "Sign in with one of the ways of azure-identity's DefaultAzureCredential.",
}
TRUST: Final = "If an authority of your own signs the certificate, name it with `ca_file` under `cloud`."
NETWORK: Final = "Check the network, a proxy, and `login` under `cloud` in the environment file; then try again."
NO_TENANT: Final = "Check `tenant` in the environment file."
SPARE_SECONDS: Final = 300.0
"""How long a kept token must still be good for; azure-core asks for the same."""
NO_TENANT_CODES: Final = ("AADSTS90002", "AADSTS900023")


@dataclass(frozen=True, slots=True)
class SignIn:
    """Who signs in where: the method's name, and what it needs."""

    tenant: str
    method: str
    client_id: str | None = None
    token_file: Path | None = None


class Credential:
    """A token credential whose failures say what to do. A token is asked for once, from whichever thread, and kept."""

    def __init__(self, inner: TokenCredential, sign_in: SignIn) -> None:
        self._inner = inner
        self._sign_in = sign_in
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, ...], AccessToken] = {}
        self._failed: tuple[float, ProvisionError] | None = None

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """A token for these scopes; a new one when the kept one ends soon, or when the service wants certain claims.

        What fails while others wait has failed for them too: each attempt of theirs would take as long again.

        Raises:
            ProvisionError: nobody is signed in, or Entra refused.
        """
        place = (*scopes, *sorted(f"{name}={value}" for name, value in options.items()))
        came = time.monotonic()
        with self._lock:
            if self._failed and self._failed[0] > came:
                raise self._failed[1]
            kept = self._kept.get(place)
            if kept is None or options.get("claims") or kept.expires_on - time.time() < SPARE_SECONDS:
                kept = self._kept[place] = self._asked(scopes, options)
            return kept

    def _asked(self, scopes: tuple[str, ...], options: Mapping[str, Any]) -> AccessToken:
        from azure.core.exceptions import (  # noqa: PLC0415 - SDKs are loaded when they are used
            AzureError,
            ServiceRequestError,
            ServiceResponseError,
        )

        try:
            return self._inner.get_token(*scopes, **options)
        except (AzureError, OSError, ValueError) as error:
            silent = isinstance(error, ServiceRequestError | ServiceResponseError)
            told = refused(str(error), self._sign_in, answered=not silent)
            self._failed = (time.monotonic(), told)
            raise told from error

    def close(self) -> None:
        """Closes the connections to Entra."""
        close = getattr(self._inner, "close", None)
        if close is not None:
            close()


def credential(sign_in: SignIn, cloud: CloudProfile) -> Credential:
    """The credential of this sign-in.

    Raises:
        ProvisionError: the method lacks something before it is even asked.
    """
    try:
        return Credential(_MAKERS[sign_in.method](sign_in, _entra(cloud)), sign_in)
    except ValueError as error:
        raise refused(str(error), sign_in) from error


def refused(reason: str, sign_in: SignIn, *, answered: bool = True) -> ProvisionError:
    """The error for a sign-in that failed for this reason; `answered` is false when Entra could not be asked."""
    first = re.split(r"\s*(?:Trace ID|Correlation ID|Timestamp|To mitigate this issue)\b", reason, maxsplit=1)[0]
    words = " ".join(first.split()).rstrip(". ")
    remedy = _remedy(words, sign_in, answered=answered)
    return ProvisionError(f"No sign-in to tenant {sign_in.tenant} ({sign_in.method}): {words}. {remedy}")


def _remedy(words: str, sign_in: SignIn, *, answered: bool) -> str:
    if not answered:
        return TRUST if "certificate_verify_failed" in words.lower().replace(" ", "_") else NETWORK
    if any(code in words for code in NO_TENANT_CODES):
        return NO_TENANT
    return REMEDIES[sign_in.method].format(tenant=sign_in.tenant)


def _entra(cloud: CloudProfile) -> dict[str, Any]:
    options: dict[str, Any] = {"authority": cloud.login}
    if cloud.own_endpoints:
        options["disable_instance_discovery"] = True  # Microsoft's own login would be asked about it otherwise
    if cloud.ca_file:
        options["connection_verify"] = str(cloud.ca_file)
    return options


def _azure_cli(sign_in: SignIn, _entra: Mapping[str, Any]) -> TokenCredential:
    from azure.identity import AzureCliCredential  # noqa: PLC0415 - as above

    return AzureCliCredential(tenant_id=sign_in.tenant)


def _environment(_sign_in: SignIn, entra: Mapping[str, Any]) -> TokenCredential:
    from azure.identity import EnvironmentCredential  # noqa: PLC0415 - as above

    return EnvironmentCredential(**entra)


def _workload(sign_in: SignIn, entra: Mapping[str, Any]) -> TokenCredential:
    from azure.identity import WorkloadIdentityCredential  # noqa: PLC0415 - as above

    given = {"client_id": sign_in.client_id, "token_file_path": sign_in.token_file and str(sign_in.token_file)}
    own = {name: value for name, value in given.items() if value}  # what is not given comes from AZURE_* variables
    return WorkloadIdentityCredential(tenant_id=sign_in.tenant, **own, **entra)


def _managed(sign_in: SignIn, _entra: Mapping[str, Any]) -> TokenCredential:
    from azure.identity import ManagedIdentityCredential  # noqa: PLC0415 - as above

    return ManagedIdentityCredential(client_id=sign_in.client_id)


def _default(_sign_in: SignIn, entra: Mapping[str, Any]) -> TokenCredential:
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - as above

    return DefaultAzureCredential(**entra)


_MAKERS: Final[Mapping[str, Callable[[SignIn, Mapping[str, Any]], TokenCredential]]] = {
    "azure_cli": _azure_cli,
    "environment": _environment,
    "workload_identity": _workload,
    "managed_identity": _managed,
    "default": _default,
}
