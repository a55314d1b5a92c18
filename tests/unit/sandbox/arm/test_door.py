from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provision.sandbox import seed
from provision.sandbox.tokens import GRAPH

if TYPE_CHECKING:
    from tests.unit.sandbox.conftest import Azure

WORKFLOWS = f"/subscriptions/{seed.SUBSCRIPTION}/resourceGroups/rg-identity/providers/Microsoft.Logic/workflows"
OTHER = "99999999-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (WORKFLOWS, 400, "MissingApiVersionParameter"),
        (f"{WORKFLOWS}?api-version=latest", 400, "InvalidApiVersionParameter"),
        (f"{WORKFLOWS}?api-version=2020-01-01", 400, "NoRegisteredProviderFound"),
        (WORKFLOWS.replace(seed.SUBSCRIPTION, OTHER) + "?api-version=2019-05-01", 404, "SubscriptionNotFound"),
        (WORKFLOWS.replace("rg-identity", "rg-other") + "?api-version=2019-05-01", 404, "ResourceGroupNotFound"),
        (f"{WORKFLOWS}/none?api-version=2019-05-01", 404, "ResourceNotFound"),
    ],
)
def test_the_front_door_refuses_in_the_error_envelope(azure: Azure, path: str, status: int, code: str) -> None:
    answer = azure.send("GET", path)
    assert (answer.status, answer.body["error"]["code"]) == (status, code)


def test_the_supported_versions_are_named(azure: Azure) -> None:
    answer = azure.send("GET", f"{WORKFLOWS}?api-version=2020-01-01")
    assert "type 'Microsoft.Logic/workflows'" in answer.body["error"]["message"]
    assert "2019-05-01" in answer.body["error"]["message"]


def test_a_token_for_another_service_is_401(azure: Azure) -> None:
    headers = {"authorization": f"Bearer {azure.token(audience=GRAPH)}"}
    assert azure.send("GET", f"{WORKFLOWS}?api-version=2019-05-01", headers=headers).status == 401


def test_a_caller_without_a_role_is_403_and_learns_which_action_he_lacks(azure: Azure) -> None:
    stranger = azure.principals.add("stranger")
    answer = azure.send("GET", f"{WORKFLOWS}?api-version=2019-05-01", principal=stranger)
    assert (answer.status, answer.body["error"]["code"]) == (403, "AuthorizationFailed")
    assert "'Microsoft.Logic/workflows/read'" in answer.body["error"]["message"]
    assert stranger.object_id in answer.body["error"]["message"]


def test_lists_page_with_a_next_link_that_leads_to_the_rest(azure: Azure) -> None:
    azure.cloud.door.page_size = 2
    path = f"{azure.account}/variables?api-version=2023-11-01"
    for name in ("a", "b", "c", "d", "e"):
        azure.send("PUT", path.replace("?", f"/{name}?"), {"name": name, "properties": {"value": "1"}})
    found, link = [], path
    while link:
        page = azure.send("GET", link).body
        found.append([item["name"] for item in page["value"]])
        link = page.get("nextLink")
    assert found == [["a", "b"], ["c", "d"], ["e"]]


def test_a_skip_token_of_somebody_else_is_refused(azure: Azure) -> None:
    answer = azure.send("GET", f"{WORKFLOWS}?api-version=2019-05-01&$skiptoken=abc")
    assert (answer.status, answer.body["error"]["code"]) == (400, "InvalidSkipToken")


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"'])
def test_a_body_that_is_no_json_object_is_400(azure: Azure, body: bytes) -> None:
    assert azure.send("PUT", f"{WORKFLOWS}/x?api-version=2019-05-01", body).status == 400
