from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from provision.sandbox import seed
from provision.sandbox.graph.permissions import ASSIGNMENT_MANAGER

if TYPE_CHECKING:
    from tests.unit.sandbox.graph.conftest import Graph

BASE = "/v1.0/roleManagement/entitlementManagement"
SCOPE = f"/AccessPackageCatalog/{seed.CATALOGS[0].catalog_id}"


def body(principal: str, **changes: Any) -> dict[str, Any]:
    whole = {"principalId": principal, "roleDefinitionId": ASSIGNMENT_MANAGER, "appScopeId": SCOPE, **changes}
    return {name: value for name, value in whole.items() if value != "absent"}


def test_a_role_is_given_listed_and_taken(graph: Graph) -> None:
    principal = graph.principals.add("a Logic App").object_id
    made = graph.send("POST", f"{BASE}/roleAssignments", body(principal))
    assert made.status == 201
    condition = f"principalId eq '{principal}' and roleDefinitionId eq '{ASSIGNMENT_MANAGER}'"
    rows = graph.all(f"{BASE}/roleAssignments?$filter={condition}&$expand=roleDefinition")
    assert [(row["id"], row["appScopeId"]) for row in rows] == [(made.body["id"], SCOPE)]
    assert rows[0]["roleDefinition"]["displayName"] == "Access package assignment manager"
    assert graph.get(f"{BASE}/roleAssignments/{made.body['id']}")["principalId"] == principal
    assert graph.send("DELETE", f"{BASE}/roleAssignments/{made.body['id']}").status == 204
    assert graph.send("DELETE", f"{BASE}/roleAssignments/{made.body['id']}").status == 404


def test_the_same_role_is_not_given_twice(graph: Graph) -> None:
    principal = graph.principals.add("a Logic App").object_id
    graph.send("POST", f"{BASE}/roleAssignments", body(principal))
    again = graph.send("POST", f"{BASE}/roleAssignments", body(principal.upper()))
    assert again.status == 400
    assert "already exist" in again.body["error"]["message"]


@pytest.mark.parametrize("status", [400, 404])
def test_a_principal_must_have_replicated(graph: Graph, status: int) -> None:
    graph.entitlement.settings.missing_principal_status = status  # type: ignore[assignment]
    graph.principals.hidden_lookups = 2
    principal = graph.principals.add("a new identity").object_id
    answers = [graph.send("POST", f"{BASE}/roleAssignments", body(principal)) for _ in range(3)]
    assert [answer.status for answer in answers] == [status, status, 201]
    assert principal in answers[0].body["error"]["message"]


def test_a_user_can_hold_a_role_and_a_stranger_cannot(graph: Graph) -> None:
    assert graph.send("POST", f"{BASE}/roleAssignments", body(seed.USERS[0].object_id)).status == 201
    assert graph.send("POST", f"{BASE}/roleAssignments", body("99999999-0000-4000-8000-000000000000")).status == 404


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"principalId": "absent"}, "principalId is required"),
        ({"roleDefinitionId": "absent"}, "roleDefinitionId is required"),
        ({"appScopeId": "absent"}, "appScopeId is required"),
        ({"appScopeId": "/"}, "does not name a catalog"),
        ({"appScopeId": "/AccessPackageCatalog/nobody"}, "does not name a catalog"),
        ({"directoryScopeId": "/administrativeUnits/1"}, "no directoryScopeId"),
        ({"roleDefinitionId": "nothing"}, "does not exist"),
        ({"scope": SCOPE}, "does not exist on type"),
    ],
)
def test_a_bad_assignment_is_refused(graph: Graph, changes: dict[str, Any], complaint: str) -> None:
    principal = graph.principals.add("a Logic App").object_id
    answer = graph.send("POST", f"{BASE}/roleAssignments", body(principal, **changes))
    assert answer.status == 400
    assert complaint in answer.body["error"]["message"]


def test_the_built_in_roles_are_listed_by_name(graph: Graph) -> None:
    name = "Access package assignment manager"
    assert [row["id"] for row in graph.all(f"{BASE}/roleDefinitions?$filter=displayName eq '{name}'")] == [
        ASSIGNMENT_MANAGER
    ]
    assert graph.get(f"{BASE}/roleDefinitions/{ASSIGNMENT_MANAGER}")["displayName"] == name
    assert len(graph.all(f"{BASE}/roleDefinitions")) == 5


def test_a_filter_on_the_scope_is_not_offered(graph: Graph) -> None:
    assert graph.send("GET", f"{BASE}/roleAssignments?$filter=appScopeId eq '{SCOPE}'").status == 400
