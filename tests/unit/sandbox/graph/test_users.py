from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provision.sandbox import seed

if TYPE_CHECKING:
    from tests.unit.sandbox.graph.conftest import Graph

ADA, CLOUD, JOINER = seed.USERS[0], seed.USERS[4], seed.USERS[5]
SELECT = "$select=id,onPremisesSecurityIdentifier,onPremisesSamAccountName,onPremisesSyncEnabled,userPrincipalName"


@pytest.mark.parametrize(
    "name", [ADA.object_id, ADA.object_id.upper(), "ada.lovelace@lab.example", "ADA.lovelace@LAB.example"]
)
def test_a_user_is_found_by_id_and_principal_name(graph: Graph, name: str) -> None:
    assert graph.get(f"/v1.0/users/{name}")["id"] == ADA.object_id


@pytest.mark.parametrize(
    "name", ["ada.lovelace", "nobody", "nobody@lab.example", "11111111-2222-4333-8444-555555555555"]
)
def test_nobody_else_is_found(graph: Graph, name: str) -> None:
    answer = graph.send("GET", f"/v1.0/users/{name}")
    assert (answer.status, answer.body["error"]["code"]) == (404, "Request_ResourceNotFound")


def test_on_premises_properties_come_only_when_selected(graph: Graph) -> None:
    plain = graph.get(f"/v1.0/users/{ADA.object_id}")
    assert not [name for name in plain if name.startswith("onPremises")]
    assert graph.get(f"/v1.0/users/{ADA.object_id}?{SELECT}") == {
        "@odata.context": f"https://127.0.0.1:18443/v1.0/$metadata#users/{ADA.object_id}/$entity",
        "id": ADA.object_id,
        "onPremisesSecurityIdentifier": "S-1-5-21-7-8-9-1100",
        "onPremisesSamAccountName": "ada.lovelace",
        "onPremisesSyncEnabled": True,
        "userPrincipalName": "ada.lovelace@lab.example",
    }


def test_a_cloud_user_has_no_sid_but_the_property(graph: Graph) -> None:
    user = graph.get(f"/v1.0/users/{CLOUD.object_id}?{SELECT}")
    assert (user["onPremisesSecurityIdentifier"], user["onPremisesSyncEnabled"]) == (None, None)


def test_a_new_joiner_has_a_sid_of_the_domain_that_nobody_has_there(graph: Graph) -> None:
    user = graph.get(f"/v1.0/users/{JOINER.object_id}?{SELECT}")
    assert user["onPremisesSecurityIdentifier"] == "S-1-5-21-7-8-9-99999"


def test_all_users_are_listed_page_by_page(graph: Graph) -> None:
    select = "$select=id,onPremisesSecurityIdentifier"
    first = graph.get(f"/v1.0/users?{select}&$top=2")
    assert len(first["value"]) == 2
    assert "@odata.nextLink" in first
    assert graph.all(f"/v1.0/users?{select}&$top=2") == graph.get(f"/v1.0/users?{select}&$top=999")["value"]
    listed = graph.all(f"/v1.0/users?{select}")
    assert [row["id"] for row in listed] == [user.object_id for user in seed.USERS]
    assert listed[0] == {"id": ADA.object_id, "onPremisesSecurityIdentifier": "S-1-5-21-7-8-9-1100"}


def test_a_list_of_users_shows_what_one_user_shows(graph: Graph) -> None:
    (row,) = graph.all("/v1.0/users?$filter=userPrincipalName eq 'ada.lovelace@lab.example'")
    assert row == {name: value for name, value in graph.get(f"/v1.0/users/{ADA.object_id}").items() if name[0] != "@"}


@pytest.mark.parametrize(
    ("query", "status"),
    [("$top=1000", 400), ("$top=0", 400), ("$select=sid", 400), ("$filter=id eq 'x'", 400), ("$orderby=id", 501)],
)
def test_what_a_list_of_users_does_not_take_is_refused(graph: Graph, query: str, status: int) -> None:
    assert graph.send("GET", f"/v1.0/users?{query}").status == status


@pytest.mark.parametrize("query", ["$select=sid", "$select=onPremisesSID", "$filter=id eq 'x'", "$expand=manager"])
def test_what_a_user_does_not_have_is_refused(graph: Graph, query: str) -> None:
    assert graph.send("GET", f"/v1.0/users/{ADA.object_id}?{query}").status == 400


def test_a_service_principal_is_found_in_three_ways(graph: Graph) -> None:
    made = graph.principals.add("a Logic App")
    by_id = graph.get(f"/v1.0/servicePrincipals/{made.object_id}")
    assert (by_id["appId"], by_id["servicePrincipalType"]) == (made.app_id, "ManagedIdentity")
    assert graph.get(f"/v1.0/servicePrincipals(appId='{made.app_id}')")["id"] == made.object_id
    listed = graph.all(f"/v1.0/servicePrincipals?$filter=appId eq '{made.app_id}'&$select=id")
    assert listed == [{"id": made.object_id}]


def test_a_new_service_principal_is_found_only_after_it_has_replicated(graph: Graph) -> None:
    graph.principals.hidden_lookups = 1
    made = graph.principals.add("a Logic App")
    url = f"/v1.0/servicePrincipals/{made.object_id}"
    assert [graph.send("GET", url).status for _ in range(2)] == [404, 200]


def test_service_principals_are_not_listed_without_their_client_id(graph: Graph) -> None:
    assert graph.send("GET", "/v1.0/servicePrincipals").status == 501
    assert graph.all("/v1.0/servicePrincipals?$filter=appId eq 'unknown'") == []
