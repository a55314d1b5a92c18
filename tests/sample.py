"""A small environment for tests of the pipeline, and its plan against a tenant in memory."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from provision import preflight
from provision.actual import actual
from provision.apply import apply
from provision.blueprint import Blueprint
from provision.desired import blueprint, desired
from provision.environment import Environment
from provision.inventory import Inventory
from provision.mapping_source import MappingText
from provision.plan import Plan, plan
from provision.reading import inventory
from runbook.mapping import parse_mapping
from tests.fake_lifecycle import LEAVE
from tests.fakes import InMemoryAzure, Listener, guid

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
SCRIPT = "# runbook\nprint('hello')\n"
MAPPED = ("p1", "p2", "p3")


def document(**changes: Any) -> dict[str, Any]:
    """The environment file as values, with some of them changed."""
    return {
        "name": "test",
        "tenant": "11111111-1111-4111-8111-111111111111",
        "subscription": "22222222-2222-4222-8222-222222222222",
        "resource_group": "rg-identity",
        "location": "westeurope",
        "automation": {"account": "aa-identity", "hybrid_worker_group": "onprem-workers"},
        "catalogs": ["Finance", "Engineering"],
        "mapping": {"source": "environment", "content": {"AccessPackages": []}},
        "directory": {
            "servers": [{"url": "ldaps://dc1.corp.example:636"}],
            "base": "DC=corp,DC=example",
            "domain": "CORP",
            "bind": {"method": "kerberos"},
        },
        **changes,
    }


LIFECYCLE: dict[str, Any] = {"lifecycle_workflows": {"workflows": ["Onboard new hire", "Change of department", LEAVE]}}
"""The section by which the three workflows of the fake get the task."""


def environment(**changes: Any) -> Environment:
    """The environment, read as from a file."""
    return Environment.parse(json.dumps(document(**changes)), "test.yaml", Path())


def mapping_text(*packages: str) -> str:
    """A mapping of these access packages (keys of `guid`)."""
    entries = [{"AccessPackageID": guid(package), "ADGroups": [f"Group_{package}"]} for package in packages]
    return json.dumps({"AccessPackages": entries}, indent=2)


def looked_at(azure: InMemoryAzure, **changes: Any) -> Inventory:
    """The inventory of the environment."""
    return inventory(azure, environment(**changes))


def drawn(azure: InMemoryAzure, mapped: tuple[str, ...] = MAPPED, script: str = SCRIPT, **changes: Any) -> Blueprint:
    """The blueprint, after the preflight."""
    found, text = looked_at(azure, **changes), mapping_text(*mapped)
    mapping, source = parse_mapping(text, "mapping.json"), MappingText(text, "mapping.json")
    preflight.check(found, source, mapping, NOW)
    return blueprint(found, mapping, source, script)


def planned(
    azure: InMemoryAzure, mapped: tuple[str, ...] = MAPPED, script: str = SCRIPT, *, adopt: bool = False, **changes: Any
) -> Plan:
    """The plan towards the environment."""
    wanted, found = desired(drawn(azure, mapped, script, **changes)), looked_at(azure, **changes)
    names = {catalog.id: catalog.name for catalog in found.catalogs}
    gone = "is not in the environment file any more"
    return plan("test", wanted, actual(found), gone=gone, adopt=adopt, names=names)


def destroying(azure: InMemoryAzure, **changes: Any) -> Plan:
    """The plan that takes everything away."""
    found = looked_at(azure, **changes)
    names = {catalog.id: catalog.name for catalog in found.catalogs}
    return plan(found.environment.name, (), actual(found), gone="destroy", names=names)


def carried_out(azure: InMemoryAzure, made: Plan, parallel: int = 1) -> list[str]:
    """Applies the plan without waiting, one catalog after the other by default; what was said."""
    listener = Listener()
    apply(made, azure, azure, listener, pause=lambda _: None, parallel=parallel)
    return listener.said


def provisioned(**changes: Any) -> InMemoryAzure:
    """A tenant in which the environment is applied."""
    azure = InMemoryAzure()
    carried_out(azure, planned(azure, **changes))
    azure.writes.clear()
    return azure
