"""Environment -> facts: everything is read once, and what cannot be read is noted.

I/O: only through the services it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from provision.doctor.drawing import drawn
from provision.doctor.facts import DATE, MAPPING, PLAN, SIGN_IN, Facts, Unread
from provision.doctor.last_sweep import last_sweep
from provision.doctor.noting import GRAPH, Noting, unread
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.inventory import Answers, Inventory
from provision.listed_catalogs import Reader
from provision.mapping_source import MappingText
from provision.naming import account_id, resource_group_id
from provision.plan import Plan
from provision.reading import inventory
from provision.resource import ArmCollection, ArmTarget, GraphCollection, Json, Resource
from runbook.mapping import Mapping as MappedPackages

GRAPH_APPLICATION: Final = "00000003-0000-0000-c000-000000000000"
GROUP_API_VERSION: Final = "2021-04-01"
PERMISSIONS_API_VERSION: Final = "2022-04-01"
READ: Final = "EntitlementManagement.Read.All"
WRITE: Final = "EntitlementManagement.ReadWrite.All"


class Services(Reader, Protocol):
    """The services, and what the wires themselves know."""

    def claims(self, scope: str) -> Mapping[str, Json]:
        """The claims of our own token for that scope.

        Raises:
            ProvisionError: nobody is signed in, or the token cannot be read.
        """
        ...

    def date(self, target: ArmTarget) -> datetime:
        """What time it is at Resource Manager, by its answer to reading `target`.

        Raises:
            ProvisionError: it did not answer, or did not say.
        """
        ...


@dataclass(frozen=True, slots=True)
class Wish:
    """What the files on this machine say, and whether a job on the worker will be asked, too.

    `mapping` is None, with the reason in `problem`, when it cannot be used.
    """

    environment: Environment
    reference: str
    script: str
    source: MappingText | None
    mapping: MappedPackages | None
    problem: str = ""
    asks_worker: bool = False


def gather(services: Services, wish: Wish, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Facts:
    """Reads everything; whatever goes wrong with it is among the facts."""
    environment, noting = wish.environment, Noting(services)
    claims = _claims(services, environment, noting)
    skew = _skew(services, environment, noting, clock)
    scopes = (resource_group_id(environment), account_id(environment))
    told = {scope: noting.read(_permissions(scope)) for scope in scopes}
    permissions = {scope: tuple(entries) for scope, entries in told.items() if entries is not None}
    found = _inventory(noting, environment)
    graph, app_roles = _identity_permissions(noting, found)
    held = _own_catalog_roles(noting, claims)
    if wish.mapping is None:
        noting.unread[MAPPING] = Unread(wish.problem)
    wanted, made = _planned(noting, wish, found)
    now = clock() - (skew or timedelta())
    last = last_sweep(noting, found, now) if found else None
    return Facts(
        environment=environment,
        reference=wish.reference,
        now=now,
        unread=noting.unread,
        seen=frozenset(noting.seen - noting.unread.keys()),
        skew=skew,
        claims=claims,
        permissions=permissions,
        graph=graph,
        app_roles=app_roles,
        catalog_roles=held,
        source=wish.source,
        mapping=wish.mapping,
        inventory=found,
        wanted=wanted,
        plan=made,
        asks_worker=wish.asks_worker,
        last_sweep=last,
    )


def _claims(services: Services, environment: Environment, noting: Noting) -> Mapping[str, Json]:
    try:
        return services.claims(environment.cloud.graph_scope)
    except ProvisionError as error:
        noting.unread[SIGN_IN] = unread(error)
        noting.give_up(GRAPH, str(error))
        return {}


def _skew(
    services: Services, environment: Environment, noting: Noting, clock: Callable[[], datetime]
) -> timedelta | None:
    """How far this machine is ahead; Resource Manager tells whole seconds, so half of one is added to its word."""
    try:
        before = clock()
        told = services.date(ArmTarget(resource_group_id(environment), GROUP_API_VERSION))
        after = clock()
    except ProvisionError as error:
        noting.unread[DATE] = unread(error)
        return None
    return before + (after - before) / 2 - told - timedelta(seconds=0.5)


def _permissions(scope: str) -> ArmCollection:
    return ArmCollection(f"{scope}/providers/Microsoft.Authorization/permissions", PERMISSIONS_API_VERSION)


def _inventory(noting: Noting, environment: Environment) -> Inventory | None:
    try:
        return inventory(noting, environment)
    except ProvisionError as error:
        noting.unread[PLAN] = unread(error)
        return None


def _identity_permissions(noting: Noting, found: Inventory | None) -> tuple[Mapping[str, Json] | None, Answers]:
    """Graph's own service principal, which names the permissions, and what the account's identity holds of them."""
    principal = (((found and found.account) or {}).get("identity") or {}).get("principalId")
    if not principal:
        return None, ()
    graph = noting.read(GraphCollection("service principals", filter=f"appId eq '{GRAPH_APPLICATION}'"))
    held = noting.read(GraphCollection("app roles", (str(principal),)))
    return next(iter(graph), None), tuple(held or ())


def _own_catalog_roles(noting: Noting, claims: Mapping[str, Json]) -> Answers:
    """What we hold on catalogs, which only matters where the token lets us read and not write."""
    roles = claims.get("roles") or ()
    if WRITE in roles or READ not in roles or not claims.get("oid"):
        return ()
    return tuple(noting.read(GraphCollection("catalog roles", filter=f"principalId eq '{claims['oid']}'")))


def _planned(noting: Noting, wish: Wish, found: Inventory | None) -> tuple[tuple[Resource, ...], Plan | None]:
    """The plan on what could be read. Its checks are blocked by what could not."""
    if found is None:
        return (), None
    source, mapping = wish.source or MappingText("", ""), wish.mapping or MappedPackages(())
    try:
        return drawn(found, mapping, source, wish.script)
    except ProvisionError as error:
        noting.unread.setdefault(PLAN, unread(error))
        return (), None
