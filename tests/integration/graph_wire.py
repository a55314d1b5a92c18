"""The emulated Graph on a socket, the real SDK pointed at it, and a small Logic App at the other end of callouts."""

from __future__ import annotations

import asyncio
import json
import queue
import ssl
import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import httpx
from azure.identity import ClientSecretCredential
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory  # type: ignore[import-untyped]

from provision.sandbox import seed
from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.clock import Clock
from provision.sandbox.dispatch import Dispatcher
from provision.sandbox.faults import Faults
from provision.sandbox.graph.answers import error
from provision.sandbox.graph.entitlement import Entitlement
from provision.sandbox.graph.permissions import ASSIGNMENT_MANAGER
from provision.sandbox.journal import Journal
from provision.sandbox.login import Login
from provision.sandbox.outside import Outside
from provision.sandbox.principals import Principals
from provision.sandbox.server import Server
from provision.sandbox.service import Answer, Call, Refusal, Route
from provision.sandbox.tokens import GRAPH, TokenAuthority

EM = "/identityGovernance/entitlementManagement"
FINANCE, ENGINEERING = seed.CATALOGS[0], seed.CATALOGS[1]
ENGINEER = ENGINEERING.packages[0]
ADA = seed.USERS[0]
DOOR = "/workflows/1/triggers/manual/paths/invoke"
EXTENSION = "#microsoft.graph.accessPackageAssignmentRequestWorkflowExtension"
Json = Any
Result = TypeVar("Result")


class Sids:
    def sid_of(self, account: str) -> str | None:
        return f"{seed.DOMAIN_SID}-1100" if account == ADA.account else None


class LogicApp:
    """A Logic App that checks the token, answers at once, and calls back from a thread as its identity."""

    def __init__(self, authority: TokenAuthority, principals: Principals, outside: Outside) -> None:
        self._authority = authority
        self._outside = outside
        self.identity = principals.add("a Logic App")
        self.callbacks: queue.Queue[int] = queue.Queue()
        self.operation = "Completed"
        """What a task of Lifecycle Workflows is told."""

    def routes(self) -> Sequence[Route]:
        return (Route("POST", DOOR, self._invoke),)

    def refuse(self, refusal: Refusal) -> Answer:
        return error(refusal)

    def _invoke(self, call: Call) -> Answer:
        claims = self._authority.pop_claims(call.headers.get("authorization", ""))
        if claims is None or not claims["p"].endswith("/workflows/la-engineering"):
            raise Refusal(401, "AuthorizationFailed", "No valid proof of possession.")
        payload = call.json()
        if payload.get("CallbackUriPath"):
            threading.Thread(target=self._call_back, args=(call.base, payload)).start()
        if payload.get("data"):
            threading.Thread(target=self._end_task, args=(call.base, payload["data"])).start()
        return Answer(202, None, {"x-ms-workflow-run-id": "08585"})

    def _call_back(self, base: str, payload: Json) -> None:
        stage = payload["Stage"]
        body = {
            "source": "Lockstep",
            "type": f"microsoft.graph.accessPackageCustomExtensionStage.{stage}",
            "data": {
                "@odata.type": "microsoft.graph.accessPackageAssignmentRequestCallbackData",
                "stage": stage,
                "customExtensionStageInstanceId": payload["CustomExtensionStageInstanceId"],
                "customExtensionStageInstanceDetail": "added to Eng_Repo",
            },
        }
        self._post(f"{base}/v1.0{EM}/assignmentRequests/{payload['AccessPackageAssignmentRequestId']}/resume", body)

    def _end_task(self, base: str, data: Json) -> None:
        body = {"data": {"operationStatus": self.operation}, "source": "Lockstep", "type": "lifecycleEvent"}
        self._post(f"{base}/v1.0{data['callbackUriPath']}", body)

    def _post(self, url: str, body: Json) -> None:
        token = self._authority.issue(self.identity, GRAPH)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.callbacks.put(self._outside.send("POST", url, headers, json.dumps(body).encode()).status)


ROLES = (
    "AppRoleAssignment.ReadWrite.All",
    "Application.Read.All",
    "EntitlementManagement.ReadWrite.All",
    "LifecycleWorkflows.ReadWrite.All",
    "User.Read.All",
)


class Tenant:
    """A running server, and the SDK pointed at it."""

    def __init__(self, folder: Path) -> None:
        certificates = CertificateAuthority(folder)
        authority, principals, outside = (
            TokenAuthority(seed.TENANT),
            Principals(),
            Outside(certificates.client_context()),
        )
        self.entitlement = Entitlement(authority, principals, Clock(60), outside, Sids())
        self.entitlement.seed()
        principals.add("deployer", "application", ROLES, seed.DEPLOYER_OBJECT_ID, seed.DEPLOYER_APP_ID)
        self.logic_app, self.faults = LogicApp(authority, principals, outside), Faults()
        login = Login(authority, principals, {seed.DEPLOYER_APP_ID: "a secret of the test"})
        self._dispatcher = Dispatcher([login, self.entitlement, self.logic_app], self.faults, Journal())
        self.exchanges: list[dict[str, Any]] = []
        self.server = Server(self._respond, certificates.server_context())
        self.ca_file = str(certificates.ca_file)

    def run(self, story: Callable[[GraphServiceClient], Awaitable[Result]]) -> Result:
        """Run calls of one client on an event loop of their own."""

        async def told() -> Result:
            trust = ssl.create_default_context(cafile=self.ca_file)
            # The SDK wraps the client's transport and forgets to close it.
            async with httpx.AsyncHTTPTransport(verify=trust) as transport:
                http = httpx.AsyncClient(transport=transport)
                GraphClientFactory.create_with_default_middleware(client=http)
                credential = ClientSecretCredential(
                    seed.TENANT,
                    seed.DEPLOYER_APP_ID,
                    "a secret of the test",
                    authority=self.server.url,
                    disable_instance_discovery=True,
                    connection_verify=self.ca_file,
                )
                scopes = [f"{GRAPH}/.default"]
                provider = AzureIdentityAuthenticationProvider(credential, scopes=scopes, allowed_hosts=["127.0.0.1"])
                adapter = GraphRequestAdapter(provider, client=http)
                adapter.base_url = f"{self.server.url}/v1.0"
                try:
                    return await story(GraphServiceClient(request_adapter=adapter))
                finally:
                    credential.close()

        return asyncio.run(told())

    def _respond(self, call: Call) -> Answer | None:
        answer = self._dispatcher.answer(call)
        if answer is not None and call.path.startswith("/v1.0/"):
            query = "&".join(f"{name}={value}" for name, value in call.query.items())
            self.exchanges.append(
                {
                    "method": call.method,
                    "url": f"{call.base}{call.path}" + (f"?{query}" if query else ""),
                    "req_headers": dict(call.headers),
                    "req_body": json.loads(call.body) if call.body else None,
                    "status": answer.status,
                    "resp_headers": {"Content-Type": "application/json", **answer.headers},
                    "resp_body": answer.body,
                }
            )
        return answer


async def raw(client: GraphServiceClient, method: Method, path: str, body: Json = None) -> Json:
    """One call with a JSON body as it is, with the SDK's token, middleware and errors."""
    request = RequestInformation(method, "{+baseurl}", {})
    request.url = f"{client.request_adapter.base_url}{path}"
    if body is not None:
        request.set_stream_content(json.dumps(body).encode(), "application/json")
    answer: bytes | None = await client.request_adapter.send_primitive_async(request, "bytes", {"XXX": ODataError})
    return json.loads(answer) if answer else None


def extension_body(base: str) -> Json:
    return {
        "@odata.type": EXTENSION,
        "displayName": "Lockstep test: Engineering",
        "description": "[lockstep:test]",
        "endpointConfiguration": {
            "@odata.type": "#microsoft.graph.logicAppTriggerEndpointConfiguration",
            "subscriptionId": seed.SUBSCRIPTION,
            "resourceGroupName": seed.RESOURCE_GROUP,
            "logicAppWorkflowName": "la-engineering",
            "url": f"{base}{DOOR}?api-version=2016-10-01",
        },
        "authenticationConfiguration": {"@odata.type": "#microsoft.graph.azureAdPopTokenAuthentication"},
        "callbackConfiguration": {
            "@odata.type": "#microsoft.graph.customExtensionCallbackConfiguration",
            "timeoutDuration": "PT15M",
        },
    }


async def provisioned(client: GraphServiceClient, tenant: Tenant) -> str:
    """Register the Logic App, give its identity the catalog role, bind it to both stages; the extension's id."""
    extensions = f"{EM}/catalogs/{ENGINEERING.catalog_id}/customWorkflowExtensions"
    made = await raw(client, Method.POST, extensions, extension_body(tenant.server.url))
    await raw(client, Method.PUT, f"{extensions}/{made['id']}", {"@odata.type": EXTENSION, "description": "new"})
    role = {
        "principalId": tenant.logic_app.identity.object_id,
        "roleDefinitionId": ASSIGNMENT_MANAGER,
        "appScopeId": f"/AccessPackageCatalog/{ENGINEERING.catalog_id}",
    }
    await raw(client, Method.POST, "/roleManagement/entitlementManagement/roleAssignments", role)
    policy = f"{EM}/assignmentPolicies/{ENGINEER.policy_id}"
    expand = "$expand=accessPackage,questions,customExtensionStageSettings($expand=customExtension)"
    whole = await raw(client, Method.GET, f"{policy}?{expand}")
    for name in ("@odata.context", "createdDateTime", "modifiedDateTime"):
        del whole[name]
    whole["accessPackage"] = {"id": whole["accessPackage"]["id"]}
    for stage in ("assignmentRequestGranted", "assignmentRequestRemoved"):
        bound = {"@odata.type": EXTENSION, "id": made["id"]}
        whole["customExtensionStageSettings"].append({"stage": stage, "customExtension": bound})
    await raw(client, Method.PUT, policy, whole)
    return str(made["id"])
