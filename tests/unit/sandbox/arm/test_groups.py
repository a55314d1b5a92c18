from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provision.sandbox import seed

if TYPE_CHECKING:
    from tests.unit.sandbox.conftest import Azure

SUBSCRIPTION = f"/subscriptions/{seed.SUBSCRIPTION}"
V = "?api-version=2025-04-01"


def test_subscription_group_and_provider_are_there(azure: Azure) -> None:
    assert azure.send("GET", SUBSCRIPTION + V).body["state"] == "Enabled"
    assert azure.send("GET", f"{SUBSCRIPTION}/resourcegroups/RG-identity{V}").body["location"] == seed.LOCATION
    assert [item["name"] for item in azure.send("GET", f"{SUBSCRIPTION}/resourceGroups{V}").body["value"]] == [
        seed.RESOURCE_GROUP
    ]
    for method, tail in (("GET", ""), ("POST", "/register")):
        answer = azure.send(method, f"{SUBSCRIPTION}/providers/microsoft.logic{tail}{V}")
        assert answer.body["registrationState"] == "Registered"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{SUBSCRIPTION}/resourceGroups/other", 404),
        ("HEAD", f"{SUBSCRIPTION}/resourceGroups/{seed.RESOURCE_GROUP}", 204),
        ("HEAD", f"{SUBSCRIPTION}/resourceGroups/other", 404),
        ("GET", f"{SUBSCRIPTION}/providers/Microsoft.Nothing", 404),
    ],
)
def test_what_is_not_there_is_404(azure: Azure, method: str, path: str, status: int) -> None:
    # RBAC is checked first, as in Azure: only who may read above sees that a group is missing.
    azure.cloud.access.seed(
        SUBSCRIPTION, azure.cloud.access.all()[0].role, seed.DEPLOYER_OBJECT_ID, azure.cloud.account.clock.now()
    )
    assert azure.send(method, path + V).status == status


def test_a_stranger_does_not_see_the_subscription(azure: Azure) -> None:
    answer = azure.send("GET", SUBSCRIPTION + V, principal=azure.principals.add("stranger"))
    assert (answer.status, answer.body["error"]["code"]) == (404, "SubscriptionNotFound")
