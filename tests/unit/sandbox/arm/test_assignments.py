from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from provision.sandbox import seed

if TYPE_CHECKING:
    from tests.unit.sandbox.conftest import Azure

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
NAME = "dddddddd-dddd-4ddd-8ddd-dddddddddddd"
TWIN = "eeeeeeee-eeee-4eee-8eee-eeeeeeeeeeee"


def path(scope: str, name: str = "", query: str = "") -> str:
    tail = f"/{name}" if name else ""
    return f"{scope}/providers/Microsoft.Authorization/roleAssignments{tail}?api-version=2022-04-01{query}"


def body(principal: str, role: str = READER, kind: str = "ServicePrincipal") -> dict[str, Any]:
    definition = f"/subscriptions/{seed.SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    return {"properties": {"roleDefinitionId": definition, "principalId": principal, "principalType": kind}}


def test_an_assignment_is_created_read_repeated_and_deleted(azure: Azure) -> None:
    wanted = body(seed.AUTOMATION_OBJECT_ID)
    made = azure.send("PUT", path(azure.account, NAME), wanted)
    assert made.status == 201
    assert azure.send("PUT", path(azure.account, NAME), wanted).status == 200
    assert azure.send("GET", path(azure.account, NAME)).body == made.body
    assert azure.send("DELETE", path(azure.account, NAME)).status == 200
    assert azure.send("DELETE", path(azure.account, NAME)).status == 204
    assert azure.send("GET", path(azure.account, NAME)).body["error"]["code"] == "RoleAssignmentNotFound"


def test_it_takes_effect_and_ends(azure: Azure) -> None:
    identity = azure.cloud.account.identity
    url = f"{azure.account}/variables?api-version=2023-11-01"
    assert azure.send("GET", url, principal=identity).status == 403
    azure.send("PUT", path(azure.account, NAME), body(seed.AUTOMATION_OBJECT_ID))
    assert azure.send("GET", url, principal=identity).status == 200
    azure.send("DELETE", path(azure.account, NAME))
    assert azure.send("GET", url, principal=identity).status == 403


def test_a_new_principal_is_not_found_until_it_has_replicated(azure: Azure) -> None:
    fresh = azure.principals.add("fresh")
    answers = [azure.send("PUT", path(azure.account, NAME), body(fresh.object_id)) for _ in range(3)]
    assert [answer.status for answer in answers] == [400, 400, 201]
    assert answers[0].body["error"]["code"] == "PrincipalNotFound"


def test_the_same_assignment_under_another_name_is_409(azure: Azure) -> None:
    azure.send("PUT", path(azure.account, NAME), body(seed.AUTOMATION_OBJECT_ID))
    answer = azure.send("PUT", path(azure.account, TWIN), body(seed.AUTOMATION_OBJECT_ID))
    assert (answer.status, answer.body["error"]["code"]) == (409, "RoleAssignmentExists")


def test_an_assignment_cannot_change_its_principal(azure: Azure) -> None:
    azure.send("PUT", path(azure.account, NAME), body(seed.AUTOMATION_OBJECT_ID))
    answer = azure.send("PUT", path(azure.account, NAME), body(seed.DEPLOYER_OBJECT_ID))
    assert (answer.status, answer.body["error"]["code"]) == (400, "RoleAssignmentUpdateNotPermitted")


@pytest.mark.parametrize(
    ("name", "wanted", "status", "code"),
    [
        ("reader", body(seed.AUTOMATION_OBJECT_ID), 400, "InvalidRoleAssignmentId"),
        (NAME, body("nobody"), 400, "PrincipalNotFound"),
        (NAME, body(seed.AUTOMATION_OBJECT_ID, TWIN), 404, "RoleDefinitionDoesNotExist"),
        (NAME, body(seed.AUTOMATION_OBJECT_ID, kind="User"), 400, "UnmatchedPrincipalType"),
        (NAME, {"properties": {"principalId": seed.AUTOMATION_OBJECT_ID}}, 400, "InvalidRoleDefinitionId"),
    ],
)
def test_a_bad_assignment_is_refused(azure: Azure, name: str, wanted: Any, status: int, code: str) -> None:
    answer = azure.send("PUT", path(azure.account, name), wanted)
    assert (answer.status, answer.body["error"]["code"]) == (status, code)


def test_a_scope_that_does_not_exist_is_404(azure: Azure) -> None:
    scope = f"{azure.group}/providers/Microsoft.Logic/workflows/none"
    assert azure.send("PUT", path(scope, NAME), body(seed.AUTOMATION_OBJECT_ID)).status == 404


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 4),
        ("&$filter=atScope()", 4),
        (f"&$filter=principalId eq '{seed.DEPLOYER_OBJECT_ID}'", 2),
        (f"&$filter=assignedTo('{seed.AUTOMATION_OBJECT_ID}')", 1),
        (f"&$filter=atScope() and principalId eq '{seed.AUTOMATION_OBJECT_ID}'", 1),
    ],
)
def test_lists_hold_what_is_here_and_above_and_can_be_filtered(azure: Azure, query: str, count: int) -> None:
    azure.send("PUT", path(azure.account, NAME), body(seed.AUTOMATION_OBJECT_ID))
    assert len(azure.send("GET", path(azure.account, query=query)).body["value"]) == count


def test_at_scope_leaves_out_what_is_below(azure: Azure) -> None:
    azure.send("PUT", path(azure.account, NAME), body(seed.AUTOMATION_OBJECT_ID))
    assert len(azure.send("GET", path(azure.group)).body["value"]) == 4
    assert len(azure.send("GET", path(azure.group, query="&$filter=atScope()")).body["value"]) == 3


def test_another_filter_is_refused_not_ignored(azure: Azure) -> None:
    answer = azure.send("GET", path(azure.account, query="&$filter=roleDefinitionId eq 'x'"))
    assert (answer.status, answer.body["error"]["code"]) == (400, "UnsupportedQuery")


def test_who_may_not_assign_is_403(azure: Azure) -> None:
    reader = azure.operator(READER, azure.account)
    answer = azure.send("PUT", path(azure.account, NAME), body(seed.AUTOMATION_OBJECT_ID), principal=reader)
    assert answer.status == 403
