"""The environment file as a whole: its sections, the checks that need more than one of them, and how it is read.

I/O: `Environment.load` reads the one file it is given the name of.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PrivateAttr, ValidationError, ValidationInfo, field_validator

from provision.cloud import CloudProfile
from provision.environment import document, finding, problems, relations
from provision.environment.callout import Callout
from provision.environment.cloud_choice import Cloud, CloudChoice
from provision.environment.deployment import Automation, Catalog, Credential, ListedCatalog
from provision.environment.directory import Directory, Domain, SimpleBind
from provision.environment.lifecycle import WhenGiven
from provision.environment.mapping import GitHubMapping, Mapping
from provision.environment.safety import Safety
from provision.environment.section import Guid, Section, Shape
from provision.environment.sweep import Audit, Sweep


class Environment(Section):
    """One deployment of Lockstep: where it is, what it serves, and how it behaves."""

    name: Annotated[
        str, Shape("[a-z][a-z0-9-]{0,19}", "small letters, digits and hyphens, a letter first, at most 20")
    ] = Field(examples=["contoso"])
    """Name of the environment; part of the names of everything that is made for it."""
    cloud_choice: Cloud = Field(
        default_factory=lambda: CloudChoice.model_validate({}), alias="cloud", examples=["public"]
    )
    """The cloud: public, usgov or china; or a mapping with other addresses."""
    tenant: Guid = Field(examples=["11111111-1111-4111-8111-111111111111"])
    """Id of the Entra tenant (a GUID, not a domain name: the Logic App checks it in every token)."""
    subscription: Guid = Field(examples=["22222222-2222-4222-8222-222222222222"])
    """Id of the Azure subscription."""
    resource_group: Annotated[
        str,
        Shape(
            r"[^\x00-'*-,/:-@\[-^`{-\x7f]{0,89}[^\x00-'*-,./:-@\[-^`{-\x7f]",
            "a resource group has at most 90 letters, digits and _ - . ( ), and no full stop at its end",
        ),
    ] = Field(examples=["rg-identity"])
    """Name of the resource group that holds the Automation account and gets the Logic Apps."""
    location: Annotated[
        str, Shape("[a-z][a-z0-9]{1,49}", "write the region's short name, like westeurope, without blanks")
    ] = Field(examples=["westeurope"])
    """Azure region of the Logic Apps."""
    credential: Credential = Field(
        default_factory=lambda: Credential.model_validate({}), examples=[{"method": "azure_cli"}]
    )
    """How `lockstep` signs in; default azure_cli."""
    automation: Automation = Field(examples=[{"account": "aa-identity", "hybrid_worker_group": "onprem-workers"}])
    """The Automation account and its runbook."""
    catalogs: tuple[ListedCatalog, ...] = Field(min_length=1, examples=[["Finance"]])
    """The catalogs to serve, by name or by id."""
    callout: Callout = Field(
        default_factory=lambda: Callout.model_validate({}), examples=[{"launch_and_wait_minutes": 15}]
    )
    """How long Entra waits, and how the Logic App answers."""
    lifecycle_workflows: WhenGiven = Field(None, examples=[{"workflows": ["Onboard new hire"]}])
    """Lifecycle Workflows: which workflows keep AD groups in step. Without it, only entitlement management does."""
    mapping: Mapping = Field(examples=[{"source": "environment", "file": "contoso.mapping.json"}])
    """Where the runbook reads which AD groups an access package stands for."""
    directory: Directory = Field(
        examples=[
            {
                "servers": [{"url": "ldaps://dc1.corp.example:636"}],
                "base": "DC=corp,DC=example",
                "domain": "CORP",
                "bind": {"method": "kerberos"},
            }
        ]
    )
    """The AD domain."""
    other_directories: tuple[Domain, ...] = Field(
        (),
        examples=[
            [
                {
                    "servers": [{"url": "ldaps://dc1.emea.corp.example:636"}],
                    "base": "DC=emea,DC=corp,DC=example",
                    "domain": "EMEA",
                    "bind": {"method": "kerberos"},
                }
            ]
        ],
    )
    r"""Further AD domains, of this forest or of others; the mapping names their groups as DOMAIN\name."""
    safety: Safety = Field(
        default_factory=lambda: Safety.model_validate({}), examples=[{"protected_groups": ["Domain Admins"]}]
    )
    """What the runbook takes away, and what it refuses to touch."""
    sweep: Sweep = Field(default_factory=lambda: Sweep.model_validate({}), examples=[{"schedule": "02:30"}])
    """The look at everybody at once."""
    audit: Audit = Field(
        default_factory=lambda: Audit.model_validate({}), examples=[{"file": "/var/log/lockstep/audit.jsonl"}]
    )
    """Where changes are written down."""
    schema_address: str | None = Field(None, alias="$schema")
    """For editors; ignored."""

    _origin: str = PrivateAttr("environment")
    _document: document.Document | None = PrivateAttr(None)

    @classmethod
    def load(cls, reference: str, folder: Path = Path("environments")) -> Environment:
        """The environment in the file `reference`, or of that name in `folder` or among those that come with Lockstep.

        Raises:
            ProvisionError: no such file, or all that is wrong with it, each with file, line and column.
        """
        path = finding.environment_file(reference, folder)
        return cls.parse(finding.text(path), str(path), path.parent)

    @classmethod
    def parse(cls, text: str, name: str, folder: Path) -> Environment:
        """The environment in `text`; messages call it `name`, and relative paths start at `folder`.

        Raises:
            ProvisionError: all that is wrong with it.
        """
        try:
            read = document.read(text)
        except document.DocumentInvalid as error:
            raise problems.invalid(name, [error.problem]) from error
        context = {"folder": folder, "origin": name, "document": read}
        try:
            environment = cls.model_validate(read.value, context=context)
        except ValidationError as error:
            found = problems.explained(error, read, cls.model_json_schema())
            raise problems.invalid(name, [*read.problems, *found]) from error
        if read.problems:
            raise problems.invalid(name, list(read.problems))
        return environment

    def model_post_init(self, context: Any) -> None:
        """Keeps where the values stand, for later messages."""
        if context:
            self._origin = context["origin"]
            self._document = context["document"]

    @property
    def cloud(self) -> CloudProfile:
        """The endpoints and audiences to use."""
        return self.cloud_choice.resolved()

    @property
    def origin(self) -> str:
        """The file that it was read from, as messages call it."""
        return self._origin

    def place(self, *path: str | int, key: bool = False) -> document.Place:
        """Line and column of the value at that path, or of its key."""
        if self._document is None:
            return document.TOP
        return self._document.key(path) if key else self._document.of(path)

    def where(self, *path: str | int) -> str:
        """`file:line:column` of the value at that path, for messages about it."""
        place = self.place(*path)
        return f"{self._origin}:{place.line}:{place.column}"

    def warnings(self) -> list[str]:
        """What is allowed and will probably not work."""
        if self.cloud.resumes:
            return []
        warning = (
            f"{self.where('cloud')}: Microsoft documents the resume call, by which a callout is answered, for the "
            f"public cloud only. In {self.cloud.name} requests may stay open until Entra lets them expire, although "
            "the AD groups are changed. Try it with one access package first."
        )
        return [warning]

    @field_validator("catalogs")
    @classmethod
    def _each_once(cls, catalogs: tuple[Catalog, ...]) -> tuple[Catalog, ...]:
        relations.each_once(catalogs)
        return catalogs

    @field_validator("directory")
    @classmethod
    def _fits(cls, directory: Directory, info: ValidationInfo) -> Directory:
        _password_of_this_cloud(directory, info, ())
        relations.waits_less(directory, {key: info.data.get(key) for key in ("callout", "lifecycle_workflows")})
        return directory

    @field_validator("other_directories")
    @classmethod
    def _are_others(cls, domains: tuple[Domain, ...], info: ValidationInfo) -> tuple[Domain, ...]:
        for place, domain in enumerate(domains):
            _password_of_this_cloud(domain, info, (place,))
        relations.no_domain_twice(info.data.get("directory"), domains)
        return domains

    @field_validator("mapping")
    @classmethod
    def _token_of_this_cloud(cls, mapping: Any, info: ValidationInfo) -> Any:
        if isinstance(mapping, GitHubMapping) and mapping.token:
            relations.in_key_vault(mapping.token.key_vault, info.data.get("cloud_choice"), ("token", "key_vault"))
        return mapping


def _password_of_this_cloud(domain: Domain, info: ValidationInfo, path: tuple[int, ...]) -> None:
    if isinstance(domain.bind, SimpleBind):
        url = domain.bind.password.key_vault
        relations.in_key_vault(url, info.data.get("cloud_choice"), (*path, "bind", "password", "key_vault"))
