"""A callout: the request that Entitlement Management or Lifecycle Workflows sends to the Logic App of an extension.

The body of Entitlement Management, made here, has the PascalCase names that Microsoft's sample Logic Apps read. The
token is a proof-of-possession token for the Logic App's resource id, or a bearer token where the extension says so.
The Logic App must answer within the extension's `clientConfiguration` (1 s by default), and is asked once more when
it did not answer at all or with 5xx.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from provision.sandbox.graph.settings import GraphSettings
from provision.sandbox.graph.tenant import Entity
from provision.sandbox.outside import HttpReply
from provision.sandbox.principals import Principal
from provision.sandbox.seed import ENTITLEMENT_APP_ID
from provision.sandbox.tokens import TokenAuthority

CONNECTION_TEST = "CustomExtensionConnectionTest"
POP_HOST = "management.azure.com"


class Sender(Protocol):
    """What is asked of the sandbox's HTTP client."""

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None, timeout: float = 30
    ) -> HttpReply:
        """One request and its answer; OSError when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a callout went: `reply` None when nobody answered, `reason` says why it failed and is empty when it did not.

    `run` is the Logic App's run id, empty without one.
    """

    reply: HttpReply | None
    run: str
    reason: str


class Callouts:
    """Sends callouts."""

    def __init__(
        self, authority: TokenAuthority, outside: Sender, settings: GraphSettings, app_id: str = ENTITLEMENT_APP_ID
    ) -> None:
        """`app_id` is the client id of the service that calls."""
        self._app_id = app_id
        self._authority = authority
        self._outside = outside
        self._settings = settings

    def send(self, extension: Mapping[str, Any], payload: Mapping[str, Any]) -> Delivery:
        """Send `payload` to the Logic App of an extension (its JSON)."""
        endpoint = extension["endpointConfiguration"]
        client = extension.get("clientConfiguration") or {}
        milliseconds = client.get("timeoutInMilliseconds") or self._settings.callout_timeout * 1000
        retries = client.get("maximumRetries")
        attempts = 1 + (self._settings.callout_retries if retries is None else retries)
        headers = {"Authorization": self._proof(extension), "Content-Type": "application/json; charset=utf-8"}
        body = json.dumps(payload).encode()
        for _ in range(attempts):
            delivery = self._attempt(endpoint["url"], headers, body, milliseconds / 1000)
            if delivery.reply is not None and delivery.reply.status < 500:
                break
        return delivery

    def _proof(self, extension: Mapping[str, Any]) -> str:
        resource = (extension.get("authenticationConfiguration") or {}).get("resourceId")
        if resource:
            caller = Principal(self._app_id, self._app_id, "the service itself", "application")
            return f"Bearer {self._authority.issue(caller, resource)}"
        path = workflow_id(extension["endpointConfiguration"])
        return f"PoP {self._authority.issue_pop(self._app_id, 'POST', POP_HOST, path)}"

    def _attempt(self, url: str, headers: Mapping[str, str], body: bytes, timeout: float) -> Delivery:
        try:
            reply = self._outside.send("POST", url, headers, body, timeout)
        except OSError as error:
            return Delivery(None, "", f"the Logic App did not answer: {error}")
        if 200 <= reply.status < 300:
            return Delivery(reply, reply.headers.get("x-ms-workflow-run-id", ""), "")
        text = reply.body.decode("utf-8", "replace")[:500]
        return Delivery(reply, "", f"the Logic App answered {reply.status}: {text}")


def workflow_id(endpoint: Mapping[str, Any]) -> str:
    """The resource id of the Logic App that an endpoint configuration names."""
    return (
        f"/subscriptions/{endpoint['subscriptionId']}/resourceGroups/{endpoint['resourceGroupName']}"
        f"/providers/Microsoft.Logic/workflows/{endpoint['logicAppWorkflowName']}"
    )


def connection_test(catalog: Entity) -> dict[str, Any]:
    """The body of the test call at the registration of an extension: a catalog and a stage, and no request."""
    empty = ("AccessPackageAssignmentRequestId", "CallbackUriPath", "CustomExtensionStageInstanceId", "RequestType")
    return {
        **dict.fromkeys(empty),
        "Stage": CONNECTION_TEST,
        "AccessPackageCatalog": _named(catalog),
    }


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a callout is about: the request and everything it leads to, and the extension that is called."""

    request: Entity
    assignment: Entity
    policy: Entity
    package: Entity
    catalog: Entity
    subject: Entity
    extension: Entity
    stage: str
    instance: str

    def payload(self) -> dict[str, Any]:
        """The body of the callout; without callback parts when the extension does not wait."""
        user = {
            "Id": self.subject.id,
            "ObjectId": self.subject.values["objectId"],
            "DisplayName": self.subject.values["displayName"],
        }
        return {
            "AccessPackageAssignmentRequestId": self.request.id,
            **self._callback(),
            "CustomExtensionStageInstanceId": self.instance,
            "Stage": self.stage,
            "RequestType": self.request.values["requestType"],
            "Answers": [],
            "State": self.request.values["state"],
            "Status": self.request.values["status"],
            "AccessPackage": _named(self.package),
            "AccessPackageCatalog": _named(self.catalog),
            "Assignment": {
                "Id": self.assignment.id,
                "State": self.assignment.values["state"],
                "Status": self.assignment.values["status"],
                "Target": {**user, "ConnectedOrganization": None},
                "AssignmentPolicy": {"Id": self.policy.id, "DisplayName": self.policy.values["displayName"]},
            },
            "Requestor": user,
        }

    def _callback(self) -> dict[str, Any]:
        waiting = waiting_time(self.extension.values)
        if waiting is None:
            return {}
        path = f"/identityGovernance/entitlementManagement/accessPackageAssignmentRequests/{self.request.id}/resume"
        return {"CallbackUriPath": path, "CallbackConfiguration": {"DurationBeforeTimeout": waiting}}


def waiting_time(extension: Mapping[str, Any]) -> str | None:
    """How long a request waits for the callback (ISO 8601), None when the extension launches and continues."""
    callback = extension.get("callbackConfiguration") or {}
    found = callback.get("timeoutDuration") or callback.get("durationBeforeTimeout")
    return str(found) if found else None


def _named(entity: Entity) -> dict[str, Any]:
    return {
        "Id": entity.id,
        "DisplayName": entity.values["displayName"],
        "Description": entity.values.get("description"),
    }
