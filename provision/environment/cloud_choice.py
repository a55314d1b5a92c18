"""Section `cloud`: which cloud, and at which addresses if not at its own. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator

from provision.cloud import CLOUDS, CloudProfile
from provision.environment.section import HttpsOrigin, LocalFile, Section

CloudName: TypeAlias = Literal["public", "usgov", "china"]


class CloudChoice(Section):
    """A cloud at other addresses than its own, such as the sandbox. Tokens and claims stay those of the cloud."""

    profile: CloudName = "public"
    """The cloud whose audiences and claims are used."""
    arm: HttpsOrigin | None = None
    """Resource Manager, as https://host or https://host:port."""
    graph: HttpsOrigin | None = None
    """Microsoft Graph, as https://host or https://host:port."""
    login: HttpsOrigin | None = None
    """Where tokens come from, as https://host or https://host:port."""
    ca_file: LocalFile | None = None
    """PEM file with the authority that signed those addresses' certificates, on this machine."""

    def resolved(self) -> CloudProfile:
        """The cloud's profile with these addresses."""
        return CLOUDS[self.profile].at(self.arm, self.graph, self.login, self.ca_file)


def _named(value: Any) -> Any:
    if isinstance(value, dict | CloudChoice):
        return value
    if not isinstance(value, str):
        raise ValueError("must be public, usgov, china, or a mapping of addresses")  # noqa: TRY004 - as pydantic asks
    return {"profile": value}


Cloud = Annotated[CloudChoice, BeforeValidator(_named, json_schema_input_type=CloudName | CloudChoice)]
