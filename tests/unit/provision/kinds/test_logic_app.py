from __future__ import annotations

import json
from typing import Any

import pytest

from provision.kinds import logic_app
from provision.kinds.access_control import ENTITLEMENT_MANAGEMENT
from tests.fakes import WORKFLOWS, InMemoryAzure, guid
from tests.sample import LIFECYCLE, carried_out, drawn, environment, planned, provisioned

FINANCE = f"{WORKFLOWS}/lockstep-test-finance"
KEY = FINANCE.lower()


def sent(azure: InMemoryAzure) -> dict[str, Any]:
    return next(request.body for request in azure.writes if "/workflows/" in str(request.target))


def test_the_door_is_locked_with_all_six_claims_and_signatures_are_refused() -> None:
    azure = InMemoryAzure()
    carried_out(azure, planned(azure))

    assert sent(azure)["properties"]["accessControl"] == {
        "triggers": {
            "sasAuthenticationPolicy": {"state": "Disabled"},
            "openAuthenticationPolicies": {
                "policies": {
                    "AzureADEntitlementManagementPOPAuthPolicy": {
                        "type": "AADPOP",
                        "claims": [
                            {"name": "iss", "value": "https://sts.windows.net/11111111-1111-4111-8111-111111111111/"},
                            {"name": "aud", "value": "https://management.azure.com"},
                            {"name": "appid", "value": "810dcf14-1858-4bf2-8134-4c369fa3235b"},
                            {"name": "m", "value": "POST"},
                            {"name": "u", "value": "management.azure.com"},
                            {"name": "p", "value": FINANCE},
                        ],
                    }
                }
            },
        }
    }


def test_every_put_has_location_tags_identity_state_definition_and_parameters() -> None:
    azure = InMemoryAzure()
    carried_out(azure, planned(azure))

    body = sent(azure)
    assert body["location"] == "westeurope"
    assert body["identity"] == {"type": "SystemAssigned"}
    assert body["tags"] == {
        "managed-by": "lockstep",
        "lockstep-environment": "test",
        "lockstep-catalog": guid("c1"),
        "Purpose": "Azure AD Entitlement Management",
    }
    assert body["properties"]["state"] == "Enabled"
    assert "manual" in body["properties"]["definition"]["triggers"]
    assert body["properties"]["parameters"]["catalog"] == {"value": guid("c1")}


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("properties", "state"), "Disabled", "properties.state"),
        (("properties", "definition", "outputs"), {"x": 1}, "properties.definition.outputs.x"),
        (
            ("properties", "parameters", "runbook"),
            {"type": "String", "value": "x"},
            "properties.parameters.runbook.value",
        ),
        (
            ("properties", "accessControl", "triggers", "sasAuthenticationPolicy", "state"),
            "Enabled",
            "properties.accessControl.triggers.sasAuthenticationPolicy.state",
        ),
        (
            ("properties", "accessControl", "triggers", "openAuthenticationPolicies", "policies", "open"),
            {"type": "AAD"},
            "properties.accessControl.triggers.openAuthenticationPolicies.policies.open",
        ),
        (("identity", "type"), "None", "identity.type"),
        (("tags", "Purpose"), "x", "tags.Purpose"),
    ],
)
def test_drift_is_told_in_the_services_own_words_and_put_right(path: tuple[str, ...], value: Any, place: str) -> None:
    azure = provisioned()
    inner = azure.arm[KEY]
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value

    plan = planned(azure)
    carried_out(azure, plan)

    assert str(plan.changes[0]) == "update Logic App lockstep-test-finance"
    assert [difference.path for difference in plan.changes[0].differences] == [place]
    assert planned(azure).changes == ()


def test_what_others_set_beside_ours_stays_and_is_no_difference() -> None:
    azure = provisioned()
    ranges = {"allowedCallerIpAddresses": [{"addressRange": "192.0.2.0/24"}]}
    azure.arm[KEY]["properties"]["accessControl"]["contents"] = ranges
    azure.arm[KEY]["tags"]["cost"] = "4711"
    azure.arm[KEY]["properties"]["accessControl"]["triggers"]["allowedCallerIpAddresses"] = []
    assert planned(azure).changes == ()
    azure.arm[KEY]["properties"]["state"] = "Disabled"

    carried_out(azure, planned(azure))

    assert azure.arm[KEY]["tags"]["cost"] == "4711"
    assert azure.arm[KEY]["properties"]["accessControl"]["contents"] == ranges


def test_another_name_for_a_catalogs_logic_app_is_made_first_and_the_old_one_deleted_last() -> None:
    azure = provisioned()
    catalogs = [{"name": "Finance", "logic_app": "la-fin"}, "Engineering"]

    plan = planned(azure, catalogs=catalogs)
    carried_out(azure, plan)

    assert str(plan.changes[0]) == "create Logic App la-fin"
    assert str(plan.changes[-1]) == "delete Logic App lockstep-test-finance"
    assert "update custom extension Finance" in [str(change) for change in plan.changes]
    assert planned(azure, catalogs=catalogs).changes == ()


def test_two_catalogs_that_swap_their_logic_apps_lose_none() -> None:
    azure = provisioned()
    swapped = [
        {"name": "Finance", "logic_app": "lockstep-test-engineering"},
        {"name": "Engineering", "logic_app": "lockstep-test-finance"},
    ]

    carried_out(azure, planned(azure, catalogs=swapped))

    assert planned(azure, catalogs=swapped).changes == ()
    assert azure.arm[KEY]["tags"]["lockstep-catalog"] == guid("c2")


def test_a_national_cloud_has_its_own_claims() -> None:
    catalog = drawn(InMemoryAzure()).catalogs[0]
    body = logic_app.body(environment(cloud="china"), catalog)

    policies = body["properties"]["accessControl"]["triggers"]["openAuthenticationPolicies"]["policies"]
    claims = {claim["name"]: claim["value"] for claim in policies[ENTITLEMENT_MANAGEMENT.policy]["claims"]}
    assert claims["iss"] == "https://sts.chinacloudapi.cn/11111111-1111-4111-8111-111111111111/"
    assert (claims["aud"], claims["u"]) == ("https://management.chinacloudapi.cn", "management.chinacloudapi.cn")


def test_claims_in_another_order_and_tags_in_another_case_are_no_difference() -> None:
    azure = provisioned()
    policies = azure.arm[KEY]["properties"]["accessControl"]["triggers"]["openAuthenticationPolicies"]["policies"]
    policies["AzureADEntitlementManagementPOPAuthPolicy"]["claims"].reverse()
    azure.arm[KEY]["tags"] = {key.upper(): value for key, value in azure.arm[KEY]["tags"].items()}

    assert planned(azure).changes == ()


def test_a_tag_is_never_sent_twice_in_two_cases() -> None:
    azure = provisioned()
    azure.arm[KEY]["tags"] = {key.upper(): value for key, value in azure.arm[KEY]["tags"].items()} | {"cost": "4711"}
    azure.arm[KEY]["properties"]["state"] = "Disabled"

    carried_out(azure, planned(azure))

    assert {*azure.arm[KEY]["tags"]} == {"managed-by", "lockstep-environment", "lockstep-catalog", "Purpose", "cost"}


def test_a_claim_that_changed_is_put_right() -> None:
    azure = provisioned()
    policies = azure.arm[KEY]["properties"]["accessControl"]["triggers"]["openAuthenticationPolicies"]["policies"]
    policies["AzureADEntitlementManagementPOPAuthPolicy"]["claims"][0]["value"] = "https://sts.windows.net/other/"

    assert [str(change) for change in planned(azure).changes] == ["update Logic App lockstep-test-finance"]


LIFECYCLE_APP = f"{WORKFLOWS}/lockstep-test-lifecycle"


def lifecycle_sent(azure: InMemoryAzure) -> dict[str, Any]:
    return next(request.body for request in azure.writes if "lockstep-test-lifecycle" in str(request.target))


def test_only_lifecycle_workflows_may_call_its_logic_app() -> None:
    azure = InMemoryAzure()
    carried_out(azure, planned(azure, **LIFECYCLE))

    triggers = lifecycle_sent(azure)["properties"]["accessControl"]["triggers"]
    (name, policy), *others = triggers["openAuthenticationPolicies"]["policies"].items()
    assert (name, others) == ("AzureADLifecycleWorkflowsAuthPOPAuthPolicy", [])
    assert policy == {
        "type": "AADPOP",
        "claims": [
            {"name": "iss", "value": "https://sts.windows.net/11111111-1111-4111-8111-111111111111/"},
            {"name": "aud", "value": "https://management.azure.com"},
            {"name": "appid", "value": "ce79fdc4-cd1d-4ea5-8139-e74d7dbe0bb7"},
            {"name": "m", "value": "POST"},
            {"name": "u", "value": "management.azure.com"},
            {"name": "p", "value": LIFECYCLE_APP},
        ],
    }
    assert triggers["sasAuthenticationPolicy"] == {"state": "Disabled"}


def test_the_logic_app_of_lifecycle_workflows_is_tagged_for_it() -> None:
    azure = InMemoryAzure()
    carried_out(azure, planned(azure, **LIFECYCLE))

    body = lifecycle_sent(azure)
    assert body["tags"] == {
        "managed-by": "lockstep",
        "lockstep-environment": "test",
        "lockstep-lifecycle": "workflows",
        "Purpose": "Azure AD Lifecycle Workflows",
    }
    assert "catalog" not in body["properties"]["parameters"]
    assert body["properties"]["definition"]["actions"].keys() == {"Job_is_wanted", "Is_task"}


def test_its_waiting_comes_from_its_own_section() -> None:
    azure = InMemoryAzure()
    section = {"workflows": ["Onboard new hire"], "launch_and_wait_minutes": 60, "poll_interval": "PT1M"}
    carried_out(azure, planned(azure, lifecycle_workflows=section))

    assert '"limit": {"count": 54, "timeout": "PT3240S"}' in json.dumps(lifecycle_sent(azure))


def test_another_name_for_it_is_made_first_and_the_old_one_deleted_last() -> None:
    azure = provisioned(**LIFECYCLE)
    renamed: dict[str, Any] = {"lifecycle_workflows": {**LIFECYCLE["lifecycle_workflows"], "logic_app": "la-lcw"}}

    plan = planned(azure, **renamed)
    carried_out(azure, plan)

    words = [str(change) for change in plan.changes]
    assert words[0] == "create Logic App la-lcw"
    assert words[-1] == "delete Logic App lockstep-test-lifecycle"
    assert planned(azure, **renamed).changes == ()


def test_a_foreign_logic_app_under_its_name_is_in_the_way() -> None:
    azure = InMemoryAzure()
    azure.put_arm(LIFECYCLE_APP, location="westeurope", properties={})

    (refusal,) = planned(azure, **LIFECYCLE).refusals

    assert "Logic App lockstep-test-lifecycle" in str(refusal)
    assert "give Lifecycle Workflows another name with `logic_app:`" in str(refusal)


def test_a_logic_app_that_served_a_catalog_can_serve_lifecycle_workflows_next() -> None:
    azure = provisioned()
    changes: dict[str, Any] = {
        "catalogs": ["Engineering"],
        "mapped": ("p3",),
        "lifecycle_workflows": {"workflows": ["Onboard new hire"], "logic_app": "lockstep-test-finance"},
    }

    carried_out(azure, planned(azure, **changes))

    assert "lockstep-catalog" not in azure.arm[KEY]["tags"]
    assert planned(azure, **changes).changes == ()
