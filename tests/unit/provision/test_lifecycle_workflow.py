"""The definition of Lifecycle Workflows' Logic App, rendered and then really run, as in test_workflow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import fields, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from provision import workflow
from provision.sandbox.logic_app.host import LogicAppHost
from provision.sandbox.principals import Principals
from provision.sandbox.service import Call
from provision.sandbox.tokens import TokenAuthority
from provision.workflow import LifecycleInputs
from tests.unit.provision.test_workflow import (
    FAILURES,
    HOSTILE,
    RESOURCE_ID,
    TENANT,
    Ended,
    ScriptedAzure,
    VirtualClock,
    result_line,
)
from tests.unit.provision.test_workflow import INPUTS as CATALOG_INPUTS

LIFECYCLE = "ce79fdc4-cd1d-4ea5-8139-e74d7dbe0bb7"
RESULT = "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE"
USER = "66666666-6666-4666-8666-666666666601"
WORKFLOW = "77777777-7777-4777-8777-777777777701"
TASK = "88888888-8888-4888-8888-888888888801"
RESUME = (
    f"/identityGovernance/lifecycleWorkflows/workflows/{WORKFLOW}/tasks/{TASK}/taskProcessingResults/{RESULT}/resume"
)

INPUTS = LifecycleInputs(**{one.name: getattr(CATALOG_INPUTS, one.name) for one in fields(LifecycleInputs)})

PAYLOAD: Mapping[str, Any] = {
    "source": "Onboard new hire",
    "type": "lifecycleEvent",
    "data": {
        "callbackUriPath": RESUME,
        "subject": {
            "id": USER,
            "displayName": "Ada",
            "email": "ada@example.com",
            "userPrincipalName": "ada@example.com",
            "manager": None,
        },
        "task": {"id": TASK, "displayName": "AD groups"},
        "taskProcessingResult": {"id": RESULT, "createdDateTime": "2026-01-01T00:00:00Z"},
        "workflow": {"id": WORKFLOW, "displayName": "Onboard new hire", "workflowVersion": 3, "workflowVerson": 3},
    },
}


def resource(inputs: LifecycleInputs, principal: str) -> dict[str, Any]:
    """As the kind sends it; the access control is tested there."""
    claims = {
        "iss": f"https://sts.windows.net/{TENANT}/",
        "aud": "https://management.azure.com",
        "appid": LIFECYCLE,
        "m": "POST",
        "u": "management.azure.com",
        "p": RESOURCE_ID,
    }
    policy = {"type": "AADPOP", "claims": [{"name": name, "value": value} for name, value in claims.items()]}
    triggers = {
        "sasAuthenticationPolicy": {"state": "Disabled"},
        "openAuthenticationPolicies": {"policies": {"AzureADLifecycleWorkflowsAuthPOPAuthPolicy": policy}},
    }
    return {
        "identity": {"type": "SystemAssigned", "principalId": principal},
        "properties": {
            "definition": workflow.definition(inputs),
            "parameters": workflow.parameters(inputs),
            "accessControl": {"triggers": triggers},
        },
    }


def run(azure: ScriptedAzure, inputs: LifecycleInputs = INPUTS, payload: Mapping[str, Any] = PAYLOAD) -> Ended:
    """Deploys the definition, sends one call, waits for the run to end."""
    authority, principals = TokenAuthority(TENANT), Principals()
    host = LogicAppHost(authority, principals, VirtualClock(), azure)
    host.deploy(RESOURCE_ID, resource(inputs, principals.add("la").object_id))
    path = host.trigger_path(RESOURCE_ID)
    token = authority.issue_pop(LIFECYCLE, "POST", "management.azure.com", RESOURCE_ID)
    answer = host.routes()[0].handler(
        Call(
            method="POST",
            path=path,
            arguments={"key": path.split("/")[2], "trigger": path.split("/")[4]},
            query={"api-version": "2016-10-01"},
            headers={"content-type": "application/json", "authorization": f"PoP {token}"},
            body=json.dumps(payload).encode(),
            base="https://localhost",
        )
    )
    assert answer.status == 202
    assert host.settle(30)
    (found,) = host.runs(RESOURCE_ID)
    return Ended(azure, found, host, authority)


def changed(**data: Any) -> dict[str, Any]:
    """The payload with other members in `data`."""
    payload: dict[str, Any] = deepcopy(dict(PAYLOAD))
    payload["data"].update(data)
    return payload


def test_a_finished_job_is_called_back_as_completed_on_the_documented_address() -> None:
    ended = run(ScriptedAzure())

    assert ended.status == "Succeeded"
    assert urlsplit(ended.callback.url).path == f"/v1.0{RESUME}"
    assert ended.callback.body == {
        "source": "Lockstep sandbox",
        "type": "lifecycleEvent",
        "data": {"operationStatus": "Completed"},
    }


def test_the_job_has_the_id_of_the_task_processing_result_and_one_parameter() -> None:
    (created,) = run(ScriptedAzure()).azure.sent("PUT", "/jobs/")

    assert urlsplit(created.url).path.endswith(f"/automationAccounts/aa-identity/jobs/{RESULT.lower()}")
    assert parse_qs(urlsplit(created.url).query) == {"api-version": ["2023-11-01"]}
    assert created.body["properties"]["runOn"] == "onprem-workers"
    assert list(created.body["properties"]["parameters"]) == ["envelope"]


def test_the_envelope_says_who_why_and_until_when() -> None:
    assert run(ScriptedAzure()).envelope == {
        "version": 1,
        "source": "lifecycle",
        "environment": "sandbox",
        "job": RESULT.lower(),
        "user": USER,
        "workflow": WORKFLOW,
        "task": TASK,
        "task_result": RESULT,
        "deadline": "2026-01-01T00:12:00Z",
        "arm": "https://management.azure.com",
        "arm_audience": "https://management.azure.com/",
        "automation_account": "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/rg-identity/providers"
        "/Microsoft.Automation/automationAccounts/aa-identity",
        "settings": "lockstep-sandbox-settings",
    }


def test_nothing_to_do_is_completed() -> None:
    ended = run(ScriptedAzure(output=result_line("nothing_to_do", "already in Group_A")))

    assert ended.callback.body["data"] == {"operationStatus": "Completed"}


def test_who_is_not_in_ad_yet_has_failed_whatever_a_sweep_does_later() -> None:
    ended = run(ScriptedAzure(statuses=["Failed"], output=result_line("pending", "Ada is not in AD yet")))

    assert (ended.status, ended.callback.body["data"]) == ("Failed", {"operationStatus": "Failed"})
    assert "outcome pending" in ended.run["properties"]["error"]["message"]


@pytest.mark.parametrize(("script", "reason"), FAILURES)
def test_every_failure_is_called_back_as_failed_and_fails_the_run(script: dict[str, Any], reason: str) -> None:
    ended = run(ScriptedAzure(**script))

    error = ended.run["properties"]["error"]
    assert ended.status == "Failed"
    assert ended.callback.body["data"] == {"operationStatus": "Failed"}
    assert error["code"] == "NotDone"
    assert error["message"].startswith(f"Job {RESULT.lower()}: ")
    assert error["message"].endswith("; callback answered 204.")
    assert reason.startswith("Not done: ")  # its words are the runbook's own, or stand in the message as well
    assert reason.removeprefix("Not done: ") in error["message"] or '"detail"' in script.get("output", "")


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"data": None},
        {"data": {}},
        changed(subject=None),
        changed(subject={"id": None, "displayName": "Ada"}),
        changed(subject={"id": ""}),
        changed(taskProcessingResult=None, callbackUriPath=None),
        {**PAYLOAD, "type": "CustomExtensionConnectionTest"},
        {**PAYLOAD, "Stage": "CustomExtensionConnectionTest"},
    ],
    ids=["empty", "null", "no data", "nobody", "no id", "empty id", "nobody waits", "test by type", "test by stage"],
)
def test_what_is_no_task_for_a_person_ends_green_and_calls_nobody(payload: dict[str, Any]) -> None:
    ended = run(ScriptedAzure(), payload=payload)

    assert (ended.status, ended.azure.exchanges) == ("Succeeded", [])


@pytest.mark.parametrize("result", ["not-a-guid", "aaaaaaaabbbb4ccc8dddeeeeeeeeeeee"])
def test_a_result_id_that_is_no_guid_gives_the_job_a_new_id(result: str) -> None:
    ended = run(ScriptedAzure(), payload=changed(taskProcessingResult={"id": result}))

    job = urlsplit(ended.azure.sent("PUT", "/jobs/")[0].url).path.rsplit("/", 1)[1]
    assert len(job) == 36
    assert (ended.envelope["job"], ended.envelope["task_result"]) == (job, result)


@pytest.mark.parametrize("refusal", [400, 404])
def test_the_received_path_on_beta_is_tried_when_the_documented_one_is_refused(refusal: int) -> None:
    ended = run(ScriptedAzure(resume=[refusal]))

    first, second = ended.azure.sent("POST", "/resume")
    assert ended.status == "Succeeded"
    assert urlsplit(second.url).path == f"/beta{RESUME}"
    assert first.body == second.body


def test_ids_that_are_missing_leave_the_received_path() -> None:
    ended = run(ScriptedAzure(resume=[404]), payload=changed(workflow=None, task=None, taskProcessingResult=None))

    assert ended.status == "Succeeded"
    assert urlsplit(ended.azure.sent("POST", "/beta")[0].url).path == f"/beta{RESUME}"


@pytest.mark.parametrize(
    "path", [None, "", "https://evil.example/x", "/users/1", "/identityGovernance/../users", "/identityGovernance/%2e"]
)
def test_a_received_path_that_leads_elsewhere_is_not_called(path: str | None) -> None:
    ended = run(ScriptedAzure(resume=[404]), payload=changed(callbackUriPath=path))

    assert len(ended.azure.sent("POST", "https://")) == 1
    assert ended.run["properties"]["error"]["code"] == "CallbackFailed"


@pytest.mark.parametrize(
    "script", [{"resume": [403]}, {"resume": [500]}, {"resume": [0]}, {"resume": [404], "beta": [404]}]
)
def test_a_callback_that_fails_fails_the_run(script: dict[str, Any]) -> None:
    ended = run(ScriptedAzure(**script))

    assert (ended.status, ended.run["properties"]["error"]["code"]) == ("Failed", "CallbackFailed")


def test_an_authorization_that_arrives_late_is_waited_for() -> None:
    assert len(run(ScriptedAzure(resume=[403, 401, 204])).azure.sent("POST", "/resume")) == 3
    assert len(run(ScriptedAzure(resume=[403])).azure.sent("POST", "/resume")) == 20  # every 15 seconds


def test_an_id_in_the_payload_cannot_leave_its_place_in_the_address() -> None:
    hostile = "../../users?x=@{1}#"
    ended = run(ScriptedAzure(), payload=changed(workflow={"id": hostile}, task={"id": hostile}))

    encoded = "..%2F..%2Fusers%3Fx%3D%40%7B1%7D%23"
    assert f"/workflows/{encoded}/tasks/{encoded}/taskProcessingResults/" in ended.callback.url


def test_nothing_that_the_history_shows_names_the_person() -> None:
    ended = run(ScriptedAzure(output=result_line("done", f"added {USER}")))

    names = [one["name"] for one in ended.host.run_actions(RESOURCE_ID, ended.run["name"])]
    shown = [
        ended.host.contents(RESOURCE_ID, ended.run["name"], name, which)
        for name in names
        for which in ("inputs", "outputs")
    ]
    assert "ada@example.com" not in json.dumps([shown, ended.run])
    assert USER not in json.dumps([shown, ended.run])


def test_the_run_is_tracked_by_the_task_processing_result() -> None:
    assert run(ScriptedAzure()).run["properties"]["correlation"] == {"clientTrackingId": RESULT}


def test_what_users_choose_is_data_only() -> None:
    hostile = replace(
        INPUTS,
        environment=HOSTILE,
        resource_group=HOSTILE,
        automation_account=HOSTILE,
        runbook=HOSTILE,
        worker_group=HOSTILE,
        settings=HOSTILE,
    )

    ended = run(ScriptedAzure(), hostile)

    assert workflow.definition(hostile) == workflow.definition(INPUTS)
    assert ended.status == "Succeeded"
    assert ended.envelope["settings"] == HOSTILE
    assert ended.callback.body["source"] == f"Lockstep {HOSTILE}"


def test_the_schema_of_the_trigger_forgives_absent_and_null_values() -> None:
    schema = workflow.definition(INPUTS)["triggers"]["manual"]["inputs"]["schema"]

    def check(node: Mapping[str, Any]) -> None:
        assert not {"required", "additionalProperties"} & node.keys()
        for inner in node.get("properties", {}).values():
            assert "null" in inner["type"]
            check(inner)

    assert set(schema["properties"]) == set(PAYLOAD)
    check(schema)


def test_both_logic_apps_start_and_watch_the_job_in_the_same_way() -> None:
    ours = workflow.definition(INPUTS)["actions"]["Is_task"]["actions"]["Run_job"]["actions"]
    catalogs = workflow.definition(CATALOG_INPUTS)["actions"]["Is_callout"]["actions"]["Run_job"]["actions"]

    shared = ("Until_job_ended", "Get_output", "Result_text", "Result")
    assert {name: ours[name] for name in shared} == {name: catalogs[name] for name in shared}
