"""Sections `credential`, `automation` and `catalogs`: who deploys, what runs the jobs, and what is served. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from provision.environment.section import (
    Guid,
    LocalFile,
    LogicAppName,
    Section,
    Shape,
    Text,
    exactly_one,
    named_or_given,
)

_Value = TypeVar("_Value")
_CLIENT = ("workload_identity", "managed_identity")


class Credential(Section):
    """How `lockstep` signs in. No secret belongs here."""

    method: Literal["azure_cli", "environment", "workload_identity", "managed_identity", "default"] = "azure_cli"
    """`azure_cli`: your `az login`. `environment`: AZURE_CLIENT_ID and so on. `default`: azure-identity's own chain."""
    client_id: Guid | None = Field(None, examples=["44444444-4444-4444-8444-444444444444"])
    """Application id of the identity; for workload_identity and managed_identity."""
    token_file: LocalFile | None = Field(None, examples=["/var/run/secrets/token"])
    """File with the federated token; for workload_identity. Default: AZURE_FEDERATED_TOKEN_FILE."""

    @field_validator("client_id")
    @classmethod
    def _has_client(cls, value: str | None, info: ValidationInfo) -> str | None:
        return _only_for(value, info, _CLIENT)

    @field_validator("token_file")
    @classmethod
    def _has_token(cls, value: Any, info: ValidationInfo) -> Any:
        return _only_for(value, info, _CLIENT[:1])


def _only_for(value: _Value, info: ValidationInfo, methods: tuple[str, ...]) -> _Value:
    method = info.data.get("method")
    if value is not None and method is not None and method not in methods:
        raise ValueError(f"means nothing with method {method}, only with {' and '.join(methods)}; remove it")
    return value


class Automation(Section):
    """The Automation account, which exists already, and the runbook that is put there."""

    account: Annotated[
        str,
        Shape(
            "[A-Za-z][A-Za-z0-9-]{4,48}[A-Za-z0-9]",
            "an Automation account has 6 to 50 letters, digits and hyphens, begins with a letter, ends with no hyphen",
        ),
    ] = Field(examples=["aa-identity"])
    """Name of the Automation account, in the resource group."""
    hybrid_worker_group: Annotated[
        str,
        Shape(
            r"[A-Za-z0-9\u00a1-\uffff](?:[A-Za-z0-9\u00a1-\uffff _.()-]{0,126}[A-Za-z0-9\u00a1-\uffff_)])?",
            "letters, digits, blanks and _ . ( ) - only, at most 128",
        ),
    ] = Field(examples=["onprem-workers"])
    """Name of the hybrid worker group whose workers reach a domain controller."""
    runbook: Annotated[
        str, Shape("[a-zA-Z][a-zA-Z0-9_-]{0,62}", "letters, digits, _ and -, a letter first, at most 63")
    ] = Field("lockstep", examples=["lockstep"])
    """Name of the runbook."""
    runbook_type: Literal["Python", "Python3"] = "Python"
    """`Python` with a runtime environment, or the older `Python3`."""
    runtime_environment: Text | None = Field(
        default_factory=lambda data: "Python-3.10" if data.get("runbook_type") == "Python" else None,
        examples=["Python-3.10"],
    )
    """Runtime environment; default Python-3.10 with runbook_type Python, none with Python3."""
    role: Literal["operator", "job_operator"] = "operator"
    """Role of a Logic App on the account: Automation Operator, or the narrower Automation Job Operator."""

    @field_validator("runtime_environment")
    @classmethod
    def _has_runtime(cls, value: str | None, info: ValidationInfo) -> str | None:
        kind = info.data.get("runbook_type")
        if kind == "Python3" and value is not None:
            raise ValueError("means nothing with runbook_type Python3; remove it, or write runbook_type: Python")
        if kind == "Python" and value is None:
            raise ValueError("is needed with runbook_type Python; write runtime_environment: Python-3.10")
        return value


class Catalog(Section):
    """An entitlement management catalog, by name or by id."""

    id: Guid | None = Field(None, examples=["33333333-3333-4333-8333-333333333301"])
    """The catalog's id."""
    name: Text | None = Field(None, examples=["Finance"])
    """The catalog's display name; it must exist exactly once."""
    logic_app: LogicAppName | None = Field(None, examples=["la-finance"])
    """Name of its Logic App; default lockstep-ENVIRONMENT-CATALOG."""

    @property
    def label(self) -> str:
        """How the environment file calls it."""
        return self.name or self.id or ""

    @model_validator(mode="after")
    def _is_named(self) -> Catalog:
        exactly_one(self, ("id", "name"))
        return self


def _listed(value: Any) -> Any:
    return value if isinstance(value, Catalog) else named_or_given(value, "catalog")


ListedCatalog = Annotated[Catalog, BeforeValidator(_listed, json_schema_input_type=Text | Catalog)]
