"""Lifecycle Workflows: the custom task extension, and the task in each workflow. Pure.

Their Logic App is among the Logic Apps.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from provision.doctor import planned
from provision.doctor.check import Check
from provision.doctor.facts import WORKFLOWS, Facts
from provision.kinds import (
    KINDS,
    binding,
    catalog_role,
    extension,
    logic_app,
    role_assignment,
    runbook,
    runbook_content,
    variable,
)

AREA: Final = "Lifecycle Workflows"
NEEDS: Final = (WORKFLOWS, "task extensions", "workflows", "workflow", "service principal")
ELSEWHERE: Final = frozenset(
    kind.KIND
    for kind in (binding, catalog_role, extension, logic_app, role_assignment, runbook, runbook_content, variable)
)
"""Kinds with areas of their own."""


def checks(facts: Facts) -> Iterator[Check]:
    """Each thing that `apply` makes for Lifecycle Workflows."""
    for kind in KINDS:
        if kind.KIND not in ELSEWHERE:
            yield from planned.whole(facts, AREA, kind.KIND, NEEDS)
