from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provision.sandbox import seed
from provision.sandbox.graph.permissions import (
    ASSIGNMENT_MANAGER,
    CATALOG_OWNER,
    CATALOG_READER,
    PACKAGE_MANAGER,
)
from provision.sandbox.tokens import ARM

if TYPE_CHECKING:
    from tests.unit.sandbox.graph.conftest import Graph

EM = "/v1.0/identityGovernance/entitlementManagement"
FINANCE, ENGINEERING = seed.CATALOGS[0], seed.CATALOGS[1]
POLICY = ENGINEERING.packages[0].policy_id
EXTENSIONS = f"{EM}/catalogs/{ENGINEERING.catalog_id}/customWorkflowExtensions"
ROLES = "/v1.0/roleManagement/entitlementManagement/roleAssignments"
ADA = f"/v1.0/users/{seed.USERS[0].object_id}"
OURS = f"$filter=accessPackage/id eq '{ENGINEERING.packages[0].package_id}'"
THEIRS = f"$filter=accessPackage/id eq '{FINANCE.packages[0].package_id}'"
READ, WRITE = "EntitlementManagement.Read.All", "EntitlementManagement.ReadWrite.All"


@pytest.mark.parametrize(
    ("method", "path", "sufficient", "insufficient"),
    [
        ("GET", f"{EM}/catalogs", READ, "User.Read.All"),
        ("GET", f"{EM}/catalogs/{FINANCE.catalog_id}", READ, ""),
        ("GET", f"{EM}/accessPackages", READ, ""),
        ("GET", f"{EM}/accessPackages/{FINANCE.packages[0].package_id}", READ, ""),
        ("GET", f"{EM}/assignmentPolicies", READ, ""),
        ("GET", f"{EM}/assignmentPolicies/{POLICY}", READ, ""),
        ("PUT", f"{EM}/assignmentPolicies/{POLICY}", WRITE, READ),
        ("GET", f"{EM}/assignments", READ, "User.Read.All"),
        ("GET", f"{EM}/assignments/x", READ, ""),
        ("GET", f"{EM}/assignmentRequests", READ, ""),
        ("GET", f"{EM}/assignmentRequests/x", READ, ""),
        ("POST", f"{EM}/assignmentRequests/x/resume", WRITE, READ),
        ("GET", EXTENSIONS, READ, ""),
        ("POST", EXTENSIONS, WRITE, READ),
        ("GET", f"{EXTENSIONS}/x", READ, ""),
        ("PUT", f"{EXTENSIONS}/x", WRITE, READ),
        ("DELETE", f"{EXTENSIONS}/x", WRITE, READ),
        ("GET", ROLES, READ, ""),
        ("POST", ROLES, WRITE, READ),
        ("DELETE", f"{ROLES}/x", WRITE, READ),
        ("GET", ADA, "User.ReadBasic.All", READ),
        ("GET", f"{ADA}?$select=onPremisesSyncEnabled", "User.Read.All", "User.ReadBasic.All"),
        ("GET", "/v1.0/users", "User.ReadBasic.All", READ),
        ("GET", "/v1.0/users?$select=id,onPremisesSecurityIdentifier", "User.Read.All", "User.ReadBasic.All"),
        ("GET", "/v1.0/servicePrincipals/x", "Application.Read.All", "User.Read.All"),
    ],
)
def test_each_operation_asks_for_its_permission(
    graph: Graph, method: str, path: str, sufficient: str, insufficient: str
) -> None:
    body: dict[str, str] | None = {} if method in {"POST", "PUT"} else None
    denied = graph.send(method, path, body, graph.application(insufficient))
    assert (denied.status, denied.body["error"]["code"]) == (403, "Authorization_RequestDenied")
    assert denied.body["error"]["message"] == "Insufficient privileges to complete the operation."
    assert graph.send(method, path, body, graph.application(sufficient)).status not in {401, 403}


@pytest.mark.parametrize(
    ("method", "path", "role", "allowed"),
    [
        ("GET", f"{EM}/catalogs/{ENGINEERING.catalog_id}", CATALOG_READER, True),
        ("GET", f"{EM}/catalogs/{FINANCE.catalog_id}", CATALOG_READER, False),
        ("GET", f"{EM}/catalogs", CATALOG_READER, False),
        ("GET", f"{EM}/accessPackages?$filter=catalog/id eq '{ENGINEERING.catalog_id}'", ASSIGNMENT_MANAGER, True),
        ("GET", f"{EM}/accessPackages", ASSIGNMENT_MANAGER, False),
        ("GET", f"{EM}/assignments?{OURS}", ASSIGNMENT_MANAGER, True),
        ("GET", f"{EM}/assignments?{THEIRS}", ASSIGNMENT_MANAGER, False),
        ("GET", f"{EM}/assignments", ASSIGNMENT_MANAGER, False),
        ("GET", EXTENSIONS, CATALOG_OWNER, True),
        ("POST", EXTENSIONS, CATALOG_OWNER, True),
        ("POST", EXTENSIONS, PACKAGE_MANAGER, False),
        ("PUT", f"{EM}/assignmentPolicies/{POLICY}", PACKAGE_MANAGER, True),
        ("PUT", f"{EM}/assignmentPolicies/{POLICY}", ASSIGNMENT_MANAGER, False),
        ("PUT", f"{EM}/assignmentPolicies/{FINANCE.packages[0].policy_id}", PACKAGE_MANAGER, False),
    ],
)
def test_a_role_on_a_catalog_stands_in_for_a_permission_there(
    graph: Graph,
    method: str,
    path: str,
    role: str,
    allowed: bool,  # noqa: FBT001 - a column of the table
) -> None:
    body: dict[str, str] | None = {} if method in {"POST", "PUT"} else None
    answer = graph.send(method, path, body, graph.manager(ENGINEERING.catalog_id, role))
    assert (answer.status != 403) is allowed


def test_a_token_is_needed_and_must_be_meant_for_graph(graph: Graph) -> None:
    foreign = graph.authority.issue(graph.administrator, ARM)
    answer = graph.send("GET", f"{EM}/catalogs", token=foreign)
    assert (answer.status, answer.body["error"]["code"]) == (401, "InvalidAuthenticationToken")
    assert graph.send("GET", f"{EM}/catalogs", token="forged").status == 401


def test_a_right_that_was_taken_away_is_gone(graph: Graph) -> None:
    identity = graph.manager(ENGINEERING.catalog_id, CATALOG_READER)
    path = f"{EM}/catalogs/{ENGINEERING.catalog_id}"
    assert graph.send("GET", path, principal=identity).status == 200
    found = graph.all(f"{ROLES}?$filter=principalId eq '{identity.object_id}'")[0]
    assert graph.send("DELETE", f"{ROLES}/{found['id']}").status == 204
    assert graph.send("GET", path, principal=identity).status == 403
