from __future__ import annotations

import copy
from typing import Any

import pytest

from provision.apply import Stopped
from provision.errors import ServiceRefusal
from provision.kinds import task_extension
from provision.resource import GraphCollection, Request
from tests.fakes import InMemoryAzure, guid
from tests.sample import LIFECYCLE, carried_out, destroying, planned, provisioned

NAME = "Lockstep test: Lifecycle Workflows"
ADDRESS = f"custom task extension {NAME}"
CALLBACK = "#microsoft.graph.identityGovernance.customTaskExtensionCallbackConfiguration"


def ours(azure: InMemoryAzure) -> dict[str, Any]:
    return next(item for item in azure.lifecycle.extensions.values() if item["displayName"] == NAME)


def application(azure: InMemoryAzure) -> str:
    app = azure.arm[next(key for key in azure.arm if key.endswith("/lockstep-test-lifecycle"))]
    return guid(f"application of {app['identity']['principalId']}")


def written(azure: InMemoryAzure) -> Request:
    return next(request for request in azure.writes if "task extension" in str(request.target))


def test_a_new_extension_launches_the_logic_app_waits_and_authorizes_its_identity() -> None:
    azure = InMemoryAzure()
    carried_out(azure, planned(azure, **LIFECYCLE))

    assert written(azure) == Request(
        "post",
        GraphCollection("task extensions"),
        {
            "@odata.type": "#microsoft.graph.identityGovernance.customTaskExtension",
            "displayName": NAME,
            "description": "Keeps AD groups in step with access packages when people join, move and leave "
            "[lockstep:test]",
            "endpointConfiguration": {
                "@odata.type": "#microsoft.graph.logicAppTriggerEndpointConfiguration",
                "subscriptionId": "22222222-2222-4222-8222-222222222222",
                "resourceGroupName": "rg-identity",
                "logicAppWorkflowName": "lockstep-test-lifecycle",
                "url": "https://prod-1.logic.example:443/workflows/lockstep-test-lifecycle/triggers/manual/paths/invoke",
            },
            "authenticationConfiguration": {"@odata.type": "#microsoft.graph.azureAdPopTokenAuthentication"},
            "callbackConfiguration": {
                "@odata.type": CALLBACK,
                "timeoutDuration": "PT30M",
                "authorizedApps": [{"@odata.type": "#microsoft.graph.application", "id": application(azure)}],
            },
        },
    )
    assert planned(azure, **LIFECYCLE).changes == ()


def test_an_identity_that_graph_does_not_know_yet_is_waited_for() -> None:
    azure = InMemoryAzure()
    azure.unknown_applications = 3

    carried_out(azure, planned(azure, **LIFECYCLE))

    assert ours(azure)["callbackConfiguration"]["authorizedApps"][0]["id"] == application(azure)


@pytest.mark.parametrize(
    ("apps", "equal"),
    [
        ([{"id": "APP"}], True),
        ([{"appId": "APP", "id": "object"}], True),
        (None, True),
        ([], False),
        ([{"id": "APP"}, {"id": "somebody else"}], False),
    ],
    ids=["by id", "by appId", "not shown", "taken away", "one more"],
)
def test_the_authorized_applications_are_read_under_either_name(apps: Any, *, equal: bool) -> None:
    azure = provisioned(**LIFECYCLE)
    callback = ours(azure)["callbackConfiguration"]
    callback["authorizedApps"] = apps and [
        {key: value.replace("APP", application(azure)) for key, value in app.items()} for app in apps
    ]

    assert [str(change) for change in planned(azure, **LIFECYCLE).changes] == ([] if equal else [f"update {ADDRESS}"])


def by_app_id(key: str = "appId") -> dict[str, Any]:
    return {"lifecycle_workflows": {**LIFECYCLE["lifecycle_workflows"], "authorized_apps_key": key}}


def test_the_application_is_named_by_app_id_where_the_environment_says_so() -> None:
    azure = provisioned(**by_app_id())

    (app,) = ours(azure)["callbackConfiguration"]["authorizedApps"]

    assert app == {"@odata.type": "#microsoft.graph.application", "appId": application(azure)}
    assert planned(azure, **by_app_id()).changes == ()


@pytest.mark.parametrize("shown", [True, False])
def test_another_name_is_sent_even_where_the_service_does_not_show_which_it_has(*, shown: bool) -> None:
    azure = provisioned(**LIFECYCLE)
    if not shown:
        del ours(azure)["callbackConfiguration"]["authorizedApps"]

    for key in ("appId", "id"):
        plan = planned(azure, **by_app_id(key))
        carried_out(azure, plan)

        assert [str(change) for change in plan.changes] == [f"update {ADDRESS}"]
        assert ours(azure)["callbackConfiguration"]["authorizedApps"][0][key] == application(azure)
        assert planned(azure, **by_app_id(key)).changes == ()


def test_drift_is_patched_and_the_empty_answer_is_no_trouble() -> None:
    azure = provisioned(**LIFECYCLE)
    ours(azure)["callbackConfiguration"]["timeoutDuration"] = "PT1H"

    plan = planned(azure, **LIFECYCLE)
    carried_out(azure, plan)

    assert [difference.path for difference in plan.changes[0].differences] == ["timeoutDuration"]
    assert written(azure).verb == "patch"
    assert planned(azure, **LIFECYCLE).changes == ()


def test_without_a_callback_the_time_and_the_application_are_missing() -> None:
    azure = provisioned(**LIFECYCLE)
    ours(azure)["callbackConfiguration"] = None

    (change,) = planned(azure, **LIFECYCLE).changes

    assert [difference.path for difference in change.differences] == ["authorizedApps[0]", "timeoutDuration"]


def test_a_bearer_token_cannot_be_mended_in_place_and_the_way_out_is_told() -> None:
    azure = provisioned(**LIFECYCLE)
    ours(azure)["authenticationConfiguration"] = {"@odata.type": "#microsoft.graph.azureAdTokenAuthentication"}

    with pytest.raises(Stopped, match="calls without a proof-of-possession token"):
        carried_out(azure, planned(azure, **LIFECYCLE))
    assert azure.writes == []


def foreign(azure: InMemoryAzure, **members: Any) -> None:
    pop = {"@odata.type": "#microsoft.graph.azureAdPopTokenAuthentication"}
    one = {"id": "e-1", "displayName": NAME, "description": "mine", "authenticationConfiguration": pop, **members}
    azure.lifecycle.extensions["e-1"] = one


def test_a_foreign_extension_of_the_same_name_is_in_the_way() -> None:
    azure = InMemoryAzure()
    foreign(azure)

    assert any(ADDRESS in str(refusal) for refusal in planned(azure, **LIFECYCLE).refusals)


def test_a_foreign_extension_can_be_adopted_when_it_sends_the_right_token() -> None:
    azure = InMemoryAzure()
    foreign(azure)

    carried_out(azure, planned(azure, adopt=True, **LIFECYCLE))

    assert azure.lifecycle.extensions["e-1"]["description"].endswith("[lockstep:test]")
    assert planned(azure, **LIFECYCLE).changes == ()


def test_one_with_a_bearer_token_or_of_another_environment_cannot_be_adopted() -> None:
    azure = InMemoryAzure()
    foreign(azure, authenticationConfiguration=None)
    assert planned(azure, adopt=True, **LIFECYCLE).refusals
    foreign(azure, description="x [lockstep:other]")
    assert planned(azure, adopt=True, **LIFECYCLE).refusals


def test_what_another_environment_took_after_the_plan_is_not_adopted() -> None:
    azure = InMemoryAzure()
    foreign(azure)
    plan = planned(azure, adopt=True, **LIFECYCLE)
    foreign(azure, description="x [lockstep:other]")

    with pytest.raises(Stopped, match="it belongs to the Lockstep environment other since the plan was made"):
        carried_out(azure, plan)


def test_that_of_another_environment_with_the_same_name_is_left_with_its_tasks() -> None:
    azure = provisioned(**LIFECYCLE)
    before = copy.deepcopy(azure.state())
    here = {"resource_group": "rg-other", **LIFECYCLE}

    late = destroying(azure, **here)
    plan = planned(moved(azure), adopt=True, **here)

    assert [str(change) for change in late.changes] == []
    (refusal,) = [one for one in plan.refusals if one.resource.address.kind == "custom task extension"]
    assert "it is of another environment with the name test, in resource group rg-identity" in str(refusal)
    assert azure.state() == before


def moved(azure: InMemoryAzure) -> InMemoryAzure:
    """The same tenant, with an account for another environment in another resource group."""
    other = copy.deepcopy(azure)
    for key, answer in azure.arm.items():
        other.arm[key.replace("/rg-identity/", "/rg-other/")] = copy.deepcopy(answer)
    return other


def test_no_second_one_is_made_of_a_plan_that_was_overtaken() -> None:
    azure = InMemoryAzure()
    late = planned(azure, **LIFECYCLE)
    carried_out(azure, planned(azure, **LIFECYCLE))
    azure.writes.clear()

    with pytest.raises(Stopped, match=f"{ADDRESS} appeared since the plan was made"):
        carried_out(azure, late)
    assert len(azure.lifecycle.extensions) == 1


def test_a_second_one_of_ours_is_deleted() -> None:
    azure = provisioned(**LIFECYCLE)
    azure.lifecycle.extensions["zzz"] = {**ours(azure), "id": "zzz", "displayName": "copy"}

    assert [str(change) for change in planned(azure, **LIFECYCLE).changes] == [f"delete {ADDRESS}"]


def test_it_is_deleted_after_the_tasks_that_call_it_and_before_the_logic_app() -> None:
    azure = provisioned(**LIFECYCLE)

    carried_out(azure, destroying(azure, **LIFECYCLE))

    deleted = [str(request.target) for request in azure.writes if request.verb == "delete"]
    places = {
        part: next(i for i, text in enumerate(deleted) if part in text) for part in ("task extension", "lifecycle'")
    }
    assert places["task extension"] < places["lifecycle'"]
    assert azure.lifecycle.extensions == {}


def test_one_that_is_not_ours_any_more_is_not_deleted() -> None:
    azure = provisioned(**LIFECYCLE)
    late = destroying(azure, **LIFECYCLE)
    ours(azure)["description"] = "mine"

    with pytest.raises(Stopped, match=f"{ADDRESS} is not Lockstep's any more"):
        carried_out(azure, late)
    assert len(azure.lifecycle.extensions) == 1


def test_deleting_what_is_gone_needs_no_request() -> None:
    azure = provisioned(**LIFECYCLE)
    late = destroying(azure, **LIFECYCLE)
    carried_out(azure, destroying(azure, **LIFECYCLE))
    azure.writes.clear()

    carried_out(azure, late)

    assert not any("task extension" in str(request.target) for request in azure.writes)


@pytest.mark.parametrize(
    ("status", "text", "verdict"),
    [
        (400, "The application 1 was not found.", "wait"),
        (404, "Application 'x' does not exist in the directory", "wait"),
        (400, "Calling the logic app failed", "wait"),
        (400, "displayName is not unique", "failed"),
        (403, "application not found", "failed"),
    ],
)
def test_what_time_heals_is_waited_for(status: int, text: str, verdict: str) -> None:
    assert task_extension.verdict(ServiceRefusal(text, status, "BadRequest")) == verdict
