"""Facts -> every check that they allow, area by area. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final, TypeAlias

from provision.doctor import (
    account,
    azure_permission,
    binding,
    clock,
    credential,
    extension,
    graph_permission,
    lifecycle,
    logic_app,
    mapping,
    role,
    runbook,
    sweep,
    worker,
)
from provision.doctor.check import Check
from provision.doctor.facts import Facts

Area: TypeAlias = Callable[[Facts], Iterator[Check]]

AREAS: Final[tuple[Area, ...]] = (
    credential.checks,
    graph_permission.checks,
    azure_permission.checks,
    clock.checks,
    account.checks,
    worker.checks,
    runbook.checks,
    sweep.checks,
    mapping.checks,
    logic_app.checks,
    role.checks,
    extension.checks,
    binding.checks,
    lifecycle.checks,
)
"""In the order of the chain: who deploys, what runs the jobs, what calls it."""


def examine(facts: Facts) -> tuple[Check, ...]:
    """All checks but those that a job on the worker has to make."""
    return tuple(check for area in AREAS for check in area(facts))


def narrowed(checks: Iterable[Check], catalogs: Collection[str]) -> tuple[Check, ...]:
    """The checks of these catalogs, and those that serve the whole environment."""
    return tuple(check for check in checks if not check.catalog or check.catalog in catalogs)
