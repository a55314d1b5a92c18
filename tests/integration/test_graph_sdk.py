"""The real msgraph-sdk and azure-identity against the emulated Graph, over TLS; the wire is judged independently."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.method import Method
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.graph_service_client import GraphServiceClient

from provision.sandbox import seed
from provision.sandbox.faults import Fault
from provision.sandbox.graph.app_roles import GRAPH_APP_ID, GRAPH_OBJECT_ID
from provision.sandbox.graph.permissions import ASSIGNMENT_MANAGER
from tests.integration.graph_wire import ADA, EM, ENGINEER, ENGINEERING, FINANCE, Tenant, provisioned, raw

pytestmark = [  # the SDK's own modules warn when they are imported
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic:DeprecationWarning"),
]

JUDGE = Path(__file__).parents[3] / "shared" / "judge" / "graph_judge.py"


@pytest.fixture
def tenant(tmp_path: Path) -> Iterator[Tenant]:
    found = Tenant(tmp_path)
    found.server.start()
    yield found
    found.server.stop()


def judged(exchanges: list[dict[str, Any]], log: Path) -> list[str]:
    """What the independent judge calls an error."""
    log.write_text("\n".join(json.dumps(exchange) for exchange in exchanges), encoding="utf-8")
    told = subprocess.run([sys.executable, str(JUDGE), str(log)], capture_output=True, text=True, check=False)
    assert f"{len(exchanges)} exchanges judged" in told.stdout, told.stderr
    return [line for line in told.stdout.splitlines() if line.startswith("ERROR")]


def test_typed_reads_understand_what_is_answered(tenant: Tenant) -> None:
    tenant.entitlement.settings.page_size = 1

    async def story(client: GraphServiceClient) -> None:
        entitlement = client.identity_governance.entitlement_management
        page = await entitlement.catalogs.get()
        names = []
        while page is not None:
            names += [catalog.display_name for catalog in page.value or []]
            page = await entitlement.catalogs.with_url(page.odata_next_link).get() if page.odata_next_link else None
        assert names == ["Finance", "Engineering", "General"]
        extensions = await entitlement.catalogs.by_access_package_catalog_id(
            FINANCE.catalog_id
        ).custom_workflow_extensions.get()
        assert extensions is not None
        assert [type(found).__name__ for found in extensions.value or []] == [
            "AccessPackageAssignmentRequestWorkflowExtension"
        ]
        policy = await entitlement.assignment_policies.by_access_package_assignment_policy_id(ENGINEER.policy_id).get()
        assert policy is not None
        assert policy.expiration is not None
        assert str(policy.expiration.duration) == "365 days, 0:00:00"
        roles = await client.role_management.entitlement_management.role_definitions.get()
        assert roles is not None

    tenant.run(story)


def test_the_main_job_goes_through_with_raw_json(tenant: Tenant) -> None:
    async def set_up(client: GraphServiceClient) -> str:
        return await provisioned(client, tenant)

    extension = tenant.run(set_up)
    granted = tenant.entitlement.grant("ada.lovelace", "Engineer")
    assert (granted["state"], granted["callouts"][0]["detail"]) == ("delivered", "added to Eng_Repo")
    assert granted["callouts"][0]["extension"] == extension

    async def look(client: GraphServiceClient) -> None:
        assignments = client.identity_governance.entitlement_management.assignments
        wanted = assignments.AssignmentsRequestBuilderGetQueryParameters(
            filter=f"target/objectId eq '{ADA.object_id}' and state eq 'delivered'", expand=["accessPackage", "target"]
        )
        found = await assignments.get(RequestConfiguration(query_parameters=wanted))
        assert found is not None
        rows = found.value or []
        assert [row.access_package.id for row in rows if row.access_package] == [ENGINEER.package_id]
        assert rows[0].target is not None
        assert rows[0].target.on_premises_security_identifier == f"{seed.DOMAIN_SID}-1100"
        requests = await client.identity_governance.entitlement_management.assignment_requests.get()
        assert requests is not None
        assert requests.value is not None
        callouts = requests.value[0].custom_extension_callout_instances or []
        assert [(callout.external_correlation_id, callout.detail) for callout in callouts] == [
            ("08585", "added to Eng_Repo")
        ]

    tenant.run(look)
    removed = tenant.entitlement.remove("ada.lovelace", "Engineer")
    assert removed["assignment"]["state"] == "expired"
    assert [tenant.logic_app.callbacks.get(timeout=5) for _ in range(2)] == [204, 204]


def test_refusals_arrive_as_the_sdks_own_errors(tenant: Tenant) -> None:
    async def story(client: GraphServiceClient) -> None:
        entitlement = client.identity_governance.entitlement_management
        with pytest.raises(ODataError) as missing:
            await entitlement.catalogs.by_access_package_catalog_id(ADA.object_id).get()
        assert missing.value.response_status_code == 404
        assert missing.value.error is not None
        assert missing.value.error.code == "ResourceNotFound"
        extension = await provisioned(client, tenant)
        extensions = entitlement.catalogs.by_access_package_catalog_id(
            ENGINEERING.catalog_id
        ).custom_workflow_extensions
        with pytest.raises(ODataError) as used:
            await extensions.by_custom_callout_extension_id(extension).delete()
        assert used.value.response_status_code == 400

    tenant.run(story)


def test_a_throttled_call_is_repeated_by_the_sdk(tenant: Tenant) -> None:
    tenant.faults.replace([Fault("GET", re.compile("/catalogs$"), 429, retry_after=1)])

    async def story(client: GraphServiceClient) -> Any:
        return await client.identity_governance.entitlement_management.catalogs.get()

    assert tenant.run(story).value
    assert [exchange["status"] for exchange in tenant.exchanges] == [429, 200]


def test_a_user_comes_with_what_was_selected(tenant: Tenant) -> None:
    async def story(client: GraphServiceClient) -> Any:
        return await raw(client, Method.GET, f"/users/{ADA.object_id}?$select=id,onPremisesSecurityIdentifier")

    found = tenant.run(story)
    assert found["onPremisesSecurityIdentifier"] == f"{seed.DOMAIN_SID}-1100"


READS = (
    f"{EM}/catalogs?$filter=displayName eq 'Finance'&$expand=accessPackages",
    f"{EM}/catalogs?$filter=contains(tolower(displayName),'n')&$select=id,displayName&$top=2",
    f"{EM}/catalogs/{FINANCE.catalog_id}?$expand=customWorkflowExtensions",
    f"{EM}/catalogs/{FINANCE.catalog_id}/customWorkflowExtensions?$filter=displayName eq 'Welcome mail'",
    f"{EM}/catalogs/{FINANCE.catalog_id}/customWorkflowExtensions/{seed.FOREIGN_EXTENSION_ID}",
    f"{EM}/accessPackages?$filter=catalog/id eq '{FINANCE.catalog_id}'&$expand=catalog,assignmentPolicies",
    f"{EM}/accessPackages/{ENGINEER.package_id}?$expand=catalog($select=id)",
    f"{EM}/assignmentPolicies?$expand=catalog,questions,customExtensionStageSettings($expand=customExtension)",
    f"{EM}/assignmentPolicies?$expand=accessPackage($expand=catalog)",
    f"{EM}/assignments?$expand=accessPackage,target,assignmentPolicy",
    f"{EM}/assignments?$filter=target/objectId eq '{ADA.object_id}' and state eq 'delivered'&$count=true",
    f"{EM}/assignmentRequests?$expand=accessPackage,requestor,assignment($expand=target)",
    f"/roleManagement/entitlementManagement/roleAssignments?$filter=roleDefinitionId eq '{ASSIGNMENT_MANAGER}'",
    "/roleManagement/entitlementManagement/roleDefinitions",
    f"/users/{ADA.object_id}",
    "/users/ada.lovelace@lab.example?$select=id,onPremisesSecurityIdentifier,onPremisesSyncEnabled",
    f"/servicePrincipals(appId='{seed.DEPLOYER_APP_ID}')",
    f"/servicePrincipals?$filter=appId eq '{seed.DEPLOYER_APP_ID}'&$select=id,appId",
    f"/servicePrincipals(appId='{GRAPH_APP_ID}')?$select=id,appId,appRoles",
    f"/servicePrincipals?$filter=appId eq '{GRAPH_APP_ID}'",
    f"/servicePrincipals/{seed.DEPLOYER_OBJECT_ID}/appRoleAssignments",
    f"/servicePrincipals/{seed.DEPLOYER_OBJECT_ID}/appRoleAssignments?$select=appRoleId&$top=1",
    f"{EM}/assignmentRequests?$filter=accessPackage/id eq '{ENGINEER.package_id}' and state eq 'delivered'",
    f"{EM}/assignments?$filter=accessPackage/id eq '{ENGINEER.package_id}'&$expand=target,accessPackage",
)
REFUSED = (f"{EM}/catalogs/nobody", "/users/nobody@lab.example", "/servicePrincipals/nobody")


async def given_and_taken(client: GraphServiceClient) -> None:
    base = f"/servicePrincipals/{seed.DEPLOYER_OBJECT_ID}/appRoleAssignments"
    read_workflows = "7c67316a-232a-4b84-be22-cea2c0906404"
    body = {"principalId": seed.DEPLOYER_OBJECT_ID, "resourceId": GRAPH_OBJECT_ID, "appRoleId": read_workflows}
    made = await raw(client, Method.POST, base, body)
    with pytest.raises(ODataError, match="already exists"):
        await raw(client, Method.POST, base, body)
    assert (await raw(client, Method.GET, f"{base}/{made['id']}"))["appRoleId"] == read_workflows
    await raw(client, Method.DELETE, f"{base}/{made['id']}")


@pytest.mark.skipif(not JUDGE.exists(), reason="the contract judges (../shared/judge) are not here")
def test_everything_on_the_wire_is_what_microsoft_publishes(tenant: Tenant, tmp_path: Path) -> None:
    async def story(client: GraphServiceClient) -> None:
        extension = await provisioned(client, tenant)
        await asyncio.to_thread(tenant.entitlement.grant, "ada.lovelace", "Engineer")
        await asyncio.to_thread(tenant.entitlement.grant, "ada.lovelace", "Finance analyst")
        await asyncio.to_thread(tenant.entitlement.remove, "ada.lovelace", "Finance analyst")
        await given_and_taken(client)
        for path in READS:
            assert await raw(client, Method.GET, path), path
        for path in REFUSED:
            with pytest.raises(ODataError):
                await raw(client, Method.GET, path)
        with pytest.raises(ODataError):
            await raw(
                client, Method.DELETE, f"{EM}/catalogs/{ENGINEERING.catalog_id}/customWorkflowExtensions/{extension}"
            )

    tenant.run(story)
    assert len(tenant.exchanges) > len(READS) + len(REFUSED)
    assert judged(tenant.exchanges, tmp_path / "exchanges.jsonl") == []
