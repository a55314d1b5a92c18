"""Section `mapping`: where the runbook reads which AD groups an access package stands for. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, model_validator

from provision.environment.section import (
    EnvironmentVariable,
    HttpsAddress,
    KeyVaultUrl,
    LocalFile,
    Section,
    Shape,
    WorkerFile,
    exactly_one,
)

Lock = Annotated[LocalFile | None, Field(examples=["contoso.lock.json"])]


class KeyVaultSecret(Section):
    """A secret that is kept in Azure Key Vault."""

    key_vault: KeyVaultUrl = Field(examples=["https://kv-identity.vault.azure.net/secrets/github"])
    """Address of the secret; the Automation account's identity must be allowed to read it."""


class EnvironmentMapping(Section):
    """The mapping travels with the environment: `apply` puts it into an Automation variable."""

    source: Literal["environment"]
    """Carried in the environment."""
    file: LocalFile | None = Field(None, examples=["contoso.mapping.json"])
    """The mapping file, relative to this file."""
    content: dict[str, Any] | None = Field(None, examples=[{"AccessPackages": []}])
    """Or the mapping itself."""
    lock: Lock = None
    """File that pins each group's name to its GUID, relative to this file; `lockstep mapping lock` writes it."""

    @model_validator(mode="after")
    def _is_somewhere(self) -> EnvironmentMapping:
        exactly_one(self, ("file", "content"))
        return self


class WorkerMapping(Section):
    """The mapping lies on every hybrid worker; keeping it there is your affair."""

    source: Literal["worker"]
    """A file on the workers."""
    path: WorkerFile = Field(examples=["/etc/lockstep/mapping.json"])
    """Absolute path on the worker."""
    file: LocalFile = Field(examples=["contoso.mapping.json"])
    """A copy on this machine, relative to this file: `plan` reads there which policies to bind."""
    lock: Lock = None
    """File that pins each group's name to its GUID, relative to this file; `lockstep mapping lock` writes it."""


class GitHubMapping(Section):
    """The runbook reads the mapping from GitHub, at every job."""

    source: Literal["github"]
    """GitHub's contents API."""
    repository: Annotated[str, Shape("[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}", "write OWNER/NAME")] = (
        Field(examples=["contoso/identity"])
    )
    """Owner and name of the repository."""
    path: Annotated[
        str,
        Shape(
            r"(?!/)(?!(?:.*/)?\.{1,2}(?:/|$))(?!.*//)[^\x00-\x1f\x7f\\]*[^\x00-\x1f\x7f\\/]",
            "write the path inside the repository, like config/mapping.json",
        ),
    ] = Field(examples=["mapping.json"])
    """Path of the file in the repository."""
    ref: Annotated[
        str, Shape(r"(?!.*\.\.)(?![-/])[^\x00-\x20\x7f~^:?*\[\\]{1,250}", "write a commit, a tag or a branch")
    ] = Field(examples=["main"])
    """Commit, tag or branch. A commit is the safest: then nobody changes memberships by a push."""
    api: HttpsAddress = Field("https://api.github.com", examples=["https://github.corp.example/api/v3"])
    """Address of the API; another one for GitHub Enterprise."""
    token_variable: EnvironmentVariable | None = Field(None, examples=["GITHUB_TOKEN"])
    """Environment variable with a token, for `lockstep` on this machine; not needed for a public repository."""
    token: KeyVaultSecret | None = None
    """Where the runbook finds a token; not needed for a public repository."""
    lock: Lock = None
    """File that pins each group's name to its GUID, relative to this file; `lockstep mapping lock` writes it."""


Mapping: TypeAlias = Annotated[EnvironmentMapping | WorkerMapping | GitHubMapping, Field(discriminator="source")]
