"""The real msgraph-sdk against the emulated Lifecycle Workflows, over TLS; the wire is judged independently."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kiota_abstractions.method import Method
from msgraph.generated.models.application import Application
from msgraph.generated.models.azure_ad_pop_token_authentication import AzureAdPopTokenAuthentication
from msgraph.generated.models.identity_governance.custom_task_extension import CustomTaskExtension
from msgraph.generated.models.identity_governance.custom_task_extension_callback_configuration import (
    CustomTaskExtensionCallbackConfiguration,
)
from msgraph.generated.models.logic_app_trigger_endpoint_configuration import LogicAppTriggerEndpointConfiguration
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.graph_service_client import GraphServiceClient

from provision.sandbox import seed
from provision.sandbox.graph.lifecycle_workflows.definitions import EXTENSION_ARGUMENT, RUN_EXTENSION
from provision.sandbox.graph.lifecycle_workflows.seed import FOREIGN_EXTENSION_ID, JOINER, JOINER_ID, LEAVER_ID
from tests.integration.graph_wire import ADA, DOOR, Tenant, raw
from tests.integration.test_graph_sdk import JUDGE, judged

pytestmark = [  # the SDK's own modules warn when they are imported
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic:DeprecationWarning"),
]

LCW = "/identityGovernance/lifecycleWorkflows"


@pytest.fixture
def tenant(tmp_path: Path) -> Iterator[Tenant]:
    found = Tenant(tmp_path)
    found.server.start()
    yield found
    found.server.stop()


def extension(tenant: Tenant) -> CustomTaskExtension:
    """An extension as the SDK's models make it; durations go through as text only."""
    return CustomTaskExtension(
        display_name="Lockstep test",
        description="[lockstep:test]",
        endpoint_configuration=LogicAppTriggerEndpointConfiguration(
            subscription_id=seed.SUBSCRIPTION,
            resource_group_name=seed.RESOURCE_GROUP,
            logic_app_workflow_name="la-engineering",
            url=f"{tenant.server.url}{DOOR}?api-version=2016-10-01",
        ),
        authentication_configuration=AzureAdPopTokenAuthentication(),
        callback_configuration=CustomTaskExtensionCallbackConfiguration(
            timeout_duration="PT30M",  # type: ignore[arg-type]
            authorized_apps=[Application(id=tenant.logic_app.identity.app_id)],
        ),
    )


async def inserted(client: GraphServiceClient, key: str, workflow: str = JOINER_ID) -> None:
    """Put a task that runs the extension at the end of the workflow, as JSON."""
    path = f"{LCW}/workflows/{workflow}"
    whole = await raw(client, Method.GET, path)
    names = ("category", "displayName", "description", "isEnabled", "isSchedulingEnabled", "executionConditions")
    body = {name: whole[name] for name in names}
    kept = ("arguments", "continueOnError", "description", "displayName", "isEnabled", "taskDefinitionId")
    task = {
        "displayName": "Lockstep",
        "isEnabled": True,
        "continueOnError": False,
        "taskDefinitionId": RUN_EXTENSION,
        "arguments": [{"name": EXTENSION_ARGUMENT, "value": key}],
    }
    body["tasks"] = [*({name: old[name] for name in kept} for old in whole["tasks"]), task]
    changed = await raw(client, Method.POST, f"{path}/createNewVersion", {"workflow": body})
    assert (changed["version"], len(changed["tasks"])) == (whole["version"] + 1, len(whole["tasks"]) + 1)


def test_the_sdk_makes_reads_and_deletes_an_extension(tenant: Tenant) -> None:
    async def story(client: GraphServiceClient) -> None:
        extensions = client.identity_governance.lifecycle_workflows.custom_task_extensions
        made = await extensions.post(extension(tenant))
        assert made is not None
        one = extensions.by_custom_task_extension_id(str(made.id))
        found = await one.get()
        assert found is not None
        callback = found.callback_configuration
        assert isinstance(callback, CustomTaskExtensionCallbackConfiguration)
        assert callback.authorized_apps is not None
        assert callback.authorized_apps[0].id == tenant.logic_app.identity.app_id
        await one.patch(CustomTaskExtension(description="new"))
        page = await extensions.get()
        assert page is not None
        assert {row.description for row in page.value or []} == {"new", "Belongs to another team."}
        await one.delete()
        with pytest.raises(ODataError) as used:
            await extensions.by_custom_task_extension_id(FOREIGN_EXTENSION_ID).delete()
        assert used.value.response_status_code == 400

    tenant.run(story)


def test_the_sdk_understands_workflows(tenant: Tenant) -> None:
    async def story(client: GraphServiceClient) -> None:
        workflows = client.identity_governance.lifecycle_workflows.workflows
        page = await workflows.get()
        assert page is not None
        assert JOINER in [row.display_name for row in page.value or []]
        found = await workflows.by_workflow_id(JOINER_ID).get()
        assert found is not None
        assert [task.execution_sequence for task in found.tasks or []] == [1, 2, 3]

    tenant.run(story)


@pytest.mark.parametrize(("operation", "ended"), [("Completed", "completed"), ("Failed", "failed")])
def test_a_workflow_runs_for_a_user(tenant: Tenant, operation: str, ended: str) -> None:
    tenant.logic_app.operation = operation

    async def story(client: GraphServiceClient) -> Any:
        made = await client.identity_governance.lifecycle_workflows.custom_task_extensions.post(extension(tenant))
        assert made is not None
        await inserted(client, str(made.id))
        return await asyncio.to_thread(tenant.entitlement.activate, JOINER, "ada.lovelace")

    told = tenant.run(story)
    assert (told["status"], told["tasks"][-1]["run"]) == (ended, "08585")
    assert tenant.logic_app.callbacks.get(timeout=5) == 204


@pytest.mark.skipif(not JUDGE.exists(), reason="the contract judges (../shared/judge) are not here")
def test_everything_on_the_wire_is_what_microsoft_publishes(tenant: Tenant, tmp_path: Path) -> None:
    async def story(client: GraphServiceClient) -> None:
        made = await client.identity_governance.lifecycle_workflows.custom_task_extensions.post(extension(tenant))
        assert made is not None
        await inserted(client, str(made.id))
        told = await asyncio.to_thread(tenant.entitlement.activate, JOINER, "ada.lovelace")
        one, task = f"{LCW}/workflows/{JOINER_ID}", told["tasks"][-1]
        results = f"{one}/tasks/{task['task']}/taskProcessingResults"
        for path in (
            f"{LCW}/workflows?$filter=displayName eq '{JOINER}'",
            f"{one}?$select=id,displayName,executionConditions,category",
            f"{one}/versions",
            f"{one}/versions/1",
            f"{one}/tasks",
            f"{one}/userProcessingResults?$expand=subject",
            f"{results}?$expand=subject,task",
            f"{results}/{task['instance']}",
            f"{LCW}/customTaskExtensions?$filter=displayName eq 'Lockstep test'",
            f"{LCW}/customTaskExtensions/{made.id}",
            f"{LCW}/taskDefinitions",
            f"{LCW}/taskDefinitions/{RUN_EXTENSION}",
        ):
            assert await raw(client, Method.GET, path), path
        await raw(client, Method.PATCH, f"{LCW}/workflows/{LEAVER_ID}", {"description": "new"})
        subjects = {"subjects": [{"id": ADA.object_id}]}
        await raw(client, Method.POST, f"{LCW}/workflows/{LEAVER_ID}/activate", subjects)
        await raw(client, Method.DELETE, f"{LCW}/workflows/{LEAVER_ID}")
        assert await raw(client, Method.GET, f"{LCW}/deletedItems/workflows")
        await raw(client, Method.POST, f"{LCW}/deletedItems/workflows/{LEAVER_ID}/restore")
        for refused in (f"{LCW}/customTaskExtensions/{made.id}", f"{LCW}/workflows/nobody"):
            with pytest.raises(ODataError):
                await raw(client, Method.DELETE, refused)

    tenant.run(story)
    assert judged(tenant.exchanges, tmp_path / "exchanges.jsonl") == []
