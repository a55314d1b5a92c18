from __future__ import annotations

from typing import TYPE_CHECKING

from provision.sandbox import seed
from provision.sandbox.arm.roles import CONTRIBUTOR, OWNER, RBAC_ADMINISTRATOR
from provision.sandbox.clock import Clock

if TYPE_CHECKING:
    from provision.sandbox.principals import Principal
    from provision.sandbox.service import Answer
    from tests.unit.sandbox.conftest import Azure

AUTOMATION_OPERATOR = "d3881f73-407a-4167-8283-e981cbba0404"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


def ask(azure: Azure, scope: str, principal: Principal | None = None) -> Answer:
    path = f"{scope}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01"
    return azure.send("GET", path, principal=principal)


def test_every_role_at_the_scope_is_one_permission(azure: Azure) -> None:
    found = ask(azure, azure.group)
    assert found.status == 200
    assert [(item["actions"], item["notActions"]) for item in found.body["value"]] == [
        (list(role.actions), list(role.not_actions)) for role in (CONTRIBUTOR, RBAC_ADMINISTRATOR)
    ]


def test_roles_from_above_count_and_those_from_below_do_not(azure: Azure) -> None:
    operator = azure.operator(AUTOMATION_OPERATOR, azure.account)
    assert ask(azure, azure.account).body["value"] == ask(azure, azure.group).body["value"]
    assert (
        "Microsoft.Automation/automationAccounts/jobs/write"
        in ask(azure, azure.account, operator).body["value"][0]["actions"]
    )
    assert ask(azure, azure.group, operator).body["error"]["code"] == "AuthorizationFailed"


def test_a_role_that_is_held_twice_is_told_once(azure: Azure) -> None:
    reader = azure.operator(READER, azure.account)
    azure.cloud.access.seed(azure.group, azure.cloud.access.all()[-1].role, reader.object_id, Clock().now())
    assert [item["actions"] for item in ask(azure, azure.account, reader).body["value"]] == [["*/read"]]


def test_the_administrator_owns_the_resource_group(azure: Azure) -> None:
    held = ask(azure, azure.group, azure.cloud.administrator).body["value"]
    assert [item["actions"] for item in held] == [list(OWNER.actions)]


def test_who_has_no_role_is_refused(azure: Azure) -> None:
    answer = ask(azure, azure.group, azure.cloud.account.identity)
    assert answer.status == 403
    assert "Microsoft.Authorization/permissions/read" in answer.body["error"]["message"]


def test_a_scope_that_is_not_there_is_404(azure: Azure) -> None:
    assert ask(azure, f"{azure.group}/providers/Microsoft.Logic/workflows/none").status == 404


def test_an_answer_comes_in_pages(azure: Azure) -> None:
    azure.cloud.door.page_size = 1
    first = ask(azure, azure.group).body
    second = azure.send("GET", first["nextLink"]).body
    assert (len(first["value"]), len(second["value"]), "nextLink" in second) == (1, 1, False)
    assert seed.RESOURCE_GROUP in first["nextLink"]
