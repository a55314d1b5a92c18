"""The Logic App's definition, rendered and then really run: by the sandbox's engine, against a scripted Azure."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jinja2
import pytest

from provision import workflow
from provision.sandbox.clock import Clock
from provision.sandbox.logic_app.host import LogicAppHost
from provision.sandbox.outside import HttpReply
from provision.sandbox.principals import Principals
from provision.sandbox.service import Call
from provision.sandbox.tokens import TokenAuthority
from provision.workflow import WorkflowInputs

TENANT = "11111111-1111-4111-8111-111111111111"
CATALOG = "33333333-3333-4333-8333-333333333301"
INSTANCE = "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE"
REQUEST = "12121212-3434-4545-8656-787878787878"
USER = "66666666-6666-4666-8666-666666666601"
RESOURCE_ID = (
    "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/rg/providers/Microsoft.Logic/workflows/la"
)
ENTITLEMENT = "810dcf14-1858-4bf2-8134-4c369fa3235b"

INPUTS = WorkflowInputs(
    environment="sandbox",
    catalog=CATALOG,
    subscription="22222222-2222-4222-8222-222222222222",
    resource_group="rg-identity",
    automation_account="aa-identity",
    runbook="lockstep",
    worker_group="onprem-workers",
    settings="lockstep-sandbox-settings",
    on_failure="hold",
    on_pending="fail",
    poll_interval=timedelta(seconds=15),
    poll_count=60,
    poll_deadline=timedelta(minutes=12),
    arm="https://management.azure.com",
    arm_audience="https://management.azure.com/",
    graph="https://graph.microsoft.com",
    graph_audience="https://graph.microsoft.com",
)

PAYLOAD: Mapping[str, Any] = {
    "AccessPackageAssignmentRequestId": REQUEST,
    "CallbackUriPath": f"/identityGovernance/entitlementManagement/accessPackageAssignmentRequests/{REQUEST}/resume",
    "CustomExtensionStageInstanceId": INSTANCE,
    "Stage": "AssignmentRequestGranted",
    "RequestType": "adminAdd",
    "Answers": [],
    "AccessPackage": {"Id": "77777777-7777-4777-8777-777777777701", "DisplayName": "Finance analyst"},
    "AccessPackageCatalog": {"Id": CATALOG, "DisplayName": "Finance"},
    "Assignment": {"Id": "abababab-1111-4111-8111-111111111111", "Target": {"ObjectId": USER, "DisplayName": "Ada"}},
    "Requestor": None,
}


def result_line(outcome: str, detail: str) -> str:
    return f"starting\r\nLOCKSTEP-RESULT {json.dumps({'version': 1, 'outcome': outcome, 'detail': detail})}\r\n"


class VirtualClock(Clock):
    """Time that passes by waiting only."""

    def __init__(self) -> None:
        super().__init__(1)
        self.present = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.present

    def sleep(self, seconds: float) -> None:
        self.present += timedelta(seconds=seconds)


@dataclass
class Exchange:
    method: str
    url: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class ScriptedAzure:
    """Answers as it is told: each list is used up to its last entry, which repeats; 0 stands for a dead connection."""

    create: list[int] = field(default_factory=lambda: [201])
    statuses: list[str] = field(default_factory=lambda: ["Running", "Completed"])
    output: str = field(default_factory=lambda: result_line("done", "added to Group_A"))
    output_status: int = 200
    resume: list[int] = field(default_factory=lambda: [204])
    beta: list[int] = field(default_factory=lambda: [204])
    exchanges: list[Exchange] = field(default_factory=list)
    created: bool = False
    gone_after: int = 1000

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None, timeout: float = 30
    ) -> HttpReply:
        assert timeout > 0
        self.exchanges.append(Exchange(method, url, headers, json.loads(body) if body else None))
        path = urlsplit(url).path
        if "/jobs/" not in path:
            return self._reply(self._next(self.beta if path.startswith("/beta/") else self.resume), {})
        if method == "PUT":
            return self._create()
        if path.endswith("/output") and self.created:
            return HttpReply(self.output_status, {"content-type": "text/plain"}, self.output.encode())
        self.gone_after -= 1
        if not self.created or self.gone_after < 0:
            return self._reply(404, {"error": {"code": "NotFound"}})
        return self._reply(200, {"properties": {"status": self._next(self.statuses)}})

    def _create(self) -> HttpReply:
        status = self._next(self.create)
        self.created = self.created or 200 <= status < 300
        return self._reply(status, {"properties": {"status": "New"}})

    @staticmethod
    def _next(script: list[Any]) -> Any:
        return script.pop(0) if len(script) > 1 else script[0]

    @staticmethod
    def _reply(status: int, body: Any) -> HttpReply:
        if status == 0:
            raise OSError("connection reset")
        return HttpReply(
            status, {"content-type": "application/json"}, b"" if status == 204 else json.dumps(body).encode()
        )

    def sent(self, method: str, part: str) -> list[Exchange]:
        return [exchange for exchange in self.exchanges if exchange.method == method and part in exchange.url]


@dataclass
class Ended:
    """A finished run and what it said to Azure."""

    azure: ScriptedAzure
    run: dict[str, Any]
    host: LogicAppHost
    authority: TokenAuthority

    @property
    def status(self) -> str:
        return str(self.run["properties"]["status"])

    @property
    def callback(self) -> Exchange:
        (only,) = self.azure.sent("POST", "/resume")
        return only

    @property
    def detail(self) -> str:
        return str(self.callback.body["data"]["customExtensionStageInstanceDetail"])

    @property
    def envelope(self) -> dict[str, Any]:
        text = self.azure.sent("PUT", "/jobs/")[0].body["properties"]["parameters"]["envelope"]
        assert text.startswith("b64.")
        decoded: dict[str, Any] = json.loads(base64.b64decode(text[4:]))
        return decoded

    def action(self, name: str) -> dict[str, Any]:
        (found,) = (one for one in self.host.run_actions(RESOURCE_ID, self.run["name"]) if one["name"] == name)
        properties: dict[str, Any] = found["properties"]
        return properties


def resource(inputs: WorkflowInputs, principal_id: str) -> dict[str, Any]:
    claims = {
        "iss": f"https://sts.windows.net/{TENANT}/",
        "aud": "https://management.azure.com",
        "appid": ENTITLEMENT,
        "m": "POST",
        "u": "management.azure.com",
        "p": RESOURCE_ID,
    }
    policy = {"type": "AADPOP", "claims": [{"name": name, "value": value} for name, value in claims.items()]}
    return {
        "identity": {"type": "SystemAssigned", "principalId": principal_id},
        "properties": {
            "definition": workflow.definition(inputs),
            "parameters": workflow.parameters(inputs),
            "accessControl": {
                "triggers": {
                    "sasAuthenticationPolicy": {"state": "Disabled"},
                    "openAuthenticationPolicies": {"policies": {"AzureADEntitlementManagementPOPAuthPolicy": policy}},
                }
            },
        },
    }


def run(azure: ScriptedAzure, inputs: WorkflowInputs = INPUTS, **changes: Any) -> Ended:
    """Deploys the definition, sends one callout (the payload with `changes`), waits for the run to end."""
    authority, principals = TokenAuthority(TENANT), Principals()
    host = LogicAppHost(authority, principals, VirtualClock(), azure)
    host.deploy(RESOURCE_ID, resource(inputs, principals.add("la").object_id))
    path = host.trigger_path(RESOURCE_ID)
    key, trigger = path.split("/")[2], path.split("/")[4]
    token = authority.issue_pop(ENTITLEMENT, "POST", "management.azure.com", RESOURCE_ID)
    answer = host.routes()[0].handler(
        Call(
            method="POST",
            path=path,
            arguments={"key": key, "trigger": trigger},
            query={"api-version": "2016-10-01"},
            headers={"content-type": "application/json", "authorization": f"PoP {token}"},
            body=json.dumps({**PAYLOAD, **changes}).encode(),
            base="https://localhost",
        )
    )
    assert answer.status == 202
    assert host.settle(30)
    (found,) = host.runs(RESOURCE_ID)
    return Ended(azure, found, host, authority)


def test_a_finished_job_is_called_back_as_done() -> None:
    ended = run(ScriptedAzure())
    assert ended.status == "Succeeded"
    assert urlsplit(ended.callback.url).path == (
        f"/v1.0/identityGovernance/entitlementManagement/assignmentRequests/{REQUEST}/resume"
    )
    assert ended.callback.body == {
        "source": "Lockstep sandbox",
        "type": "microsoft.graph.accessPackageCustomExtensionStage.assignmentRequestGranted",
        "data": {
            "@odata.type": "microsoft.graph.accessPackageAssignmentRequestCallbackData",
            "stage": "assignmentRequestGranted",
            "customExtensionStageInstanceId": INSTANCE,
            "customExtensionStageInstanceDetail": "added to Group_A",
        },
    }


def test_the_job_has_the_id_of_the_stage_instance_and_one_parameter() -> None:
    ended = run(ScriptedAzure())
    (created,) = ended.azure.sent("PUT", "/jobs/")
    account = "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/rg-identity/providers"
    assert urlsplit(created.url).path == (
        f"{account}/Microsoft.Automation/automationAccounts/aa-identity/jobs/{INSTANCE.lower()}"
    )
    assert parse_qs(urlsplit(created.url).query) == {"api-version": ["2023-11-01"]}
    properties = created.body["properties"]
    assert (properties["runbook"], properties["runOn"]) == ({"name": "lockstep"}, "onprem-workers")
    assert list(properties["parameters"]) == ["envelope"]


def test_the_envelope_says_who_what_and_until_when() -> None:
    assert run(ScriptedAzure()).envelope == {
        "version": 1,
        "source": "entitlement",
        "environment": "sandbox",
        "job": INSTANCE.lower(),
        "user": USER,
        "stage": "assignmentRequestGranted",
        "request_type": "adminAdd",
        "request": REQUEST,
        "stage_instance": INSTANCE,
        "access_package": "77777777-7777-4777-8777-777777777701",
        "assignment": "abababab-1111-4111-8111-111111111111",
        "catalog": CATALOG,
        "deadline": "2026-01-01T00:12:00Z",
        "arm": "https://management.azure.com",
        "arm_audience": "https://management.azure.com/",
        "automation_account": "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/rg-identity/providers"
        "/Microsoft.Automation/automationAccounts/aa-identity",
        "settings": "lockstep-sandbox-settings",
    }


def test_each_service_gets_a_token_of_its_own_audience() -> None:
    ended = run(ScriptedAzure())
    audiences = {
        urlsplit(exchange.url).hostname: (ended.authority.claims(exchange.headers["Authorization"][7:]) or {}).get(
            "aud"
        )
        for exchange in ended.azure.exchanges
    }
    assert audiences == {
        "management.azure.com": "https://management.azure.com/",
        "graph.microsoft.com": "https://graph.microsoft.com",
    }


def test_nothing_to_do_is_a_success() -> None:
    ended = run(ScriptedAzure(output=result_line("nothing_to_do", "already in Group_A")))
    assert (ended.status, ended.detail) == ("Succeeded", "already in Group_A")


@pytest.mark.parametrize(
    ("stage", "request_type"),
    [
        ("assignmentRequestRemoved", "adminRemove"),
        ("AssignmentRemoved", "systemExpire"),
        ("ASSIGNMENTREQUESTREMOVED", None),
    ],
)
def test_every_spelling_of_removal_becomes_the_value_of_the_enumeration(stage: str, request_type: str | None) -> None:
    ended = run(ScriptedAzure(), Stage=stage, RequestType=request_type)
    assert ended.status == "Succeeded"
    assert ended.envelope["stage"] == "assignmentRequestRemoved"
    assert ended.callback.body["type"].endswith(".assignmentRequestRemoved")
    assert ended.callback.body["data"]["stage"] == "assignmentRequestRemoved"


@pytest.mark.parametrize(
    "changes",
    [
        {"Stage": "CustomExtensionConnectionTest"},
        {"Stage": "CustomExtensionConnectionTest", "AccessPackageCatalog": None, "Assignment": None},
        {"AccessPackageCatalog": {"Id": "33333333-3333-4333-8333-333333333302"}},
        {"AccessPackageCatalog": None},
        {"Stage": "assignmentRequestCreated"},
        {"Stage": "assignmentFourteenDaysBeforeExpiration"},
        {"Stage": None},
    ],
    ids=["connection test", "bare connection test", "other catalog", "no catalog", "created", "expiring", "no stage"],
)
def test_what_is_no_callout_for_us_ends_green_and_calls_nobody(changes: dict[str, Any]) -> None:
    ended = run(ScriptedAzure(), **changes)
    assert ended.status == "Succeeded"
    assert ended.azure.exchanges == []


@pytest.mark.parametrize(
    ("stage", "request_type"),
    [
        ("assignmentRequestRemoved", "adminAdd"),
        ("assignmentRequestGranted", "userRemove"),
        ("AssignmentRemoved", "new"),
    ],
)
def test_a_stage_that_contradicts_the_request_starts_no_job(stage: str, request_type: str) -> None:
    ended = run(ScriptedAzure(), Stage=stage, RequestType=request_type)
    assert ended.status == "Failed"
    assert ended.azure.exchanges == []
    assert "contradict" in ended.run["properties"]["error"]["message"]


@pytest.mark.parametrize("instance", ["not-a-guid", None, "", "aaaaaaaabbbb4ccc8dddeeeeeeeeeeee"])
def test_a_stage_instance_that_is_no_guid_gives_the_job_a_new_id(instance: str | None) -> None:
    ended = run(ScriptedAzure(), CustomExtensionStageInstanceId=instance)
    job = urlsplit(ended.azure.sent("PUT", "/jobs/")[0].url).path.rsplit("/", 1)[1]
    assert len(job) == 36
    assert job != instance
    assert ended.envelope["job"] == job
    assert len({urlsplit(exchange.url).path.split("/")[10] for exchange in ended.azure.exchanges[:-1]}) == 1


FAILURES = [
    pytest.param(
        {"statuses": ["Failed"], "output": result_line("refused", "Group_X is protected")},
        "Not done: Group_X is protected",
        id="refused by the runbook",
    ),
    pytest.param({"statuses": ["Failed"], "output": ""}, "Not done: the job ended as Failed", id="failed and silent"),
    pytest.param(
        {"statuses": ["Running", "Suspended"], "output": ""}, "Not done: the job ended as Suspended", id="suspended"
    ),
    pytest.param(
        {"statuses": ["Stopped"], "output": result_line("done", "added")},
        "Not done: the job ended as Stopped",
        id="stopped",
    ),
    pytest.param(
        {"output": result_line("partial", "added to A, not to B")},
        "Not done: added to A, not to B",
        id="completed but partial",
    ),
    pytest.param(
        {"output": result_line("partial", "")}, "Not done: the runbook reports partial", id="partial, no detail"
    ),
    pytest.param({"output": ""}, "Not done: the job ended without a result line", id="no output"),
    pytest.param({"output_status": 404}, "Not done: the job ended without a result line", id="output not found"),
    pytest.param(
        {"output": "LOCKSTEP-RESULT {broken"}, "Not done: the job ended without a result line", id="malformed result"
    ),
    pytest.param(
        {"output": 'LOCKSTEP-RESULT ["done"]'},
        "Not done: the job ended without a result line",
        id="a result that is no object",
    ),
    pytest.param(
        {"output": 'LOCKSTEP-RESULT {"outcome": {"done": 1}, "detail": ["x"]}'},
        'Not done: ["x"]',
        id="a result of other types",
    ),
    pytest.param(
        {"output": 'LOCKSTEP-RESULT {"outcome": "done"} LOCKSTEP-RESULT 5'},
        "Not done: the job ended without a result line",
        id="a last result that is a number",
    ),
    pytest.param({"create": [400]}, "Not done: the job could not be started (answer 400)", id="create refused"),
    pytest.param({"create": [404]}, "Not done: the job could not be started (answer 404)", id="create not found"),
    pytest.param({"statuses": ["Running"], "gone_after": 1, "output": ""}, "Not done: the job is gone", id="gone"),
    pytest.param({"gone_after": 0, "output": ""}, "Not done: the job is gone", id="gone at once"),
    pytest.param({"create": [403]}, "Not done: the job could not be started (answer 403)", id="never a role"),
    pytest.param({"create": [0]}, "Not done: the job could not be started (answer none)", id="nobody answers"),
    pytest.param(
        {"statuses": ["Running"]}, "Not done: the job did not end in time (last seen: Running)", id="never ends"
    ),
    pytest.param(
        {"statuses": ["Blocked", "Disconnected"], "output": ""},
        "Not done: the job did not end in time (last seen: Disconnected)",
        id="blocked to the end",
    ),
]


@pytest.mark.parametrize(("script", "_reason"), FAILURES)
def test_a_failure_on_hold_fails_the_run_and_calls_nobody_back(script: dict[str, Any], _reason: str) -> None:
    ended = run(ScriptedAzure(**script))
    assert ended.status == "Failed"
    assert ended.run["properties"]["error"]["code"] == "NotDone"
    assert ended.azure.sent("POST", "/resume") == []


@pytest.mark.parametrize(("script", "reason"), FAILURES)
def test_a_failure_on_resume_is_called_back_with_its_reason(script: dict[str, Any], reason: str) -> None:
    ended = run(ScriptedAzure(**script), replace(INPUTS, on_failure="resume"))
    assert ended.status == "Failed"
    assert ended.run["properties"]["error"]["code"] == "NotDone"
    assert ended.detail == reason


PENDING: dict[str, Any] = {
    "statuses": ["Failed"],
    "output": result_line("pending", "Ada is not in AD yet; the next sweep picks it up"),
}


@pytest.mark.parametrize("on_failure", ["hold", "resume"])
def test_who_is_left_to_the_next_sweep_is_called_back_as_pending_and_the_run_ends_well(on_failure: Any) -> None:
    ended = run(ScriptedAzure(**PENDING), replace(INPUTS, on_failure=on_failure, on_pending="sweep"))

    assert ended.status == "Succeeded"
    assert ended.detail == "Pending: Ada is not in AD yet; the next sweep picks it up"


def test_who_is_not_in_ad_and_whom_no_sweep_picks_up_counts_as_failed() -> None:
    held = run(ScriptedAzure(**PENDING))
    told = run(ScriptedAzure(**PENDING), replace(INPUTS, on_failure="resume"))

    assert (held.status, held.azure.sent("POST", "/resume")) == ("Failed", [])
    assert (told.status, told.detail.partition(":")[0]) == ("Failed", "Pending")
    for ended in (held, told):
        assert ended.run["properties"]["error"]["code"] == "NotDone"
        assert "outcome pending" in ended.run["properties"]["error"]["message"]


def test_a_callback_about_somebody_pending_that_fails_fails_the_run() -> None:
    ended = run(ScriptedAzure(**PENDING, resume=[500]), replace(INPUTS, on_pending="sweep"))

    assert (ended.status, ended.run["properties"]["error"]["code"]) == ("Failed", "CallbackFailed")


@pytest.mark.parametrize("script", [{"statuses": ["Stopped"]}, {"statuses": ["Completed"]}])
def test_only_a_job_that_failed_and_said_so_is_pending(script: dict[str, Any]) -> None:
    ended = run(ScriptedAzure(**{**PENDING, **script}), replace(INPUTS, on_pending="sweep"))

    assert (ended.status, ended.azure.sent("POST", "/resume")) == ("Failed", [])


def test_the_error_of_the_run_names_the_job_and_no_person() -> None:
    ended = run(ScriptedAzure(statuses=["Failed"], output=result_line("refused", "Ada is protected")))
    message = ended.run["properties"]["error"]["message"]
    assert (
        message
        == f"Job {INSTANCE.lower()}: the job ended as Failed; outcome refused; callback not sent or not answered."
    )


def test_the_error_of_the_run_repeats_the_outcome_of_a_completed_job() -> None:
    ended = run(ScriptedAzure(output=result_line("partial", "not to B")), replace(INPUTS, on_failure="resume"))
    message = ended.run["properties"]["error"]["message"]
    assert message == f"Job {INSTANCE.lower()}: the runbook reports partial; outcome partial; callback answered 204."


def test_a_role_that_arrives_late_is_waited_for() -> None:
    ended = run(ScriptedAzure(create=[403, 401, 201]))
    assert ended.status == "Succeeded"
    assert len(ended.azure.sent("PUT", "/jobs/")) == 3


@pytest.mark.parametrize("first", [429, 503, 0])
def test_creating_the_job_is_retried(first: int) -> None:
    ended = run(ScriptedAzure(create=[first, first, 201]))
    assert ended.status == "Succeeded"
    assert len(ended.azure.sent("PUT", "/jobs/")) == 3


def test_a_job_that_is_already_there_is_polled() -> None:
    azure = ScriptedAzure(create=[409])
    azure.created = True
    ended = run(azure)
    assert ended.status == "Succeeded"
    assert len(azure.sent("PUT", "/jobs/")) == 1


def test_waiting_ends_at_the_deadline() -> None:
    ended = run(ScriptedAzure(statuses=["Running"]))
    polls = [exchange for exchange in ended.azure.sent("GET", "/jobs/") if "/output" not in exchange.url]
    assert len(polls) == 48  # 12 minutes of 15 seconds


def test_waiting_ends_at_the_count() -> None:
    ended = run(ScriptedAzure(statuses=["Running"]), replace(INPUTS, poll_count=3))
    polls = [exchange for exchange in ended.azure.sent("GET", "/jobs/") if "/output" not in exchange.url]
    assert len(polls) == 3


@pytest.mark.parametrize("refusal", [400, 404])
def test_the_received_path_on_beta_is_tried_when_the_documented_one_is_refused(refusal: int) -> None:
    ended = run(ScriptedAzure(resume=[refusal]))
    first, second = ended.azure.sent("POST", "/resume")
    assert ended.status == "Succeeded"
    assert urlsplit(second.url).path == f"/beta{PAYLOAD['CallbackUriPath']}"
    assert first.body == second.body


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "https://evil.example/x",
        "/users/1",
        "/identityGovernance/../users/1",
        "/identityGovernance/%2e%2e/users",
    ],
)
def test_a_received_path_that_leads_elsewhere_is_not_called(path: str | None) -> None:
    ended = run(ScriptedAzure(resume=[404]), CallbackUriPath=path)
    assert len(ended.azure.sent("POST", "https://")) == 1
    assert ended.status == "Failed"
    assert ended.run["properties"]["error"]["code"] == "CallbackFailed"


def test_a_callback_that_meets_trouble_is_retried() -> None:
    ended = run(ScriptedAzure(resume=[503, 0, 204]))
    assert ended.status == "Succeeded"
    assert len(ended.azure.sent("POST", "/resume")) == 3


def test_a_catalog_role_that_arrives_late_is_waited_for() -> None:
    ended = run(ScriptedAzure(resume=[403, 401, 204]))
    assert ended.status == "Succeeded"
    assert len(ended.azure.sent("POST", "/resume")) == 3


def test_a_catalog_role_that_never_arrives_is_waited_for_five_minutes() -> None:
    ended = run(ScriptedAzure(resume=[403]))
    assert ended.status == "Failed"
    assert len(ended.azure.sent("POST", "/resume")) == 20  # every 15 seconds


@pytest.mark.parametrize(
    "script", [{"resume": [403]}, {"resume": [500]}, {"resume": [0]}, {"resume": [404], "beta": [404]}]
)
def test_a_callback_that_fails_fails_the_run(script: dict[str, Any]) -> None:
    ended = run(ScriptedAzure(**script))
    assert ended.status == "Failed"
    assert ended.run["properties"]["error"]["code"] == "CallbackFailed"


def test_a_long_detail_is_cut() -> None:
    assert len(run(ScriptedAzure(output=result_line("done", "x" * 900))).detail) == 400


def test_an_id_in_the_payload_cannot_leave_its_place_in_the_address() -> None:
    ended = run(ScriptedAzure(), AccessPackageAssignmentRequestId="../../users?x=@{1}#")
    assert urlsplit(ended.callback.url).path.endswith("/assignmentRequests/..%2F..%2Fusers%3Fx%3D%40%7B1%7D%23/resume")


@pytest.mark.parametrize(
    ("action", "which"),
    [
        ("Envelope", "inputs"),
        ("Envelope", "outputs"),
        ("Create_job", "inputs"),
        ("Create_job", "outputs"),
        ("Get_job", "outputs"),
        ("Get_output", "outputs"),
        ("Result", "outputs"),
        ("Detail", "outputs"),
        ("Resume", "inputs"),
    ],
)
def test_the_history_hides_personal_data(action: str, which: str) -> None:
    ended = run(ScriptedAzure(statuses=["Completed"]))
    assert ended.action(action)["status"] == "Succeeded"
    assert ended.host.contents(RESOURCE_ID, ended.run["name"], action, which) == "*sanitized*"


def test_nothing_that_the_history_shows_names_the_user() -> None:
    ended = run(ScriptedAzure(output=result_line("done", f"added {USER}")))
    names = [one["name"] for one in ended.host.run_actions(RESOURCE_ID, ended.run["name"])]
    shown = [
        ended.host.contents(RESOURCE_ID, ended.run["name"], name, which)
        for name in names
        for which in ("inputs", "outputs")
    ]
    assert USER not in json.dumps([shown, ended.run])


def test_the_run_is_tracked_by_the_stage_instance() -> None:
    assert run(ScriptedAzure()).run["properties"]["correlation"] == {"clientTrackingId": INSTANCE}


HOSTILE = "it's @{concat('a')} \"quoted\" {x} (ü) \\ %22 \n end"


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
    assert workflow.definition(hostile) == workflow.definition(INPUTS)
    ended = run(ScriptedAzure(), hostile)
    assert ended.status == "Succeeded"
    assert ended.envelope["settings"] == HOSTILE
    assert ended.azure.sent("PUT", "/jobs/")[0].body["properties"]["runOn"] == HOSTILE
    assert ended.callback.body["source"] == f"Lockstep {HOSTILE}"


def test_other_clouds_have_other_addresses_and_audiences() -> None:
    gov = replace(
        INPUTS,
        arm="https://management.usgovcloudapi.net/",
        arm_audience="https://management.usgovcloudapi.net/",
        graph="https://graph.microsoft.us",
        graph_audience="https://graph.microsoft.us",
    )
    ended = run(ScriptedAzure(), gov)
    assert {urlsplit(exchange.url).netloc for exchange in ended.azure.exchanges} == {
        "management.usgovcloudapi.net",
        "graph.microsoft.us",
    }
    assert "microsoft.com" not in json.dumps(workflow.definition(gov)["actions"])


def test_an_address_cannot_smuggle_in_an_expression() -> None:
    smuggled = replace(INPUTS, graph="https://graph.example/@{triggerBody()}")
    ended = run(ScriptedAzure(), smuggled)
    assert urlsplit(ended.callback.url).path.startswith("/@%7BtriggerBody()%7D/v1.0/")


def test_every_value_of_the_template_has_to_be_given() -> None:
    with pytest.raises(jinja2.UndefinedError, match="arm"):
        workflow._template("entitlement.json.j2").render()


def test_the_schema_of_the_trigger_forgives_absent_and_null_values() -> None:
    schema = workflow.definition(INPUTS)["triggers"]["manual"]["inputs"]["schema"]

    def check(node: Mapping[str, Any]) -> None:
        assert "required" not in node
        assert "additionalProperties" not in node
        for inner in node.get("properties", {}).values():
            assert "null" in inner["type"]
            check(inner)

    assert set(schema["properties"]) >= set(PAYLOAD)
    check(schema)
