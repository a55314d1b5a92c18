"""Checks that need more than one section of the environment file. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from provision.environment.cloud_choice import CloudChoice
from provision.environment.deployment import Catalog
from provision.environment.section import refuse


def each_once(catalogs: Sequence[Catalog]) -> None:
    """Raises: ValidationError at every catalog, and every own Logic App name, that was listed before."""
    for key in ("name", "id", "logic_app"):
        values = [(getattr(catalog, key) or "").casefold() for catalog in catalogs]
        refuse(
            ((place, key), f"'{getattr(catalogs[place], key)}' is listed twice; remove one")
            for place, value in enumerate(values)
            if value and value in values[:place]
        )


def in_key_vault(url: str | None, choice: CloudChoice | None, path: tuple[str, ...]) -> None:
    """Raises: ValidationError at `path` if that is no Key Vault of the cloud: its host would be sent a token."""
    if url is None or choice is None or choice.resolved().own_endpoints:
        return
    domain = urlsplit(choice.resolved().key_vault_audience).hostname
    host = urlsplit(url).hostname or ""
    if not host.endswith(f".{domain}"):
        said = f"{host} is no Key Vault of the {choice.profile} cloud; write https://VAULT.{domain}/secrets/NAME"
        refuse([(path, said)])
