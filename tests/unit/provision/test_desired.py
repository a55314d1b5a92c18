from __future__ import annotations

from collections import Counter

from provision.desired import desired, workflow_inputs
from provision.resource import Reference
from tests.fakes import InMemoryAzure, guid
from tests.sample import drawn, environment, mapping_text


def test_resources_come_in_the_order_of_creation_the_shared_ones_first_then_catalog_by_catalog() -> None:
    assert [str(resource.address) for resource in desired(drawn(InMemoryAzure()))] == [
        "runbook lockstep",
        "runbook content lockstep",
        "variable lockstep-test-settings",
        "variable lockstep-test-mapping",
        "role assignment Reader for the Automation account's identity",
        "Logic App lockstep-test-finance",
        "role assignment Automation Operator for lockstep-test-finance",
        "catalog role access package assignment manager for lockstep-test-finance",
        "custom extension Finance",
        "policy stages Analyst: Analyst for members",
        "policy stages Manager: Manager for members",
        "Logic App lockstep-test-engineering",
        "role assignment Automation Operator for lockstep-test-engineering",
        "catalog role access package assignment manager for lockstep-test-engineering",
        "custom extension Engineering",
        "policy stages Engineer: Engineer for members",
    ]


def test_catalogs_come_in_the_order_of_the_environment() -> None:
    wanted = desired(drawn(InMemoryAzure(), catalogs=["Engineering", "Finance"]))
    catalogs = [resource.address.catalog for resource in wanted if resource.address.catalog]

    assert catalogs == sorted(catalogs, key=[guid("c2"), guid("c1")].index)


def test_addresses_are_unique_also_for_catalogs_and_policies_of_one_name() -> None:
    azure = InMemoryAzure()
    azure.add_catalog("c9", "Finance", {"p9": "Analyst"})
    azure.policies["second"] = {**azure.policies[guid("q-p9")], "id": "second"}
    catalogs = [{"id": guid("c1")}, {"id": guid("c9"), "logic_app": "la-two"}]

    wanted = desired(drawn(azure, mapped=("p1", "p9"), catalogs=catalogs))

    assert max(Counter(resource.address for resource in wanted).values()) == 1


def test_only_policies_of_mapped_access_packages_are_bound() -> None:
    catalogs = drawn(InMemoryAzure(), mapped=("p2",)).catalogs

    assert [[policy.name for policy in catalog.policies] for catalog in catalogs] == [
        ["Manager: Manager for members"],
        [],
    ]


def test_the_mapping_is_carried_only_where_the_environment_is_its_source() -> None:
    worker = {"source": "worker", "path": "/etc/lockstep/mapping.json", "file": "mapping.json"}

    assert drawn(InMemoryAzure()).mapping == mapping_text("p1", "p2", "p3")
    assert drawn(InMemoryAzure(), mapping=worker).mapping is None
    assert not [r for r in desired(drawn(InMemoryAzure(), mapping=worker)) if "mapping" in r.address.name]


def test_the_logic_apps_name_is_the_environments_choice() -> None:
    blueprint = drawn(InMemoryAzure(), catalogs=[{"name": "Finance", "logic_app": "la-fin"}, "Engineering"])

    assert [catalog.logic_app for catalog in blueprint.catalogs] == ["la-fin", "lockstep-test-engineering"]


def test_the_account_speaks_for_the_runbooks_location_and_the_jobs_identity() -> None:
    blueprint = drawn(InMemoryAzure(), location="northeurope")

    assert blueprint.location == "westeurope"
    assert blueprint.principal == "55555555-5555-4555-8555-555555555556"


def test_the_template_gets_the_clouds_addresses_and_audiences_and_the_callouts_times() -> None:
    inputs = workflow_inputs(environment(cloud="usgov", callout={"launch_and_wait_minutes": 60}), "c")

    assert (inputs.arm, inputs.arm_audience) == (
        "https://management.usgovcloudapi.net",
        "https://management.core.usgovcloudapi.net/",
    )
    assert inputs.graph == "https://graph.microsoft.us"
    assert (inputs.poll_deadline.total_seconds(), inputs.settings) == (54 * 60, "lockstep-test-settings")


def test_everything_that_a_service_chooses_is_a_reference() -> None:
    wanted = {str(resource.address): resource.body for resource in desired(drawn(InMemoryAzure()))}

    assert isinstance(
        wanted["catalog role access package assignment manager for lockstep-test-finance"]["principalId"], Reference
    )
    assert isinstance(wanted["custom extension Finance"]["endpointConfiguration"]["url"], Reference)
    assert wanted["role assignment Reader for the Automation account's identity"]["principalId"] == (
        "55555555-5555-4555-8555-555555555556"
    )
