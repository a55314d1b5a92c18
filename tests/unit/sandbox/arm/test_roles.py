from __future__ import annotations

import pytest

from provision.sandbox.arm.roles import ROLES, role

A = "Microsoft.Automation/automationAccounts"


@pytest.mark.parametrize(
    ("name", "action", "allowed"),
    [
        ("Automation Operator", f"{A}/jobs/write", True),
        ("Automation Operator", f"{A}/jobs/output/read", True),
        ("Automation Operator", f"{A}/runbooks/read", True),
        ("Automation Operator", f"{A}/runbooks/write", False),
        ("Automation Operator", f"{A}/variables/read", False),
        ("Automation Job Operator", f"{A}/jobs/output/read", True),
        ("Automation Job Operator", f"{A}/runbooks/read", False),
        ("Automation Runbook Operator", f"{A}/jobs/write", False),
        ("Reader", f"{A}/variables/read", True),
        ("Reader", f"{A}/variables/write", False),
        ("Reader", "microsoft.logic/WORKFLOWS/READ", True),
        ("Contributor", "Microsoft.Logic/workflows/delete", True),
        ("Contributor", "Microsoft.Authorization/roleAssignments/write", False),
        ("Contributor", "Microsoft.Authorization/roleAssignments/read", True),
        ("Role Based Access Control Administrator", "Microsoft.Authorization/roleAssignments/write", True),
        ("Role Based Access Control Administrator", "Microsoft.Logic/workflows/write", False),
        ("Logic App Operator", "Microsoft.Logic/workflows/write", False),
        ("Logic App Operator", "Microsoft.Logic/workflows/disable/action", True),
        ("Owner", "Anything.AtAll/whatever/delete", True),
    ],
)
def test_a_role_allows_what_azure_says(name: str, action: str, allowed: bool) -> None:  # noqa: FBT001 - a column of the table
    found = next(item for item in ROLES if item.name == name)
    assert found.allows(action) is allowed


def test_roles_are_found_by_their_guid_in_any_case() -> None:
    found = role("D3881F73-407A-4167-8283-E981CBBA0404")
    assert found is not None
    assert found.name == "Automation Operator"
    assert role("00000000-0000-4000-8000-000000000000") is None
