"""Microsoft's own clients against the sandbox, over TLS: what they accept is what the sandbox must answer."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.core.rest import HttpRequest
from azure.identity import (
    ClientSecretCredential,
    CredentialUnavailableError,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)
from azure.mgmt.automation import AutomationClient
from azure.mgmt.logic import LogicManagementClient

from provision.sandbox import seed
from provision.sandbox.faults import fault_from
from provision.sandbox.outside import Outside
from provision.sandbox.tokens import ARM

if TYPE_CHECKING:
    from provision.sandbox.sandbox import Sandbox

GROUP, ACCOUNT = seed.RESOURCE_GROUP, seed.AUTOMATION_ACCOUNT
SCOPE = "https://management.azure.com/.default"
SCRIPT = "import sys\nprint('hello', sys.argv[1])\n"
DEFINITION: dict[str, Any] = {
    "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#",
    "contentVersion": "1.0.0.0",
    "triggers": {"manual": {"type": "Request", "kind": "Http", "inputs": {"schema": {}}}},
    "actions": {"Note": {"type": "Compose", "inputs": "@triggerBody()?['word']", "runAfter": {}}},
    "outputs": {},
}


def deployer(
    sandbox: Sandbox, tenant: str = seed.TENANT, client: str = seed.DEPLOYER_APP_ID
) -> WorkloadIdentityCredential:
    return WorkloadIdentityCredential(
        tenant_id=tenant,
        client_id=client,
        token_file_path=str(sandbox.folder.deployer_token),
        authority=sandbox.url,
        disable_instance_discovery=True,
        connection_verify=str(sandbox.ca_file),
    )


def options(sandbox: Sandbox) -> dict[str, Any]:
    return {
        "base_url": sandbox.url,
        "credential_scopes": [SCOPE],
        "connection_verify": str(sandbox.ca_file),
        "polling_interval": 0,
        "retry_total": 0,
    }


@pytest.fixture
def automation(sandbox: Sandbox) -> Iterator[AutomationClient]:
    with deployer(sandbox) as credential, AutomationClient(credential, seed.SUBSCRIPTION, **options(sandbox)) as client:
        yield client


@pytest.fixture
def logic(sandbox: Sandbox) -> Iterator[LogicManagementClient]:
    with (
        deployer(sandbox) as credential,
        LogicManagementClient(credential, seed.SUBSCRIPTION, **options(sandbox)) as client,
    ):
        yield client


def publish(client: AutomationClient, script: str = SCRIPT) -> None:
    body: Any = {
        "location": seed.LOCATION,
        "properties": {"runbookType": "Python", "runtimeEnvironment": "Python-3.10", "draft": {}},
    }
    client.runbook.create_or_update(GROUP, ACCOUNT, "lockstep", body)
    client.runbook_draft.begin_replace_content(
        GROUP, ACCOUNT, "lockstep", script, content_type="text/powershell"
    ).result()
    client.runbook.begin_publish(GROUP, ACCOUNT, "lockstep").result()


def run(client: AutomationClient, *, name: str = "") -> Any:
    job = name or str(uuid.uuid4())
    body: Any = {
        "properties": {
            "runbook": {"name": "lockstep"},
            "runOn": seed.WORKER_GROUP,
            "parameters": {"envelope": "b64.e30="},
        }
    }
    client.job.create(GROUP, ACCOUNT, job, body)
    deadline = time.monotonic() + 30
    while True:
        found: Any = client.job.get(GROUP, ACCOUNT, job)
        if found.properties.status not in ("New", "Activating", "Running"):
            return found
        assert time.monotonic() < deadline, f"the job is still {found.properties.status}"
        time.sleep(0.02)


def test_workload_identity_and_client_secret_sign_in(sandbox: Sandbox) -> None:
    with deployer(sandbox) as federated:
        assert sandbox.authority.claims(federated.get_token(SCOPE).token)["aud"] == ARM  # type: ignore[index]
    secret = ClientSecretCredential(
        seed.TENANT,
        seed.DEPLOYER_APP_ID,
        sandbox.client_secret,
        authority=sandbox.url,
        disable_instance_discovery=True,
        connection_verify=str(sandbox.ca_file),
    )
    with secret:
        assert secret.get_token(SCOPE).expires_on > time.time() + 3000


@pytest.mark.parametrize(
    ("tenant", "client", "said"),
    [
        ("99999999-0000-4000-8000-000000000000", seed.DEPLOYER_APP_ID, "AADSTS90002|authority configuration"),
        (seed.TENANT, "99999999-0000-4000-8000-000000000000", "AADSTS700016"),
    ],
)
def test_a_wrong_tenant_or_client_is_told_in_entras_words(
    sandbox: Sandbox, tenant: str, client: str, said: str
) -> None:
    with (
        deployer(sandbox, tenant, client) as credential,
        pytest.raises((ClientAuthenticationError, ValueError), match=said),
    ):
        credential.get_token(SCOPE)


def test_a_foreign_assertion_is_told_in_entras_words(sandbox: Sandbox) -> None:
    sandbox.folder.write_secret(sandbox.folder.deployer_token, "x.y.z")
    with deployer(sandbox) as credential, pytest.raises(ClientAuthenticationError, match="AADSTS700027"):
        credential.get_token(SCOPE)


@pytest.mark.parametrize("right", [True, False])
def test_the_managed_identity_credential_works_with_a_jobs_header(
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    right: bool,  # noqa: FBT001 - a column of the table
) -> None:
    path, header = sandbox.world.cloud.managed_identity.admit("cccccccc-cccc-4ccc-8ccc-cccccccccccc")
    monkeypatch.setenv("IDENTITY_ENDPOINT", sandbox.url + path)
    monkeypatch.setenv("IDENTITY_HEADER", header if right else "wrong")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(sandbox.ca_file))
    with ManagedIdentityCredential(connection_verify=str(sandbox.ca_file)) as credential:
        if right:
            claims = sandbox.authority.claims(credential.get_token("https://graph.microsoft.com/.default").token)
            assert claims is not None
            assert claims["oid"] == seed.AUTOMATION_OBJECT_ID
            assert claims["roles"] == ["EntitlementManagement.Read.All", "User.Read.All"]
        else:
            with pytest.raises((CredentialUnavailableError, ClientAuthenticationError)):
                credential.get_token("https://graph.microsoft.com/.default")


def test_a_runbook_is_uploaded_published_read_back_and_deleted(automation: AutomationClient) -> None:
    publish(automation)
    found = automation.runbook.get(GROUP, ACCOUNT, "lockstep")
    assert found.properties is not None
    assert (found.properties.state, found.properties.runtime_environment) == ("Published", "Python-3.10")
    assert automation.runbook.get_content(GROUP, ACCOUNT, "lockstep") == SCRIPT
    assert [item.name for item in automation.runbook.list_by_automation_account(GROUP, ACCOUNT)] == ["lockstep"]
    automation.runbook.delete(GROUP, ACCOUNT, "lockstep")
    with pytest.raises(ResourceNotFoundError, match="Runbook was not found"):
        automation.runbook.get(GROUP, ACCOUNT, "lockstep")


def test_a_job_runs_the_uploaded_file(automation: AutomationClient) -> None:
    publish(automation)
    job = run(automation)
    assert (job.properties.status, job.properties.provisioning_state) == ("Completed", "Succeeded")
    assert job.properties.start_time <= job.properties.end_time
    assert automation.job.get_output(GROUP, ACCOUNT, job.name) == "hello b64.e30="
    streams = list(automation.job_stream.list_by_job(GROUP, ACCOUNT, job.name))
    assert [stream.properties.stream_type for stream in streams if stream.properties] == ["Output"]


def schedule_body(**changes: Any) -> Any:
    start = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    given = {"startTime": start, "frequency": "Day", "interval": 1, "timeZone": "Europe/Berlin", "description": "x"}
    return {"name": "nightly", "properties": {**given, **changes}}


def test_a_schedule_is_made_changed_listed_and_deleted(automation: AutomationClient) -> None:
    made = automation.schedule.create_or_update(GROUP, ACCOUNT, "nightly", schedule_body())
    assert made is not None
    assert made.properties is not None
    assert (made.properties.frequency, made.properties.interval, made.properties.is_enabled) == ("Day", 1, True)
    assert made.properties.next_run == made.properties.start_time
    changed = automation.schedule.create_or_update(GROUP, ACCOUNT, "nightly", schedule_body(timeZone="Asia/Tokyo"))
    assert changed is not None
    assert changed.properties is not None
    assert changed.properties.time_zone == "Asia/Tokyo"
    off: Any = {"name": "nightly", "properties": {"isEnabled": False}}
    automation.schedule.update(GROUP, ACCOUNT, "nightly", off)
    found = automation.schedule.get(GROUP, ACCOUNT, "nightly")
    assert found.properties is not None
    assert (found.properties.is_enabled, found.properties.next_run) == (False, None)
    assert [item.name for item in automation.schedule.list_by_automation_account(GROUP, ACCOUNT)] == ["nightly"]
    automation.schedule.delete(GROUP, ACCOUNT, "nightly")
    with pytest.raises(ResourceNotFoundError, match="schedule was not found"):
        automation.schedule.get(GROUP, ACCOUNT, "nightly")


def test_a_start_that_is_too_soon_is_refused(automation: AutomationClient) -> None:
    soon = schedule_body(startTime=datetime.now(UTC).isoformat())
    with pytest.raises(HttpResponseError, match="at least 5 minutes"):
        automation.schedule.create_or_update(GROUP, ACCOUNT, "nightly", soon)


def test_a_job_schedule_runs_the_runbook_when_its_time_comes(automation: AutomationClient, sandbox: Sandbox) -> None:
    publish(automation)
    automation.schedule.create_or_update(GROUP, ACCOUNT, "nightly", schedule_body())
    identifier = str(uuid.uuid4())
    body: Any = {
        "properties": {
            "schedule": {"name": "nightly"},
            "runbook": {"name": "lockstep"},
            "runOn": seed.WORKER_GROUP,
            "parameters": {"envelope": "b64.e30="},
        }
    }
    made = automation.job_schedule.create(GROUP, ACCOUNT, identifier, body)
    assert made.properties is not None
    assert made.properties.job_schedule_id == identifier
    with pytest.raises(ResourceExistsError, match="same id"):
        automation.job_schedule.create(GROUP, ACCOUNT, identifier, body)
    (listed,) = automation.job_schedule.list_by_automation_account(GROUP, ACCOUNT)
    assert listed.properties is not None
    assert listed.properties.parameters is None
    read = automation.job_schedule.get(GROUP, ACCOUNT, identifier)
    assert read.properties is not None
    assert read.properties.parameters == {"envelope": "b64.e30="}

    found = sandbox.world.cloud.schedules.find("nightly")
    assert found is not None
    found.following = datetime.now(UTC)
    deadline = time.monotonic() + 30
    while not (jobs := [job for job in sandbox.world.cloud.jobs.all() if job.status == "Completed"]):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert automation.job.get_output(GROUP, ACCOUNT, jobs[0].name) == "hello b64.e30="

    automation.runbook.delete(GROUP, ACCOUNT, "lockstep")
    assert list(automation.job_schedule.list_by_automation_account(GROUP, ACCOUNT)) == []
    with pytest.raises(ResourceNotFoundError, match="job schedule was not found"):
        automation.job_schedule.delete(GROUP, ACCOUNT, identifier)


def test_a_second_job_with_the_same_id_is_an_existing_resource(automation: AutomationClient) -> None:
    publish(automation)
    job = run(automation)
    with pytest.raises(ResourceExistsError, match="already exists"):
        run(automation, name=job.name)


def test_a_failed_runbook_fails_its_job(automation: AutomationClient) -> None:
    publish(automation, "import sys\nsys.exit('it went wrong')\n")
    job = run(automation)
    assert (job.properties.status, job.properties.exception) == ("Failed", "it went wrong")


def test_jobs_are_filtered_page_by_page(sandbox: Sandbox, automation: AutomationClient) -> None:
    sandbox.world.cloud.door.page_size = 1
    publish(automation)
    done = {run(automation).name for _ in range(2)}
    jobs = automation.job
    wanted = "properties/status eq 'Completed' and properties/startTime ge 2026-01-01T00:00:00Z"
    assert {job.name for job in jobs.list_by_automation_account(GROUP, ACCOUNT, filter=wanted)} == done
    assert not list(jobs.list_by_automation_account(GROUP, ACCOUNT, filter="properties/status eq 'Failed'"))
    with pytest.raises(HttpResponseError, match="cannot be filtered by 'status'"):
        list(jobs.list_by_automation_account(GROUP, ACCOUNT, filter="status eq 'Failed'"))


def test_runs_are_filtered_by_the_logic_sdk(
    sandbox: Sandbox, automation: AutomationClient, logic: LogicManagementClient
) -> None:
    path, body = workflow(sandbox)
    body["properties"]["accessControl"] = {}
    put(automation, path, body)
    address: Any = logic.workflow_triggers.list_callback_url(GROUP, "la-one", "manual")
    outside, headers = Outside(sandbox._certificates.client_context()), {"Content-Type": "application/json"}
    assert outside.send("POST", address.value, headers, b'{"word": "x"}').status == 202
    assert sandbox.world.host.settle(10)
    runs: Any = logic.workflow_runs
    [found] = list(runs.list(GROUP, "la-one", top=5, filter="Status eq 'Succeeded'"))
    assert found.start_time <= found.end_time
    tracked = f"ClientTrackingId eq '{found.correlation.client_tracking_id}' and StartTime ge 2026-01-01T00:00:00Z"
    assert [run.name for run in runs.list(GROUP, "la-one", filter=tracked)] == [found.name]
    assert not list(runs.list(GROUP, "la-one", filter="Status eq 'Failed'"))
    actions: Any = logic.workflow_run_actions
    [action] = list(actions.list(GROUP, "la-one", found.name, filter="Status eq 'Succeeded'"))
    assert action.name == "Note"


def test_variables_go_through_the_sdk(automation: AutomationClient) -> None:
    body: Any = {"name": "settings", "properties": {"value": '"x"', "isEncrypted": False}}
    automation.variable.create_or_update(GROUP, ACCOUNT, "settings", body)
    found = automation.variable.get(GROUP, ACCOUNT, "settings")
    assert found.properties is not None
    assert found.properties.value == '"x"'
    automation.variable.delete(GROUP, ACCOUNT, "settings")
    assert list(automation.variable.list_by_automation_account(GROUP, ACCOUNT)) == []


def test_account_groups_and_workers_are_read(automation: AutomationClient) -> None:
    account = automation.automation_account.get(GROUP, ACCOUNT)
    assert account.identity is not None
    assert account.identity.principal_id == seed.AUTOMATION_OBJECT_ID
    group = automation.hybrid_runbook_worker_group.get(GROUP, ACCOUNT, seed.WORKER_GROUP)
    assert group.properties is not None
    assert group.properties.group_type == "User"
    workers = list(
        automation.hybrid_runbook_workers.list_by_hybrid_runbook_worker_group(GROUP, ACCOUNT, seed.WORKER_GROUP)
    )
    assert [worker.properties.worker_type for worker in workers if worker.properties] == ["HybridV2"]


def test_the_sdk_pages_through_small_pages(sandbox: Sandbox, automation: AutomationClient) -> None:
    sandbox.world.cloud.door.page_size = 2
    for name in ("a", "b", "c", "d", "e"):
        body: Any = {"name": name, "properties": {"value": "1"}}
        automation.variable.create_or_update(GROUP, ACCOUNT, name, body)
    found = [item.name for item in automation.variable.list_by_automation_account(GROUP, ACCOUNT)]
    assert found == ["a", "b", "c", "d", "e"]


def workflow(sandbox: Sandbox) -> tuple[str, dict[str, Any]]:
    path = f"{sandbox.world.cloud.door.group_id}/providers/Microsoft.Logic/workflows/la-one"
    policy = {"sasAuthenticationPolicy": {"state": "Disabled"}}
    body = {
        "location": seed.LOCATION,
        "identity": {"type": "SystemAssigned"},
        "tags": {"managed-by": "lockstep"},
        "properties": {"definition": DEFINITION, "accessControl": {"triggers": policy}},
    }
    return path, body


def put(automation: AutomationClient, path: str, body: Any, version: str = "2019-05-01") -> Any:
    request = HttpRequest("PUT", path, params={"api-version": version}, json=body)
    response = automation.send_request(request)
    response.raise_for_status()
    return response.json()


def test_a_raw_workflow_is_read_by_the_logic_sdk_and_deleted(
    sandbox: Sandbox, automation: AutomationClient, logic: LogicManagementClient
) -> None:
    path, body = workflow(sandbox)
    made = put(automation, path, body)
    assert made["properties"]["accessControl"] == body["properties"]["accessControl"]
    found: Any = logic.workflows.get(GROUP, "la-one")
    assert (found.provisioning_state, found.tags) == ("Succeeded", {"managed-by": "lockstep"})
    assert found.identity.principal_id == made["identity"]["principalId"]
    listed: list[Any] = list(logic.workflows.list_by_resource_group(GROUP))
    assert [item.name for item in listed] == ["la-one"]
    url: Any = logic.workflow_triggers.list_callback_url(GROUP, "la-one", "manual")
    assert url.value.startswith(sandbox.url)
    assert list(logic.workflow_runs.list(GROUP, "la-one")) == []
    logic.workflows.disable(GROUP, "la-one")
    assert logic.workflows.get(GROUP, "la-one").state == "Disabled"
    logic.workflows.delete(GROUP, "la-one")
    with pytest.raises(ResourceNotFoundError):
        logic.workflows.get(GROUP, "la-one")


def test_a_bad_definition_is_refused_and_named(automation: AutomationClient, sandbox: Sandbox) -> None:
    path, body = workflow(sandbox)
    body["properties"]["definition"] = {**DEFINITION, "actions": {"Bad": {"type": "NoSuchAction", "runAfter": {}}}}
    with pytest.raises(HttpResponseError, match="Bad") as caught:
        put(automation, path, body)
    assert caught.value.status_code == 400


def test_the_identity_of_a_new_workflow_can_be_given_a_role_after_retries(
    automation: AutomationClient, sandbox: Sandbox
) -> None:
    path, body = workflow(sandbox)
    principal = put(automation, path, body)["identity"]["principalId"]
    account = sandbox.world.cloud.account.resource_id
    definitions = f"/subscriptions/{seed.SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
    assignment = {
        "properties": {
            "roleDefinitionId": f"{definitions}/d3881f73-407a-4167-8283-e981cbba0404",
            "principalId": principal,
            "principalType": "ServicePrincipal",
        }
    }
    target = f"{account}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
    for _ in range(2):
        with pytest.raises(HttpResponseError, match="PrincipalNotFound"):
            put(automation, target, assignment, "2022-04-01")
    assert put(automation, target, assignment, "2022-04-01")["properties"]["principalId"] == principal


def test_the_sdk_retries_a_throttled_request_and_a_dropped_connection(sandbox: Sandbox) -> None:
    sandbox.faults.replace(
        [
            fault_from({"path": "/variables", "status": 429, "retry_after": 1}),
            fault_from({"path": "/variables", "status": "drop", "after": 1}),
        ]
    )
    settings = {**options(sandbox), "retry_total": 3}
    with deployer(sandbox) as credential, AutomationClient(credential, seed.SUBSCRIPTION, **settings) as client:
        assert list(client.variable.list_by_automation_account(GROUP, ACCOUNT)) == []
    statuses = [item.status for item in sandbox.journal.exchanges() if "/variables" in item.path]
    assert statuses == [429, 0, 200]
