from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from provision.sandbox.graph.app_roles import APP_ROLES, GRAPH_APP_ID, GRAPH_OBJECT_ID
from provision.sandbox.tokens import GRAPH

if TYPE_CHECKING:
    from provision.sandbox.principals import Principal
    from provision.sandbox.service import Answer
    from tests.unit.sandbox.graph.conftest import Graph

READ_USERS = "df021288-bdef-4463-88db-98f22de89214"
READ_EM = "c74fd47d-ed3c-45c3-9a9e-b8676de685d2"
UNKNOWN = "12345678-0000-4000-8000-000000000000"


def address(principal: str, assignment: str = "") -> str:
    return f"/v1.0/servicePrincipals/{principal}/appRoleAssignments{f'/{assignment}' if assignment else ''}"


def wanted(principal: str, role: str = READ_USERS, **changes: Any) -> dict[str, Any]:
    body = {"principalId": principal, "resourceId": GRAPH_OBJECT_ID, "appRoleId": role, **changes}
    return {name: value for name, value in body.items() if value != "absent"}


@pytest.fixture
def giver(graph: Graph) -> Principal:
    return graph.application("AppRoleAssignment.ReadWrite.All", "Application.Read.All")


@pytest.fixture
def identity(graph: Graph) -> Principal:
    return graph.principals.add("aa-identity")


def give(graph: Graph, giver: Principal, identity: Principal, role: str = READ_USERS) -> Answer:
    return graph.send("POST", address(identity.object_id), wanted(identity.object_id, role), giver)


def roles_in_a_new_token(graph: Graph, principal: Principal) -> list[str]:
    now = graph.principals.get(principal.object_id)
    assert now is not None
    claims = graph.authority.claims(graph.authority.issue(now, GRAPH))
    assert claims is not None
    return list(claims.get("roles", []))


def test_graph_itself_is_found_in_three_ways_with_its_roles(graph: Graph) -> None:
    by_app = graph.get(f"/v1.0/servicePrincipals(appId='{GRAPH_APP_ID}')?$select=id,appId,appRoles")
    by_id = graph.get(f"/v1.0/servicePrincipals/{by_app['id']}?$select=id,appId,appRoles")
    [listed] = graph.all(f"/v1.0/servicePrincipals?$filter=appId eq '{GRAPH_APP_ID}'&$select=id,appId,appRoles")
    assert by_app["appRoles"] == by_id["appRoles"] == listed["appRoles"]
    ids = {role["value"]: role["id"] for role in listed["appRoles"] if role["allowedMemberTypes"] == ["Application"]}
    assert ids["AppRoleAssignment.ReadWrite.All"] == "06b708a9-e830-4db3-a914-8e69da51d44f"
    assert len(set(ids.values())) == len(APP_ROLES)


def test_every_permission_that_is_asked_for_here_can_be_assigned() -> None:
    values = {role.value for role in APP_ROLES}
    assert {"EntitlementManagement.Read.All", "LifecycleWorkflows.ReadWrite.All", "Directory.Read.All"} <= values


def test_what_is_given_is_listed_and_in_the_tokens_from_then_on(
    graph: Graph, giver: Principal, identity: Principal
) -> None:
    made = give(graph, giver, identity)
    assert made.status == 201
    assert (made.body["principalDisplayName"], made.body["resourceDisplayName"]) == ("aa-identity", "Microsoft Graph")
    assert give(graph, giver, identity, READ_EM).status == 201
    rows = graph.all(address(identity.object_id))
    assert {row["appRoleId"] for row in rows} == {READ_USERS, READ_EM}
    assert graph.get(address(identity.object_id, made.body["id"]))["appRoleId"] == READ_USERS
    assert roles_in_a_new_token(graph, identity) == ["EntitlementManagement.Read.All", "User.Read.All"]


def test_what_is_taken_is_gone(graph: Graph, giver: Principal, identity: Principal) -> None:
    made = give(graph, giver, identity).body
    url = address(identity.object_id, made["id"])
    assert graph.send("DELETE", url, principal=giver).status == 204
    assert graph.all(address(identity.object_id)) == []
    assert roles_in_a_new_token(graph, identity) == []
    assert graph.send("DELETE", url, principal=giver).status == 404


def test_the_list_comes_in_pages_that_hold_each_role_once(graph: Graph, giver: Principal, identity: Principal) -> None:
    for role in APP_ROLES[:8]:
        assert give(graph, giver, identity, role.identifier).status == 201
    first = graph.get(address(identity.object_id))
    assert len(first["value"]) == graph.entitlement.settings.page_size
    assert len({row["id"] for row in graph.all(address(identity.object_id))}) == 8


def test_a_role_that_is_there_already_is_400_in_graphs_words(
    graph: Graph, giver: Principal, identity: Principal
) -> None:
    give(graph, giver, identity)
    again = give(graph, giver, identity)
    assert again.status == 400
    assert again.body["error"]["message"] == "Permission being assigned already exists on the object"


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"appRoleId": UNKNOWN}, (400, f"Permission {UNKNOWN} was not found")),
        ({"resourceId": UNKNOWN}, (404, UNKNOWN)),
        ({"principalId": UNKNOWN}, (400, "not the service principal of the address")),
        ({"resourceId": "absent"}, (400, "'resourceId' is required")),
        ({"appRoleId": "User.Read.All"}, (400, "Edm.Guid")),
        ({"scope": "x"}, (400, "'scope' does not exist")),
    ],
)
def test_a_wrong_body_is_refused(
    graph: Graph, giver: Principal, identity: Principal, changes: dict[str, Any], refusal: tuple[int, str]
) -> None:
    body = wanted(identity.object_id, **changes)
    answer = graph.send("POST", address(identity.object_id), body, giver)
    assert answer.status == refusal[0]
    assert refusal[1] in answer.body["error"]["message"]
    assert roles_in_a_new_token(graph, identity) == []


@pytest.mark.parametrize("roles", [(), ("Application.Read.All",), ("AppRoleAssignment.ReadWrite.All",)])
def test_giving_and_taking_need_both_permissions(graph: Graph, identity: Principal, roles: tuple[str, ...]) -> None:
    caller = graph.application(*roles)
    body = wanted(identity.object_id)
    assert graph.send("POST", address(identity.object_id), body, caller).status == 403
    assert graph.send("DELETE", address(identity.object_id, "x"), principal=caller).status == 403


def test_reading_needs_to_see_applications(graph: Graph, identity: Principal) -> None:
    stranger = graph.application("AppRoleAssignment.ReadWrite.All")
    assert graph.send("GET", address(identity.object_id), principal=stranger).status == 403
    assert graph.send("GET", address(identity.object_id, "x"), principal=stranger).status == 403


def test_nobody_and_people_have_no_assignments(graph: Graph, giver: Principal) -> None:
    person = graph.principals.add("Ada", "user")
    for key in (UNKNOWN, person.object_id):
        assert graph.send("GET", address(key), principal=giver).status == 404


def test_a_new_principal_is_found_only_after_it_has_replicated(graph: Graph, giver: Principal) -> None:
    graph.principals.hidden_lookups = 1
    made = graph.principals.add("a Logic App")
    assert [give(graph, giver, made).status for _ in range(2)] == [404, 201]
