"""Sections `directory` and `other_directories`: where AD is, and how the runbook signs in. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from provision.environment.section import (
    HostName,
    KeyVaultUrl,
    LdapUrl,
    Line,
    Section,
    Shape,
    Text,
    WorkerFile,
    exactly_one,
)
from provision.environment.waiting import Duration
from runbook.distinguished_name import DistinguishedNameInvalid, canonical_dn


def _dn(text: str) -> str:
    try:
        canonical_dn(text)
    except DistinguishedNameInvalid as error:
        raise ValueError(f"is not a distinguished name: {error}") from error
    return text


class Server(Section):
    """One domain controller, or a name that stands for several."""

    url: LdapUrl = Field(examples=["ldaps://dc1.corp.example:636"])
    """ldaps://host:636; ldap://host:389 means StartTLS. Never without TLS."""
    certificate_name: HostName = Field(
        default_factory=lambda data: urlsplit(data["url"]).hostname, examples=["dc1.corp.example"]
    )
    """Name that its certificate must hold. Default: the host of the url."""


class Secret(Section):
    """Where the bind account's password is kept. One of the three."""

    key_vault: KeyVaultUrl | None = Field(None, examples=["https://kv-identity.vault.azure.net/secrets/ad-bind"])
    """Address of a Key Vault secret; the Automation account's identity must be allowed to read it."""
    automation_credential: Text | None = Field(None, examples=["ad-bind"])
    """Name of a credential of the Automation account; readable on Linux workers only."""
    automation_variable: Text | None = Field(None, examples=["ad-bind"])
    """Name of an encrypted variable of the Automation account; readable on Linux workers only."""

    @model_validator(mode="after")
    def _is_somewhere(self) -> Secret:
        exactly_one(self, ("key_vault", "automation_credential", "automation_variable"))
        return self


class SimpleBind(Section):
    """With an account and a password, inside TLS."""

    method: Literal["simple"]
    """Account and password."""
    user: Line = Field(examples=["svc-lockstep@corp.example"])
    """The bind account: name@domain, or its distinguished name."""
    password: Secret = Field(examples=[{"key_vault": "https://kv-identity.vault.azure.net/secrets/ad-bind"}])
    """Where its password is kept; never the password itself."""


class KerberosBind(Section):
    """With the worker's own Kerberos ticket; no password anywhere."""

    method: Literal["kerberos"]
    """The worker's ticket."""


class Domain(Section):
    """An AD domain, as the hybrid workers see it."""

    servers: tuple[Server, ...] = Field(min_length=1, examples=[[{"url": "ldaps://dc1.corp.example:636"}]])
    """Domain controllers, tried in this order."""
    base: Annotated[Line, AfterValidator(_dn)] = Field(examples=["DC=corp,DC=example"])
    """Distinguished name of the domain."""
    domain: Annotated[
        str,
        Shape(
            r"""[^\x00-\x20\x7f\\/:*?"<>|.,][^\x00-\x20\x7f\\/:*?"<>|,]{0,14}""",
            r"a NetBIOS name has at most 15 characters, no blank and none of \ / : * ? < > | , or quotes",
        ),
    ] = Field(examples=["CORP"])
    r"""NetBIOS name of the domain, for DOMAIN\group in the mapping."""
    ca_file: WorkerFile | None = Field(None, examples=["/etc/lockstep/ca.pem"])
    """PEM file on the worker with the authority of the certificates. Default: what the worker trusts itself."""
    bind: Annotated[SimpleBind | KerberosBind, Field(discriminator="method")] = Field(examples=[{"method": "kerberos"}])
    """How the runbook signs in."""


class Directory(Domain):
    """The AD domain that names without a domain are of, as the hybrid workers see it."""

    wait_for_account: Duration = Field(timedelta(minutes=2), examples=["PT2M"])
    """How long a job waits for somebody who is not in AD yet; PT0S: not at all. A sweep comes back to who is late."""
