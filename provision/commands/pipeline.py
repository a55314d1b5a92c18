"""The stages up to the plan, which all commands share. I/O: the environment's files, and reading the services."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Final

from provision import dropped, mapping_lock, mapping_source, preflight
from provision.actual import actual
from provision.azure import Azure, connect
from provision.azure.credential import SignIn
from provision.bundle import bundle
from provision.commands.opening import refuse_stopped_sandbox
from provision.desired import blueprint, desired
from provision.environment import Environment
from provision.inventory import Inventory
from provision.listed_catalogs import Reader
from provision.narrowing import chosen, narrowed
from provision.plan import Plan, plan
from provision.reading import inventory
from provision.side_by_side import DEFAULT
from provision.terminal import Terminal

TAKEN_BACK: Final = "destroy takes back what is Lockstep's"


def connected(environment: Environment) -> Azure:
    """The services that the environment names, with its sign-in."""
    refuse_stopped_sandbox(environment)
    settings = environment.credential
    sign_in = SignIn(environment.tenant, settings.method, settings.client_id, settings.token_file)
    return connect(environment.cloud, environment.subscription, sign_in)


def towards(  # noqa: PLR0913 - the last two have their defaults
    environment: Environment,
    catalogs: Sequence[str],
    reader: Reader,
    terminal: Terminal,
    *,
    adopt: bool = False,
    parallel: int = DEFAULT,
) -> Plan:
    """The plan that makes the environment what its file says; with `adopt`, out of what others have made, too.

    Raises:
        ProvisionError: the files or the services do not allow a plan; every reason at once.
    """
    source = mapping_source.read(environment)
    mapping = mapping_source.parsed(source)
    found = look(environment, reader, terminal, parallel=parallel)
    preflight.check(found, source, mapping, datetime.now(UTC))
    for warning in (
        *preflight.warnings(found, mapping),
        *dropped.warnings(found, mapping),
        *mapping_lock.warnings(environment, mapping, source.pins),
    ):
        terminal.warn(warning)
    wanted, there = desired(blueprint(found, mapping, source, bundle().text)), actual(found)
    if catalogs:
        ids = chosen(found, catalogs)
        wanted, there = narrowed(wanted, ids, shared=True), narrowed(there, ids, shared=True)
    gone = "is not in the environment file any more"
    return plan(environment.name, wanted, there, gone=gone, adopt=adopt, names=_names(found))


def away(found: Inventory, ids: Collection[str] | None) -> Plan:
    """The plan that takes away everything of ours in the inventory, or what belongs to the catalogs with these ids."""
    there = actual(found)
    if ids is not None:
        there = narrowed(there, ids, shared=False)
    return plan(found.environment.name, (), there, gone=TAKEN_BACK, names=_names(found))


def look(environment: Environment, reader: Reader, terminal: Terminal, *, parallel: int = DEFAULT) -> Inventory:
    """What exists now, with at most `parallel` reads at once."""
    with terminal.progress(f"Reading environment {environment.name}"):
        return inventory(reader, environment, parallel)


def _names(found: Inventory) -> dict[str, str]:
    return {catalog.id: catalog.name for catalog in found.catalogs}
