from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.conftest import Azure

DEFINITION = {"triggers": {"manual": {"type": "Request"}}, "actions": {}}


def path(azure: Azure, name: str = "la-one", tail: str = "") -> str:
    return f"{azure.group}/providers/Microsoft.Logic/workflows/{name}{tail}?api-version=2019-05-01"


def workflow(**changes: Any) -> dict[str, Any]:
    properties = {
        "definition": DEFINITION,
        "accessControl": {"triggers": {"sasAuthenticationPolicy": {"state": "Disabled"}}},
    }
    identity = {"type": "SystemAssigned"}
    return {"location": "westeurope", "tags": {"a": "b"}, "identity": identity, "properties": properties, **changes}


def test_a_put_creates_then_replaces_and_keeps_identity_and_creation_time(azure: Azure) -> None:
    first, second = (azure.send("PUT", path(azure), workflow()) for _ in range(2))
    assert (first.status, second.status) == (201, 200)
    assert first.body["identity"]["principalId"] == second.body["identity"]["principalId"]
    assert first.body["properties"]["createdTime"] == second.body["properties"]["createdTime"]
    assert first.body["properties"]["provisioningState"] == "Succeeded"
    assert azure.send("GET", path(azure)).body == second.body


def test_a_put_replaces_the_whole_resource(azure: Azure) -> None:
    azure.send("PUT", path(azure), workflow())
    bare = {"location": "westeurope", "properties": {"definition": DEFINITION}}
    answer = azure.send("PUT", path(azure), bare).body
    assert answer["tags"] == {}
    assert "accessControl" not in answer["properties"]
    assert "identity" not in answer


def test_the_identity_lives_and_dies_with_the_workflow(azure: Azure) -> None:
    principal = azure.send("PUT", path(azure), workflow()).body["identity"]["principalId"]
    found = azure.principals.get(principal)
    assert found is not None
    assert found.display_name == "la-one"
    assert azure.send("DELETE", path(azure)).status == 200
    assert azure.principals.get(principal) is None
    assert azure.send("DELETE", path(azure)).status == 204


def test_dropping_the_identity_removes_its_principal(azure: Azure) -> None:
    principal = azure.send("PUT", path(azure), workflow()).body["identity"]["principalId"]
    azure.send("PUT", path(azure), workflow(identity={"type": "None"}))
    assert azure.principals.get(principal) is None


def test_a_refused_definition_changes_nothing(azure: Azure) -> None:
    before = azure.send("PUT", path(azure), workflow()).body
    bad = workflow(properties={"definition": {"triggers": {}}})
    assert azure.send("PUT", path(azure), bad).body["error"]["code"] == "InvalidTemplate"
    assert azure.send("PUT", path(azure, "la-two"), bad).status == 400
    assert azure.send("GET", path(azure)).body == before
    assert azure.send("GET", path(azure, "la-two")).status == 404
    assert azure.principals.get(before["identity"]["principalId"]) is not None


def test_a_refused_new_workflow_leaves_no_identity_behind(azure: Azure) -> None:
    azure.send("PUT", path(azure), workflow(properties={"definition": {"triggers": {}}}))
    assert not [item for item in azure.principals.all() if item.display_name == "la-one"]


def test_the_list_holds_all_workflows_of_the_group(azure: Azure) -> None:
    for name in ("b", "a", "c"):
        azure.send("PUT", path(azure, name), workflow())
    listed = azure.send("GET", f"{azure.group}/providers/Microsoft.Logic/workflows?api-version=2019-05-01").body
    assert [item["name"] for item in listed["value"]] == ["a", "b", "c"]


@pytest.mark.parametrize(("verb", "state"), [("disable", "Disabled"), ("enable", "Enabled")])
def test_enable_and_disable_reach_the_host(azure: Azure, verb: str, state: str) -> None:
    identifier = azure.send("PUT", path(azure), workflow()).body["id"]
    assert azure.send("POST", path(azure, tail=f"/{verb}")).status == 200
    assert azure.send("GET", path(azure)).body["properties"]["state"] == state
    assert azure.host.deployed[identifier]["properties"]["state"] == state


def test_secure_parameters_reach_the_host_but_never_come_back(azure: Azure) -> None:
    definition = {**DEFINITION, "parameters": {"key": {"type": "securestring"}}}
    body = workflow(properties={"definition": definition, "parameters": {"key": {"value": "hush"}}})
    made = azure.send("PUT", path(azure), body).body
    azure.send("POST", path(azure, tail="/disable"))
    assert made["properties"]["parameters"] == {"key": {}}
    assert "hush" not in str(azure.send("GET", path(azure)).body)
    assert azure.host.deployed[made["id"]]["properties"]["parameters"] == {"key": {"value": "hush"}}


def test_validate_judges_and_changes_nothing(azure: Azure) -> None:
    assert azure.send("POST", path(azure, tail="/validate"), workflow()).status == 200
    bad = workflow(properties={"definition": {"triggers": {}}})
    assert azure.send("POST", path(azure, tail="/validate"), bad).status == 400
    assert azure.host.deployed == {}


def test_the_id_keeps_the_case_it_was_created_with(azure: Azure) -> None:
    made = azure.send("PUT", path(azure, "La-One"), workflow()).body
    assert azure.send("GET", path(azure, "la-one")).body["id"] == made["id"]
