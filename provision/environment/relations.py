"""Checks that need more than one section of the environment file. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from provision.environment import duration
from provision.environment.cloud_choice import CloudChoice
from provision.environment.deployment import Catalog
from provision.environment.directory import Directory, Domain
from provision.environment.section import refuse
from provision.environment.waiting import Waiting
from runbook.distinguished_name import canonical_dn, fold


def each_once(catalogs: Sequence[Catalog]) -> None:
    """Raises: ValidationError at every catalog, and every own Logic App name, that was listed before."""
    for key in ("name", "id", "logic_app"):
        values = [(getattr(catalog, key) or "").casefold() for catalog in catalogs]
        refuse(
            ((place, key), f"'{getattr(catalogs[place], key)}' is listed twice; remove one")
            for place, value in enumerate(values)
            if value and value in values[:place]
        )


def in_key_vault(url: str | None, choice: CloudChoice | None, path: tuple[str | int, ...]) -> None:
    """Raises: ValidationError at `path` if that is no Key Vault of the cloud: its host would be sent a token."""
    if url is None or choice is None or choice.resolved().own_endpoints:
        return
    domain = urlsplit(choice.resolved().key_vault_audience).hostname
    host = urlsplit(url).hostname or ""
    if not host.endswith(f".{domain}"):
        said = f"{host} is no Key Vault of the {choice.profile} cloud; write https://VAULT.{domain}/secrets/NAME"
        refuse([(path, said)])


def waits_less(directory: Directory, callers: Mapping[str, Waiting | None]) -> None:
    """Raises: ValidationError when a job would wait for an account until nobody waits for the job (by section)."""
    if "wait_for_account" not in directory.model_fields_set:  # the job keeps the default within its time by itself
        return
    wait = directory.wait_for_account
    for section, caller in callers.items():
        if caller is not None and wait >= caller.poll_deadline:
            said = (
                f"wait_for_account ({duration.iso(wait)}) is not shorter than {section}.poll_deadline "
                f"({duration.iso(caller.poll_deadline)}), so nobody would wait for the job any more; write "
                f"wait_for_account: {duration.iso(caller.poll_deadline / 4)} or less"
            )
            refuse([(("wait_for_account",), said)])


def no_domain_twice(main: Directory | None, others: Sequence[Domain]) -> None:
    """Raises: ValidationError at every further domain whose name or base stands above already."""
    domains: list[Domain] = [*([main] if main else []), *others]
    first, found = len(domains) - len(others), []
    for key, same in (("domain", fold), ("base", canonical_dn)):
        values = [same(getattr(domain, key)) for domain in domains]
        found += [
            ((place - first, key), f"'{getattr(domains[place], key)}' is there already; remove one")
            for place in range(first, len(domains))
            if values[place] in values[:place]
        ]
    refuse(found)
