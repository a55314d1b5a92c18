"""Azure Resource Manager over the SDK's own pipelines: read, list, write.

I/O: HTTPS to the cloud's Resource Manager, from any thread. Bodies are raw JSON: azure-mgmt-logic would drop
`sasAuthenticationPolicy` without a word. Every failure leaves this file as a ProvisionError, every refusal as a
ServiceRefusal.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import quote, urlsplit

from provision.azure.arm_refusal import explained, says_absent, translated
from provision.azure.loading import LOADING
from provision.azure.request_log import LoggingPolicy
from provision.azure.runbook_content import RunbookContent
from provision.cloud import CloudProfile
from provision.errors import ProvisionError, ServiceRefusal
from provision.resource import (
    ArmCollection,
    ArmTarget,
    AzureTarget,
    ContentTarget,
    Json,
    OutputTarget,
    Request,
    WorkflowTarget,
)
from provision.trigger_url import unsigned
from provision.upcoming import dated

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.rest import HttpResponse
    from azure.mgmt.automation import AutomationClient
    from azure.mgmt.logic import LogicManagementClient

Tell: TypeAlias = Callable[[str], None]

TRIGGER: Final = "manual"
POLLING_SECONDS: Final = 0.5
"""How often to look at an upload; the SDK's own default of 30 s would be most of an apply."""


class Arm:
    """One subscription of one cloud. `options` go to the SDK's clients, such as another `transport`."""

    def __init__(self, cloud: CloudProfile, subscription: str, credential: TokenCredential, **options: Any) -> None:
        self._subscription = subscription
        self._credential = credential
        self._base = cloud.arm
        self._options: dict[str, Any] = {
            "base_url": cloud.arm,
            "credential_scopes": [cloud.arm_scope],
            "polling_interval": POLLING_SECONDS,
            **({"connection_verify": str(cloud.ca_file)} if cloud.ca_file else {}),
            **options,
        }

    def read(self, target: AzureTarget) -> Json:
        """The object, all items of the collection, or None when Resource Manager says that it is absent.

        Raises:
            ProvisionError: anything else.
        """
        if isinstance(target, ContentTarget):
            return RunbookContent(self._automation, self._base).read(target)
        if isinstance(target, ArmCollection):
            return self._all(target)
        if isinstance(target, OutputTarget):
            return self._output(target)
        answer = self._if_there("GET", target.id, target.api_version)
        if answer is not None and isinstance(target, WorkflowTarget):
            answer["triggerUrl"] = self._trigger_url(target)
        return answer

    def send(self, request: Request, target: AzureTarget, tell: Tell) -> Json:
        """Makes one write to `target`; gives the service's answer.

        Raises:
            ServiceRefusal: the service declined.
            ProvisionError: the write is not certain to have been made.
        """
        if isinstance(target, ContentTarget):
            return RunbookContent(self._automation, self._base).publish(target, request.body, tell)
        if request.verb == "delete":
            return self._if_there("DELETE", target.id, target.api_version)
        if request.replaces:
            tell("deleting what it replaces")
            self._if_there("DELETE", request.replaces.id, request.replaces.api_version)
        if isinstance(target, WorkflowTarget):
            tell("validating the definition")
            # not documented for a workflow that does not exist yet; if it is absent, the write itself is the judge
            self._if_there("POST", f"{target.id}/validate", target.api_version, body=_definition_of(request.body))
        body = dated(request.body, datetime.now(UTC))
        return self._call(request.verb.upper(), target.id, target.api_version, body=body)

    def date(self, target: ArmTarget) -> str | None:
        """The `Date` header of the answer to reading `target`.

        Raises:
            ProvisionError: there is no such answer.
        """
        header: str | None = self._exchange("GET", target.id, target.api_version).headers.get("Date")
        return header

    def close(self) -> None:
        """Closes the connections."""
        for name in ("_automation_client", "_logic_client"):
            if name in self.__dict__:
                getattr(self, name).close()

    @property
    def _automation(self) -> AutomationClient:
        with LOADING:
            return self._automation_client

    @property
    def _logic(self) -> LogicManagementClient:
        with LOADING:
            return self._logic_client

    @cached_property
    def _automation_client(self) -> AutomationClient:
        from azure.mgmt.automation import AutomationClient  # noqa: PLC0415 - SDKs are loaded when they are used

        return AutomationClient(
            self._credential, self._subscription, per_retry_policies=[LoggingPolicy()], **self._options
        )

    @cached_property
    def _logic_client(self) -> LogicManagementClient:
        from azure.mgmt.logic import LogicManagementClient  # noqa: PLC0415 - as above

        return LogicManagementClient(
            self._credential, self._subscription, per_retry_policies=[LoggingPolicy()], **self._options
        )

    def _all(self, target: ArmCollection) -> list[Json] | None:
        query = {"$filter": target.filter} if target.filter else {}
        page = self._if_there("GET", target.id, target.api_version, query=query)
        if page is None:
            return None
        items: list[Json] = []
        seen: set[str] = set()
        while True:
            if not isinstance(page, dict) or not isinstance(page.get("value"), list):
                raise ProvisionError(f"Resource Manager answered {target.id} without a list. Try again later.")
            items += page["value"]
            link = page.get("nextLink")
            if not link:
                return items
            if link in seen or not self._is_own(link):
                raise ProvisionError(f"Resource Manager gave no way to the rest of {target.id}. Try again later.")
            seen.add(link)
            page = self._call("GET", link)

    def _is_own(self, link: str) -> bool:
        """Whether a link stays with this Resource Manager, the only host that may see the token."""
        ours, theirs = urlsplit(self._base), urlsplit(link)
        same_host = (ours.hostname, ours.port or 443) == (theirs.hostname, theirs.port or 443)
        return theirs.scheme == "https" and same_host

    def _if_there(
        self, method: str, path: str, version: str, *, body: Json = None, query: dict[str, str] | None = None
    ) -> Json:
        try:
            return self._call(method, path, version, body=body, query=query)
        except ServiceRefusal as refusal:
            if says_absent(refusal):
                return None
            raise

    def _call(
        self, method: str, path: str, version: str = "", *, body: Json = None, query: dict[str, str] | None = None
    ) -> Json:
        return _read(self._exchange(method, path, version, body=body, query=query), method, path)

    def _exchange(
        self, method: str, path: str, version: str = "", *, body: Json = None, query: dict[str, str] | None = None
    ) -> HttpResponse:
        """The service's answer, which is no refusal."""
        from azure.core.rest import HttpRequest  # noqa: PLC0415 - as above

        parameters = ({"api-version": version} if version else {}) | (query or {})
        url = path if path.startswith("https://") else quote(path, safe="/()")
        with translated(self._base, method, path):
            response: HttpResponse = self._automation.send_request(
                HttpRequest(method, url, params=parameters, json=body)
            )
        if response.status_code >= 400:
            raise _refusal(response, method, path)
        return response

    def _output(self, target: OutputTarget) -> Json:
        path = f"{target.id}/output"
        try:
            response = self._exchange("GET", path, target.api_version)
        except ServiceRefusal as refusal:
            if says_absent(refusal):
                return None
            raise
        return {"text": response.text()}

    def _trigger_url(self, target: WorkflowTarget) -> str | None:
        """The trigger's address without its signature; None for a workflow of others without such a trigger."""
        parts = target.id.split("/")
        try:
            with translated(self._base, "POST", f"{target.id}/triggers/{TRIGGER}/listCallbackUrl"):
                found = self._logic.workflow_triggers.list_callback_url(parts[4], parts[-1], TRIGGER)
        except ServiceRefusal as refusal:
            if says_absent(refusal):
                return None
            raise
        return unsigned(found.value) if found.value else None


def _definition_of(workflow: Json) -> Json:
    """What of a workflow is validated before it is written."""
    properties = {name: workflow["properties"][name] for name in ("definition", "parameters")}
    return {"location": workflow["location"], "properties": properties}


def _refusal(response: HttpResponse, method: str, path: str) -> ServiceRefusal:
    try:
        body = response.json()
    except ValueError:
        body = None
    outer: dict[str, Json] = body if isinstance(body, dict) else {}
    error = outer["error"] if isinstance(outer.get("error"), dict) else outer
    return explained(response.status_code, error.get("code") or "", error.get("message") or "", method, path)


def _read(response: HttpResponse, method: str, path: str) -> Json:
    try:
        body = response.json() if response.content.strip() else None
    except ValueError:
        body = ...
    if body is ... or response.status_code == 202 or (method == "GET" and body is None):
        raise ProvisionError(f"{method} {path}: Resource Manager answered in a way that proves nothing. Try again.")
    return body
