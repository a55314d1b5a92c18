from __future__ import annotations

from typing import Any

import pytest

from provision.apply import Stopped
from provision.errors import ServiceRefusal
from provision.kinds import extension
from provision.resource import GraphCollection, GraphTarget, Request
from tests.fakes import FOREIGN, InMemoryAzure, guid
from tests.sample import carried_out, planned, provisioned


def ours(azure: InMemoryAzure) -> dict[str, Any]:
    return next(item for item in azure.extensions.values() if item["displayName"] == "Lockstep test: Finance")


def written(azure: InMemoryAzure) -> Request:
    return next(request for request in azure.writes if "extension" in str(request.target))


def test_a_new_extension_launches_the_logic_app_and_waits() -> None:
    azure = InMemoryAzure()
    carried_out(azure, planned(azure))

    assert written(azure) == Request(
        "post",
        GraphCollection("extensions", (guid("c1"),)),
        {
            "@odata.type": "#microsoft.graph.accessPackageAssignmentRequestWorkflowExtension",
            "displayName": "Lockstep test: Finance",
            "description": "Keeps AD groups in step with the access packages of Finance [lockstep:test]",
            "endpointConfiguration": {
                "@odata.type": "#microsoft.graph.logicAppTriggerEndpointConfiguration",
                "subscriptionId": "22222222-2222-4222-8222-222222222222",
                "resourceGroupName": "rg-identity",
                "logicAppWorkflowName": "lockstep-test-finance",
                "url": "https://prod-1.logic.example:443/workflows/lockstep-test-finance/triggers/manual/paths/invoke",
            },
            "authenticationConfiguration": {"@odata.type": "#microsoft.graph.azureAdPopTokenAuthentication"},
            "callbackConfiguration": {
                "@odata.type": "#microsoft.graph.customExtensionCallbackConfiguration",
                "timeoutDuration": "PT15M",
            },
        },
    )


@pytest.mark.parametrize(
    ("callback", "equal"),
    [
        ({"timeoutDuration": "PT15M"}, True),
        ({"timeoutDuration": "PT900S"}, True),
        ({"timeoutDuration": "P0DT0H15M0S"}, True),
        ({"durationBeforeTimeout": "PT15M"}, True),
        ({"timeoutDuration": "PT1H"}, False),
        ({"timeoutDuration": "PT15M30S"}, False),
        (None, False),
    ],
)
def test_the_waiting_time_is_read_under_either_name_and_in_any_spelling(
    callback: dict[str, str] | None, *, equal: bool
) -> None:
    azure = provisioned()
    ours(azure)["callbackConfiguration"] = callback

    assert [str(change) for change in planned(azure).changes] == ([] if equal else ["update custom extension Finance"])


def test_an_address_in_another_spelling_or_one_that_is_not_repeated_is_no_difference() -> None:
    azure = provisioned()
    endpoint = ours(azure)["endpointConfiguration"]
    endpoint["url"] = endpoint["url"].replace(":443", "") + "?sig=x"
    assert planned(azure).changes == ()
    endpoint["url"] = None
    assert planned(azure).changes == ()
    endpoint["url"] = "https://elsewhere.example/x?sig=SECRET"

    (change,) = planned(azure).changes

    assert [(d.path, d.before) for d in change.differences] == [
        ("endpointConfiguration.url", "https://elsewhere.example/x")
    ]


def test_no_second_one_is_made_of_a_plan_that_was_overtaken() -> None:
    azure = InMemoryAzure()
    late = planned(azure)
    carried_out(azure, planned(azure))
    azure.writes.clear()

    with pytest.raises(Stopped, match="custom extension Finance appeared since the plan was made"):
        carried_out(azure, late)
    assert not any("extension" in str(request.target) for request in azure.writes)


def test_an_update_is_a_put_of_everything_the_service_showed() -> None:
    azure = provisioned()
    changed = ours(azure)
    changed |= {
        "@odata.context": "https://graph.example/$metadata",
        "createdDateTime": "2025-01-01T00:00:00Z",
        "clientConfiguration": {"maximumRetries": 1},
        "displayName": "renamed",
    }

    carried_out(azure, planned(azure))

    assert written(azure).verb == "put"
    assert written(azure).target == GraphTarget("extension", (guid("c1"), changed["id"]))
    assert written(azure).body["clientConfiguration"] == {"maximumRetries": 1}
    assert not {"id", "createdDateTime", "@odata.context"} & written(azure).body.keys()
    assert planned(azure).changes == ()


def test_the_wait_is_the_environments_choice() -> None:
    azure = provisioned()
    callout = {"launch_and_wait_minutes": 2880}

    carried_out(azure, planned(azure, callout=callout))

    assert ours(azure)["callbackConfiguration"]["timeoutDuration"] == "PT2880M"


def test_a_foreign_extension_is_neither_changed_nor_deleted() -> None:
    azure = provisioned()

    assert azure.extensions[FOREIGN] == InMemoryAzure().extensions[FOREIGN]


@pytest.mark.parametrize(
    ("refusal", "verdict"),
    [
        (ServiceRefusal("The connection test of the custom extension failed", 400, "TestFailed"), "wait"),
        (ServiceRefusal("The Logic App was not found", 404, "NotFound"), "wait"),
        (ServiceRefusal("endpointConfiguration.url is required", 400, "InvalidModel"), "failed"),
        (ServiceRefusal("Insufficient privileges for the Logic App", 403, "Authorization_RequestDenied"), "failed"),
        (ServiceRefusal("The tenant already has 500 custom extensions.", 400, "QuotaExceeded"), "failed"),
    ],
)
def test_only_a_refused_call_of_the_logic_app_is_tried_again(refusal: ServiceRefusal, verdict: str) -> None:
    assert extension.verdict(refusal) == verdict
