"""How `lockstep` signs in: one class of azure-identity, as the environment says. No secret passes through here.

I/O: whatever the class does when it is asked for a token (a process, a file, Entra's token endpoint).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
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


class Credential:
    """A token credential whose failures say what to do."""

    def __init__(self, inner: TokenCredential, method: str, tenant: str) -> None:
        self._inner = inner
        self._method = method
        self._tenant = tenant

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """A token for these scopes.

        Raises:
            ProvisionError: nobody is signed in, or Entra refused.
        """
        from azure.core.exceptions import AzureError  # noqa: PLC0415 - SDKs are loaded when they are used

        try:
            return self._inner.get_token(*scopes, **options)
        except (AzureError, OSError, ValueError) as error:
            raise refused(str(error), self._method, self._tenant) from error


def credential(
    method: str, client_id: str | None, token_file: Path | None, tenant: str, cloud: CloudProfile
) -> Credential:
    """The credential of this method.

    Raises:
        ProvisionError: the method lacks something before it is even asked.
    """
    try:
        inner = _MAKERS[method](client_id, token_file, tenant, _entra(cloud))
    except ValueError as error:
        raise refused(str(error), method, tenant) from error
    return Credential(inner, method, tenant)


def refused(reason: str, method: str, tenant: str) -> ProvisionError:
    """The error for a sign-in that failed for this reason."""
    first = re.split(r"\s*(?:Trace ID|Correlation ID|Timestamp|To mitigate this issue)\b", reason, maxsplit=1)[0]
    words = " ".join(first.split()).rstrip(". ")
    remedy = REMEDIES[method].format(tenant=tenant)
    return ProvisionError(f"No sign-in to tenant {tenant} ({method}): {words}. {remedy}")


def _entra(cloud: CloudProfile) -> dict[str, Any]:
    options: dict[str, Any] = {"authority": cloud.login}
    if cloud.own_endpoints:
        options["disable_instance_discovery"] = True  # Microsoft's own login would be asked about it otherwise
    if cloud.ca_file:
        options["connection_verify"] = str(cloud.ca_file)
    return options


def _azure_cli(client_id: str | None, token_file: Path | None, tenant: str, entra: Mapping[str, Any]) -> Any:
    from azure.identity import AzureCliCredential  # noqa: PLC0415 - as above

    del client_id, token_file, entra
    return AzureCliCredential(tenant_id=tenant)


def _environment(client_id: str | None, token_file: Path | None, tenant: str, entra: Mapping[str, Any]) -> Any:
    from azure.identity import EnvironmentCredential  # noqa: PLC0415 - as above

    del client_id, token_file, tenant
    return EnvironmentCredential(**entra)


def _workload(client_id: str | None, token_file: Path | None, tenant: str, entra: Mapping[str, Any]) -> Any:
    from azure.identity import WorkloadIdentityCredential  # noqa: PLC0415 - as above

    given = {"client_id": client_id, "token_file_path": str(token_file) if token_file else None}
    return WorkloadIdentityCredential(tenant_id=tenant, **{k: v for k, v in given.items() if v}, **entra)


def _managed(client_id: str | None, token_file: Path | None, tenant: str, entra: Mapping[str, Any]) -> Any:
    from azure.identity import ManagedIdentityCredential  # noqa: PLC0415 - as above

    del token_file, tenant, entra
    return ManagedIdentityCredential(client_id=client_id)


def _default(client_id: str | None, token_file: Path | None, tenant: str, entra: Mapping[str, Any]) -> Any:
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - as above

    del client_id, token_file, tenant
    return DefaultAzureCredential(**entra)


_MAKERS: Final[Mapping[str, Callable[[str | None, Path | None, str, Mapping[str, Any]], Any]]] = {
    "azure_cli": _azure_cli,
    "environment": _environment,
    "workload_identity": _workload,
    "managed_identity": _managed,
    "default": _default,
}
