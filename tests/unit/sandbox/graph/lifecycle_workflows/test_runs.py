from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from provision.sandbox import seed
from provision.sandbox.graph.lifecycle_workflows.seed import JOINER, JOINER_ID, MOVER
from provision.sandbox.outside import HttpReply
from provision.sandbox.service import Refusal
from provision.sandbox.tokens import ARM
from tests.unit.sandbox.graph.lifecycle_workflows.conftest import LCW

if TYPE_CHECKING:
    from tests.unit.sandbox.graph.conftest import SentCallout
    from tests.unit.sandbox.graph.lifecycle_workflows.conftest import Workflows

APP = "12345678-1234-4234-8234-123456789abc"
ADA = seed.USERS[0]


def statuses(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(task["name"], task["status"]) for task in told["tasks"]]


def answering(lifecycle: Workflows, status: str = "Completed") -> None:
    lifecycle.graph.logic_apps.call_back = lambda callout: lifecycle.resume(callout.payload, status)


def test_built_in_tasks_complete_in_their_order_and_disabled_ones_are_left_out(lifecycle: Workflows) -> None:
    told = lifecycle.graph.entitlement.activate(MOVER, "ada.lovelace")
    assert statuses(told) == [
        ("Leave the old department's group", "completed"),
        ("Tell the manager", "completed"),
        ("Order a new badge", "disabled"),
    ]
    assert (told["status"], told["version"], told["workflow"]["name"]) == ("completed", 1, MOVER)
    assert told["user"]["id"] == ADA.object_id
    assert lifecycle.graph.logic_apps.sent == []


def test_the_payload_has_the_names_that_logic_apps_read(lifecycle: Workflows) -> None:
    workflow = lifecycle.insert(lifecycle.extension()["id"])
    answering(lifecycle)
    told = lifecycle.graph.entitlement.activate(JOINER_ID, ADA.object_id)
    (callout,) = lifecycle.graph.logic_apps.sent
    task = told["tasks"][-1]
    data = callout.payload["data"]
    assert data["callbackUriPath"] == (
        f"/identityGovernance/lifecycleWorkflows/workflows/{JOINER_ID}/tasks/{task['task']}"
        f"/taskProcessingResults/{task['instance']}/resume"
    )
    assert data["subject"] == {
        "id": ADA.object_id,
        "displayName": ADA.name,
        "email": "ada.lovelace@lab.example",
        "userPrincipalName": "ada.lovelace@lab.example",
        "manager": None,
    }
    assert data["task"] == {"id": workflow["tasks"][-1]["id"], "displayName": "Lockstep"}
    assert data["taskProcessingResult"]["id"] == task["instance"]
    assert data["workflow"] == {"id": JOINER_ID, "displayName": JOINER, "workflowVersion": 2}
    assert {"source", "type"} <= callout.payload.keys()
    assert (task["status"], task["run"], told["status"]) == ("completed", "run-1", "completed")


def test_the_token_is_that_of_lifecycle_workflows(lifecycle: Workflows) -> None:
    lifecycle.insert(lifecycle.extension()["id"])
    answering(lifecycle)
    lifecycle.graph.entitlement.activate(JOINER, "ada.lovelace")
    claims = lifecycle.graph.authority.pop_claims(lifecycle.graph.logic_apps.sent[0].headers["Authorization"])
    assert claims is not None
    assert (claims["appid"], claims["aud"], claims["m"]) == (seed.LIFECYCLE_APP_ID, ARM, "POST")
    assert claims["p"].endswith("/workflows/lockstep-test-engineering")


def test_an_extension_with_bearer_tokens_gets_one(lifecycle: Workflows) -> None:
    kind = "#microsoft.graph.azureAdTokenAuthentication"
    made = lifecycle.extension(authenticationConfiguration={"@odata.type": kind, "resourceId": APP})
    lifecycle.insert(made["id"])
    answering(lifecycle)
    lifecycle.graph.entitlement.activate(JOINER, "ada.lovelace")
    scheme, _, token = lifecycle.graph.logic_apps.sent[0].headers["Authorization"].partition(" ")
    claims = lifecycle.graph.authority.claims(token)
    assert claims is not None
    assert (scheme, claims["aud"], claims["appid"]) == ("Bearer", APP, seed.LIFECYCLE_APP_ID)


def test_a_reported_failure_ends_the_run_and_tells_why(lifecycle: Workflows) -> None:
    lifecycle.insert(lifecycle.extension()["id"], position=1)
    answering(lifecycle, "Failed")
    told = lifecycle.graph.entitlement.activate(JOINER, "ada.lovelace")
    assert statuses(told)[1:] == [
        ("Lockstep", "failed"),
        ("Welcome mail", "unprocessed"),
        ("Add to the all-hands group", "unprocessed"),
    ]
    assert (told["status"], told["tasks"][1]["failure"]) == (
        "failed",
        "The custom task extension reported that it failed.",
    )
    (row,) = lifecycle.graph.all(f"{LCW}/workflows/{JOINER_ID}/userProcessingResults?$expand=subject")
    assert (row["failedTasksCount"], row["totalUnprocessedTasksCount"], row["totalTasksCount"]) == (1, 2, 4)
    assert row["subject"]["id"] == ADA.object_id


def test_a_task_that_may_fail_lets_the_others_go_on(lifecycle: Workflows) -> None:
    lifecycle.insert(lifecycle.extension()["id"], position=1, continueOnError=True)
    answering(lifecycle, "failed")
    told = lifecycle.graph.entitlement.activate(JOINER, "ada.lovelace")
    assert [status for _, status in statuses(told)] == ["completed", "failed", "completed", "completed"]
    assert told["status"] == "completedWithErrors"


def test_without_a_callback_the_time_runs_out(lifecycle: Workflows) -> None:
    kind = "#microsoft.graph.identityGovernance.customTaskExtensionCallbackConfiguration"
    made = lifecycle.extension(callbackConfiguration={"@odata.type": kind, "timeoutDuration": "PT5M"})
    lifecycle.insert(made["id"])
    told = lifecycle.graph.entitlement.activate(JOINER, "ada.lovelace")
    assert (told["status"], told["tasks"][-1]["failure"]) == (
        "failed",
        "The custom task extension did not call back in time.",
    )


@pytest.mark.parametrize("status", [401, 503])
def test_a_logic_app_that_refuses_fails_the_task(lifecycle: Workflows, status: int) -> None:
    lifecycle.insert(lifecycle.extension()["id"])
    lifecycle.graph.logic_apps.answer = lambda _: HttpReply(status, {}, b"no")
    told = lifecycle.graph.entitlement.activate(JOINER, "ada.lovelace")
    assert (told["status"], told["tasks"][-1]["failure"]) == ("failed", f"the Logic App answered {status}: no")


def test_a_callback_counts_also_when_the_callout_itself_is_then_refused(lifecycle: Workflows) -> None:
    lifecycle.insert(lifecycle.extension()["id"])
    answering(lifecycle)
    lifecycle.graph.logic_apps.answer = lambda _: HttpReply(401, {}, b"no")
    told = lifecycle.graph.entitlement.activate(JOINER, "ada.lovelace")
    assert told["tasks"][-1]["status"] == "completed"


def test_a_restored_workflow_may_run_an_extension_that_is_gone(lifecycle: Workflows) -> None:
    graph, key = lifecycle.graph, lifecycle.extension()["id"]
    lifecycle.insert(key)
    assert graph.send("DELETE", f"{LCW}/workflows/{JOINER_ID}").status == 204
    assert graph.send("DELETE", f"{LCW}/customTaskExtensions/{key}").status == 204
    assert graph.send("POST", f"{LCW}/deletedItems/workflows/{JOINER_ID}/restore").status == 200
    told = graph.entitlement.activate(JOINER, "ada.lovelace")
    assert told["tasks"][-1]["failure"] == "The custom task extension does not exist any more."


def test_an_extension_that_launches_and_continues_gets_no_path_to_call_back(lifecycle: Workflows) -> None:
    lifecycle.insert(lifecycle.extension(callbackConfiguration="absent")["id"])
    told = lifecycle.graph.entitlement.activate(JOINER, "ada.lovelace")
    assert "callbackUriPath" not in lifecycle.graph.logic_apps.sent[0].payload["data"]
    assert told["status"] == "completed"


def test_a_run_goes_on_with_the_version_it_began_with(lifecycle: Workflows) -> None:
    extension = lifecycle.extension()["id"]
    lifecycle.insert(extension)

    def replaced(callout: SentCallout) -> None:
        lifecycle.insert(extension, position=0)
        lifecycle.resume(callout.payload)

    lifecycle.graph.logic_apps.call_back = replaced
    told = lifecycle.graph.entitlement.activate(JOINER, "ada.lovelace")
    assert (told["version"], told["status"], lifecycle.get()["version"]) == (2, "completed", 3)


def test_results_of_a_task_are_read_from_graph(lifecycle: Workflows) -> None:
    lifecycle.insert(lifecycle.extension()["id"])
    answering(lifecycle, "Failed")
    told = lifecycle.graph.entitlement.activate(JOINER, "ada.lovelace")
    task = told["tasks"][-1]
    url = f"{LCW}/workflows/{JOINER_ID}/tasks/{task['task']}"
    (row,) = lifecycle.graph.all(f"{url}/taskProcessingResults?$filter=processingStatus eq 'failed'&$expand=subject")
    assert (row["id"], row["subject"]["id"], row["failureReason"]) == (
        task["instance"],
        ADA.object_id,
        task["failure"],
    )
    assert lifecycle.graph.get(f"{url}/taskProcessingResults/{row['id']}")["processingStatus"] == "failed"
    assert lifecycle.graph.send("GET", f"{url}/taskProcessingResults/x").status == 404
    assert lifecycle.graph.get(url)["displayName"] == "Lockstep"
    assert len(lifecycle.graph.all(f"{LCW}/workflows/{JOINER_ID}/tasks")) == 4
    assert lifecycle.graph.send("GET", f"{LCW}/workflows/{JOINER_ID}/tasks/x").status == 404


def test_activation_over_graph_runs_for_every_subject(lifecycle: Workflows) -> None:
    lifecycle.insert(lifecycle.extension()["id"])
    called = threading.Semaphore(0)

    def call_back(callout: SentCallout) -> None:
        lifecycle.resume(callout.payload)
        called.release()

    lifecycle.graph.logic_apps.call_back = call_back
    subjects = [{"id": user.object_id} for user in seed.USERS[:2]]
    for name in ("activate", "microsoft.graph.identityGovernance.activate"):
        answer = lifecycle.graph.send("POST", f"{LCW}/workflows/{JOINER_ID}/{name}", {"subjects": subjects})
        assert (answer.status, answer.body) == (204, None)
    assert all(called.acquire(timeout=5) for _ in range(4))
    assert len(lifecycle.graph.entitlement.activations()) == 4


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"subjects": []},
        {"subjects": [{"id": str(number)} for number in range(11)]},
        {"subjects": [{"id": "1"}, {"id": "1"}]},
        {"subjects": ["1"]},
        {"subjects": [{"id": ADA.object_id}], "scope": {}},
    ],
)
def test_a_bad_activation_is_refused(lifecycle: Workflows, body: Any) -> None:
    assert lifecycle.graph.send("POST", f"{LCW}/workflows/{JOINER_ID}/activate", body).status == 400
    assert lifecycle.graph.entitlement.activations() == []


def test_who_or_what_is_unknown_or_disabled_is_refused(lifecycle: Workflows) -> None:
    entitlement, url = lifecycle.graph.entitlement, f"{LCW}/workflows/{JOINER_ID}"
    with pytest.raises(Refusal, match=r"no workflow 'Onboard'.*'Onboard new hire', 'Change of department'"):
        entitlement.activate("Onboard", "ada.lovelace")
    with pytest.raises(Refusal, match="no user 'ada'"):
        entitlement.activate(JOINER, "ada")
    assert lifecycle.graph.send("POST", f"{url}/activate", {"subjects": [{"id": "x"}]}).status == 404
    assert lifecycle.graph.send("PATCH", url, {"isEnabled": False}).status == 204
    with pytest.raises(Refusal, match="is disabled"):
        entitlement.activate(JOINER, "ada.lovelace")


def test_a_reset_ends_a_run_that_waits(lifecycle: Workflows) -> None:
    lifecycle.insert(lifecycle.extension()["id"])
    lifecycle.graph.logic_apps.call_back = lambda _: threading.Timer(0.05, lifecycle.graph.entitlement.reset).start()
    with pytest.raises(Refusal, match="was not found"):
        lifecycle.graph.entitlement.activate(JOINER, "ada.lovelace")
    assert lifecycle.graph.entitlement.workflows()[0] == JOINER


def test_a_run_over_graph_that_a_reset_ends_is_no_failure(lifecycle: Workflows) -> None:
    lifecycle.insert(lifecycle.extension()["id"])
    lifecycle.graph.logic_apps.call_back = lambda _: lifecycle.graph.entitlement.reset()
    body = {"subjects": [{"id": ADA.object_id}]}
    assert lifecycle.graph.send("POST", f"{LCW}/workflows/{JOINER_ID}/activate", body).status == 204
    for thread in threading.enumerate():
        if thread.name.startswith("activation-"):
            thread.join(5)
    assert lifecycle.graph.entitlement.activations() == []
