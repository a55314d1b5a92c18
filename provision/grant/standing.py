"""The permissions that one environment needs from an administrator, beside what was seen. Pure.

What nobody could read is unknown, never missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from provision.environment import Environment
from provision.grant.table import ACCOUNT, AZURE_ROLES, GROUP, SECRET, WIDER, Grant, Holder, needed, secrets
from provision.naming import account_id, resource_group_id

State: TypeAlias = Literal["there", "missing", "unknown"]


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret in Key Vault; `vault` is empty where its address is not one of the environment's cloud."""

    url: str
    vault: str
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """One permission for one identity, with every operation that takes it.

    `target` is the id of an Azure scope; empty for a permission of Graph, and for a secret whose vault was not found.
    """

    holder: Holder
    permission: str
    scope: str
    target: str
    operations: tuple[str, ...]
    why: str
    secret: Secret | None = None

    @property
    def azure(self) -> bool:
        """Whether it is a role of Azure; otherwise it is an application permission of Graph."""
        return self.permission in AZURE_ROLES

    def __str__(self) -> str:
        """For people."""
        at = self.secret.url if self.secret else self.scope
        return f"{self.permission} ({at}) for {NAMES[self.holder]}"


NAMES: Mapping[Holder, str] = {"deployer": "the deployer", "runbook": "the runbook's identity"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What could be read. `principals` are object ids; who is not in there is not known.

    `permissions` are the ids of Graph's application permissions by name, or None when they could not be read; `graph`
    is the object id of Graph's own service principal. `held` has the names of permissions by holder, `roles` those of
    Azure roles by holder and scope; what is not in there could not be read. `vaults` are resource ids by secret.
    `notes` say what could not be read, and why.
    """

    principals: Mapping[Holder, str] = field(default_factory=dict)
    graph: str = ""
    permissions: Mapping[str, str] | None = None
    held: Mapping[Holder, frozenset[str]] = field(default_factory=dict)
    roles: Mapping[tuple[Holder, str], frozenset[str]] = field(default_factory=dict)
    vaults: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether an item is there, and through which permission."""

    item: Item
    state: State
    through: str = ""


def items(environment: Environment, vaults: Mapping[str, str]) -> tuple[Item, ...]:
    """What an administrator gives, each permission once; `vaults` are resource ids by secret."""
    found: dict[tuple[str, str, str], Item] = {}
    for grant in needed(environment):
        if grant.holder in NAMES and grant.by == "you":
            target, secret = _place(environment, grant, vaults)
            key = (grant.holder, grant.permission, secret.url if secret else target)
            before = found[key].operations if key in found else ()
            operations = (*before, grant.operation)
            found[key] = Item(grant.holder, grant.permission, grant.scope, target, operations, grant.why, secret)
    return tuple(found.values())


def standings(environment: Environment, seen: Seen) -> tuple[Standing, ...]:
    """All items and whether they are there."""
    return tuple(_standing(item, seen) for item in items(environment, seen.vaults))


def secret(environment: Environment, url: str) -> Secret:
    """The secret at that address."""
    address = urlsplit(url)
    host, domain = address.hostname or "", urlsplit(environment.cloud.key_vault_audience).hostname or ""
    vault = host.removesuffix(f".{domain}")
    return Secret(url, vault if vault != host and "." not in vault else "", address.path.split("/")[2])


def _place(environment: Environment, grant: Grant, vaults: Mapping[str, str]) -> tuple[str, Secret | None]:
    if grant.scope == SECRET:
        one = secret(environment, secrets(environment)[grant.when])
        return f"{vaults[one.url]}/secrets/{one.name}" if one.url in vaults else "", one
    known = {GROUP: resource_group_id(environment), ACCOUNT: account_id(environment)}
    return known.get(grant.scope, ""), None


def _standing(item: Item, seen: Seen) -> Standing:
    held = seen.roles.get((item.holder, item.target)) if item.azure else seen.held.get(item.holder)
    if held is None:
        return Standing(item, "unknown")
    through = next((name for name in (item.permission, *WIDER.get(item.permission, ())) if name in held), "")
    return Standing(item, "there" if through else "missing", through)
