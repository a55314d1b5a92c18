from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from provision.sandbox import seed
from provision.sandbox.clock import Clock
from provision.sandbox.dispatch import Dispatcher
from provision.sandbox.faults import Faults
from provision.sandbox.graph.entitlement import Entitlement
from provision.sandbox.graph.permissions import ASSIGNMENT_MANAGER
from provision.sandbox.journal import Journal
from provision.sandbox.outside import HttpReply
from provision.sandbox.principals import Principal, Principals
from provision.sandbox.service import Answer, Call
from provision.sandbox.tokens import GRAPH, TokenAuthority

BASE = "https://127.0.0.1:18443"
EM = "/v1.0/identityGovernance/entitlementManagement"
FINANCE, ENGINEERING = seed.CATALOGS[0], seed.CATALOGS[1]
ENGINEER = ENGINEERING.packages[0]


@dataclass
class SentCallout:
    url: str
    headers: Mapping[str, str]
    payload: dict[str, Any]
    timeout: float


@dataclass
class LogicApps:
    """What stands at the other end of callouts: keeps them, and answers and calls back as a test wants."""

    answer: Callable[[SentCallout], HttpReply] = lambda _: HttpReply(202, {"x-ms-workflow-run-id": "run-1"}, b"")
    call_back: Callable[[SentCallout], object] = lambda _: None
    sent: list[SentCallout] = field(default_factory=list)

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None, timeout: float = 30
    ) -> HttpReply:
        assert method == "POST"
        if url.startswith("https://127.0.0.1:9/"):
            raise ConnectionRefusedError("nobody listens")
        callout = SentCallout(url, headers, json.loads(body or b""), timeout)
        self.sent.append(callout)
        if callout.payload.get("CallbackUriPath") or callout.payload.get("data", {}).get("callbackUriPath"):
            self.call_back(callout)
        return self.answer(callout)

    @property
    def stages(self) -> list[str]:
        return [callout.payload["Stage"] for callout in self.sent]


class Sids:
    """A directory that knows everybody of the seed who is in AD."""

    def sid_of(self, account: str) -> str | None:
        known = [user.account for user in seed.USERS if user.in_directory]
        return f"S-1-5-21-7-8-9-{1100 + known.index(account)}" if account in known else None


def extension_body(**changes: Any) -> dict[str, Any]:
    body = {
        "@odata.type": "#microsoft.graph.accessPackageAssignmentRequestWorkflowExtension",
        "displayName": "Lockstep test: Engineering",
        "description": "[lockstep:test]",
        "endpointConfiguration": endpoint(),
        "authenticationConfiguration": {"@odata.type": "#microsoft.graph.azureAdPopTokenAuthentication"},
        "callbackConfiguration": {
            "@odata.type": "microsoft.graph.customExtensionCallbackConfiguration",
            "timeoutDuration": "PT5M",
        },
    }
    return {name: value for name, value in {**body, **changes}.items() if value != "absent"}


def endpoint(**changes: Any) -> dict[str, Any]:
    body = {
        "@odata.type": "#microsoft.graph.logicAppTriggerEndpointConfiguration",
        "subscriptionId": seed.SUBSCRIPTION,
        "resourceGroupName": "rg-identity",
        "logicAppWorkflowName": "lockstep-test-engineering",
        "url": "https://127.0.0.1:18443/workflows/1/triggers/manual/paths/invoke?api-version=2016-10-01",
    }
    return {name: value for name, value in {**body, **changes}.items() if value != "absent"}


def stage_setting(stage: str, extension: str) -> dict[str, Any]:
    kind = "#microsoft.graph.accessPackageAssignmentRequestWorkflowExtension"
    return {"stage": stage, "customExtension": {"@odata.type": kind, "id": extension}}


def resume_body(payload: Mapping[str, Any], detail: str = "done", **changes: Any) -> dict[str, Any]:
    stage = {"AssignmentRemoved": "assignmentRequestRemoved"}.get(payload["Stage"], payload["Stage"])
    data = {
        "@odata.type": "microsoft.graph.accessPackageAssignmentRequestCallbackData",
        "stage": stage,
        "customExtensionStageInstanceId": payload["CustomExtensionStageInstanceId"],
        "customExtensionStageInstanceDetail": detail,
    }
    kind = f"microsoft.graph.accessPackageCustomExtensionStage.{stage}"
    data = {**data, **changes.pop("data", {})}
    body = {"source": "Lockstep", "type": kind, "data": data, **changes}
    return {name: value for name, value in body.items() if value != "absent"}


@dataclass
class Graph:
    """Graph without sockets: calls go straight to the dispatcher, as an application with all permissions by default."""

    entitlement: Entitlement
    authority: TokenAuthority
    principals: Principals
    logic_apps: LogicApps
    dispatcher: Dispatcher
    administrator: Principal

    def send(
        self, method: str, url: str, body: Any = None, principal: Principal | None = None, token: str = ""
    ) -> Answer:
        parts = urlsplit(url)
        token = token or self.authority.issue(principal or self.administrator, GRAPH)
        headers = {"authorization": f"Bearer {token}"}
        if body is not None:
            headers["content-type"] = "application/json"
        content = b"" if body is None else json.dumps(body).encode()
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        answer = self.dispatcher.answer(Call(method, unquote(parts.path), {}, query, headers, content, BASE))
        assert answer is not None
        return answer

    def get(self, url: str) -> dict[str, Any]:
        answer = self.send("GET", url)
        assert answer.status == 200, answer.body
        return dict(answer.body)

    def all(self, url: str) -> list[dict[str, Any]]:
        """Every row of a list, page by page."""
        rows, following = [], url
        while following:
            page = self.get(following)
            rows += page["value"]
            following = page.get("@odata.nextLink", "")
        return rows

    def application(self, *roles: str) -> Principal:
        return self.principals.add("an application", "application", roles)

    def manager(self, catalog: str, role: str = ASSIGNMENT_MANAGER) -> Principal:
        """A managed identity without permissions but with a role on a catalog."""
        identity = self.principals.add("a Logic App")
        body = {
            "principalId": identity.object_id,
            "roleDefinitionId": role,
            "appScopeId": f"/AccessPackageCatalog/{catalog}",
        }
        assert self.send("POST", "/v1.0/roleManagement/entitlementManagement/roleAssignments", body).status == 201
        return identity

    def extension(self, catalog: str = ENGINEERING.catalog_id, **changes: Any) -> dict[str, Any]:
        """A new launch-and-wait extension."""
        answer = self.send("POST", f"{EM}/catalogs/{catalog}/customWorkflowExtensions", extension_body(**changes))
        assert answer.status == 201, answer.body
        return dict(answer.body)

    def bind(self, extension: str, *stages: str, policy: str = ENGINEER.policy_id) -> None:
        """Bind an extension to stages of a policy, beside what is bound already."""
        url = f"{EM}/assignmentPolicies/{policy}"
        whole = self.get(f"{url}?$expand=accessPackage,questions,customExtensionStageSettings($expand=customExtension)")
        body = {name: value for name, value in whole.items() if name != "@odata.context"}
        body["customExtensionStageSettings"] += [stage_setting(stage, extension) for stage in stages]
        answer = self.send("PUT", url, body)
        assert answer.status == 200, answer.body

    extension_body = staticmethod(extension_body)
    endpoint = staticmethod(endpoint)
    stage_setting = staticmethod(stage_setting)
    resume_body = staticmethod(resume_body)

    def resume(self, payload: Mapping[str, Any], detail: str = "added to Eng_Repo", **more: Any) -> Answer:
        """Call back for a callout as the Logic App should."""
        url = f"{EM}/assignmentRequests/{payload['AccessPackageAssignmentRequestId']}/resume"
        principal = more.pop("principal", None)
        return self.send("POST", more.pop("url", url), resume_body(payload, detail, **more), principal)


@pytest.fixture
def graph() -> Graph:
    authority, principals, logic_apps = TokenAuthority(seed.TENANT), Principals(), LogicApps()
    entitlement = Entitlement(authority, principals, Clock(6000), logic_apps, Sids())
    entitlement.seed()
    roles = (
        *("EntitlementManagement.ReadWrite.All", "Application.Read.All", "User.Read.All"),
        "LifecycleWorkflows.ReadWrite.All",
    )
    administrator = principals.add("deployer", "application", roles)
    dispatcher = Dispatcher([entitlement], Faults(), Journal())
    return Graph(entitlement, authority, principals, logic_apps, dispatcher, administrator)
