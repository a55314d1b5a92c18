from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from provision.sandbox import seed
from provision.sandbox.multitude import mapping_text

if TYPE_CHECKING:
    from tests.unit.sandbox.conftest import Azure


def test_the_mapping_on_github_names_every_seeded_package() -> None:
    document = json.loads(mapping_text(seed.CATALOGS))
    packages = [package for catalog in seed.CATALOGS for package in catalog.packages]
    assert [entry["AccessPackageID"] for entry in document["AccessPackages"]] == [item.package_id for item in packages]


def test_deployer_and_automation_identity_hold_what_the_documentation_asks_for(azure: Azure) -> None:
    identity = azure.cloud.account.identity
    assert "EntitlementManagement.ReadWrite.All" in azure.cloud.deployer.app_roles
    assert identity.app_roles == frozenset({"EntitlementManagement.Read.All", "User.Read.All"})
    assert azure.cloud.access.permits(seed.DEPLOYER_OBJECT_ID, "Microsoft.Logic/workflows/write", azure.group)
    assert not azure.cloud.access.knows(identity.object_id)


@pytest.mark.parametrize(
    ("tail", "there"),
    [("", True), ("/providers/Microsoft.Automation/automationAccounts/AA-identity", True), ("x", False)],
)
def test_roles_can_be_assigned_at_what_exists(azure: Azure, tail: str, there: bool) -> None:  # noqa: FBT001 - a column of the table
    assert azure.cloud.exists(azure.group + tail) is there
