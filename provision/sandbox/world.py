"""Everything a reset replaces: one tenant, its cloud, its Graph and its Logic Apps, wired together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from provision.sandbox import seed
from provision.sandbox.clock import Clock
from provision.sandbox.cloud import Cloud, Surroundings
from provision.sandbox.directory import Directory
from provision.sandbox.graph.entitlement import Entitlement
from provision.sandbox.journal import Journal
from provision.sandbox.logic_app.host import LogicAppHost
from provision.sandbox.outside import Outside
from provision.sandbox.principals import Principals
from provision.sandbox.service import Service
from provision.sandbox.tokens import TokenAuthority

SETTLE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Ground:
    """What stays when the world is replaced."""

    clock: Clock
    authority: TokenAuthority
    journal: Journal
    directory: Directory
    outside: Outside
    jobs: Path
    ca_file: Path
    base: Callable[[], str]
    pythons: Mapping[str, str]
    client_secret: str
    catalogs: Sequence[seed.SeedCatalog] = seed.CATALOGS


class World:
    """One life of the sandbox, from `begin` to `end`; the directory must run before it begins."""

    def __init__(self, ground: Ground) -> None:
        principals = Principals()
        self.host = LogicAppHost(ground.authority, principals, ground.clock, ground.outside)
        self.cloud = Cloud(
            Surroundings(
                clock=ground.clock,
                authority=ground.authority,
                principals=principals,
                journal=ground.journal,
                host=self.host,
                folder=ground.jobs,
                ca_file=ground.ca_file,
                base=ground.base,
                pythons=ground.pythons,
                vault={seed.BIND_SECRET: ground.directory.bind_password},
                client_secret=ground.client_secret,
                catalogs=ground.catalogs,
            )
        )
        self.entitlement = Entitlement(ground.authority, principals, ground.clock, ground.outside, ground.directory)
        self.entitlement.catalogs = ground.catalogs
        self.principals = principals

    def services(self) -> Sequence[Service]:
        """Every service of the world."""
        return (*self.cloud.services(), self.entitlement, self.host)

    def begin(self) -> None:
        """Fill Graph and let the hybrid worker poll."""
        self.entitlement.seed()
        self.cloud.worker.start()

    def end(self) -> None:
        """End every request, run and job that is under way."""
        self.entitlement.reset()
        self.host.stop()
        self.cloud.worker.stop()
        self.host.settle(SETTLE_SECONDS)
