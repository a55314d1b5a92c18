"""What the Logic Apps and the Automation account may do: Azure roles, and roles on catalogs. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from provision.doctor import planned
from provision.doctor.check import Check
from provision.doctor.facts import ACCOUNT, AZURE_ROLES, WORKFLOWS, Facts
from provision.kinds import catalog_role, role_assignment

AREA = "roles"


def checks(facts: Facts) -> Iterator[Check]:
    """Each role that `apply` gives: that it is there, and given to the identity that has it now."""
    azure = (ACCOUNT, AZURE_ROLES, WORKFLOWS, "catalogs")
    yield from planned.whole(facts, AREA, role_assignment.KIND, azure, "is there")
    catalog = (ACCOUNT, "catalogs", "catalog roles", WORKFLOWS)
    yield from planned.whole(facts, AREA, catalog_role.KIND, catalog, "is there")
