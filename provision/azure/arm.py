"""Azure Resource Manager over the SDK's own pipelines: read, list, write, and upload runbooks.

I/O: HTTPS to the cloud's Resource Manager. Bodies are raw JSON: azure-mgmt-logic would drop `sasAuthenticationPolicy`
without a word. Every failure leaves this file as a ProvisionError, every refusal as a ServiceRefusal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from provision.azure.arm_refusal import explained, unreachable
from provision.cloud import CloudProfile
from provision.errors import ProvisionError, ServiceRefusal
from provision.resource import ArmCollection, AzureTarget, ContentTarget, Json, Request, WorkflowTarget
from provision.trigger_url import unsigned

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.rest import HttpResponse
    from azure.mgmt.automation import AutomationClient
    from azure.mgmt.logic import LogicManagementClient

Tell = Callable[[str], None]

TRIGGER: Final = "manual"
CONTENT_TYPES: Final = ("text/powershell", "text/plain")
"""Microsoft's specifications disagree about the upload; all long-lived clients use the first one, for Python too."""

NOT_ABSENT: Final = (
    "SubscriptionNotFound",
    "ResourceGroupNotFound",
    "NoRegisteredProviderFound",
    "InvalidResourceType",
)
"""Answers with status 404 that do not say that the resource itself is absent."""

POLLING_SECONDS: Final = 1
"""How often to look at an upload; the SDK's own default of 30 s would be most of an apply."""


class Arm:
    """One subscription of one cloud."""

    def __init__(self, cloud: CloudProfile, subscription: str, credential: TokenCredential) -> None:
        self._subscription = subscription
        self._credential = credential
        self._base = cloud.arm
        self._options: dict[str, Any] = {
            "base_url": cloud.arm,
            "credential_scopes": [cloud.arm_scope],
            "polling_interval": POLLING_SECONDS,
        }
        if cloud.ca_file:
            self._options["connection_verify"] = str(cloud.ca_file)

    def read(self, target: AzureTarget) -> Json:
        """The object, all items of the collection, or None when Resource Manager says that it is absent.

        Raises:
            ProvisionError: anything else.
        """
        if isinstance(target, ContentTarget):
            return self._content(target)
        if isinstance(target, ArmCollection):
            return self._all(target)
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
            return self._publish(target, request.body, tell)
        if request.verb == "delete":
            return self._if_there("DELETE", target.id, target.api_version)
        if isinstance(target, WorkflowTarget):
            tell("validating the definition")
            self._call("POST", f"{target.id}/validate", target.api_version, body=_definition_of(request.body))
        return self._call(request.verb.upper(), target.id, target.api_version, body=request.body)

    def close(self) -> None:
        """Closes the connections."""
        for name in ("_automation", "_logic"):
            if name in self.__dict__:
                getattr(self, name).close()

    @cached_property
    def _automation(self) -> AutomationClient:
        from azure.mgmt.automation import AutomationClient  # noqa: PLC0415 - SDKs are loaded when they are used

        return AutomationClient(self._credential, self._subscription, **self._options)

    @cached_property
    def _logic(self) -> LogicManagementClient:
        from azure.mgmt.logic import LogicManagementClient  # noqa: PLC0415 - as above

        return LogicManagementClient(self._credential, self._subscription, **self._options)

    def _if_there(self, method: str, path: str, version: str) -> Json:
        try:
            return self._call(method, path, version)
        except ServiceRefusal as refusal:
            if refusal.status == 404 and refusal.code and refusal.code not in NOT_ABSENT:
                return None
            raise

    def _all(self, target: ArmCollection) -> list[Json] | None:
        query = {"$filter": target.filter} if target.filter else {}
        page = self._if_there_page(target, query)
        items: list[Json] = []
        seen: set[str] = set()
        while page is not None:
            if not isinstance(page.get("value"), list):
                raise ProvisionError(f"Resource Manager answered {target.id} without a list. Try again later.")
            items += page["value"]
            link = page.get("nextLink")
            if not link:
                return items
            if link in seen or not self._is_own(link):
                raise ProvisionError(f"Resource Manager gave no way to the rest of {target.id}. Try again later.")
            seen.add(link)
            page = self._call("GET", link)
        return None

    def _if_there_page(self, target: ArmCollection, query: dict[str, str]) -> Json:
        try:
            return self._call("GET", target.id, target.api_version, query=query)
        except ServiceRefusal as refusal:
            if refusal.status == 404 and refusal.code and refusal.code not in NOT_ABSENT:
                return None
            raise

    def _is_own(self, link: str) -> bool:
        """Whether a link stays with this Resource Manager, the only host that may see the token."""
        ours, theirs = urlsplit(self._base), urlsplit(link)
        same_host = (ours.hostname, ours.port or 443) == (theirs.hostname, theirs.port or 443)
        return theirs.scheme == "https" and same_host

    def _call(
        self, method: str, path: str, version: str = "", *, body: Json = None, query: dict[str, str] | None = None
    ) -> Json:
        from azure.core.rest import HttpRequest  # noqa: PLC0415 - as above

        parameters = ({"api-version": version} if version else {}) | (query or {})
        url = path if path.startswith("https://") else quote(path, safe="/()")
        with self._translated(method, path):
            response = self._automation.send_request(HttpRequest(method, url, params=parameters, json=body))
        return _read(response, method, path)

    def _trigger_url(self, target: WorkflowTarget) -> str | None:
        from azure.core.exceptions import ResourceNotFoundError  # noqa: PLC0415 - as above

        parts = target.id.split("/")
        with self._translated("POST", f"{target.id}/triggers/{TRIGGER}/listCallbackUrl"):
            try:
                found = self._logic.workflow_triggers.list_callback_url(parts[4], parts[-1], TRIGGER)
            except ResourceNotFoundError:
                return None
        return unsigned(found.value) if found.value else None

    def _content(self, target: ContentTarget) -> Json:
        from azure.core.exceptions import ResourceNotFoundError  # noqa: PLC0415 - as above

        group, account, runbook = _parts(target)
        with self._translated("GET", f"{target.id}/content"):
            try:
                return {"content": self._automation.runbook.get_content(group, account, runbook)}
            except ResourceNotFoundError:
                return None

    def _publish(self, target: ContentTarget, content: str, tell: Tell) -> Json:
        """Draft, publish, and what the service then holds."""
        group, account, runbook = _parts(target)
        tell("uploading the draft")
        self._upload(target, content)
        tell("publishing")
        with self._translated("POST", f"{target.id}/publish"):
            self._automation.runbook.begin_publish(group, account, runbook).result()
        tell("reading back")
        state = self._call("GET", target.id, target.api_version)["properties"].get("state")
        held = self._content(target) or {"content": ""}
        return {"state": state, **held}

    def _upload(self, target: ContentTarget, content: str) -> None:
        from azure.core.exceptions import HttpResponseError  # noqa: PLC0415 - as above

        group, account, runbook = _parts(target)
        for content_type in CONTENT_TYPES:
            with self._translated("PUT", f"{target.id}/draft/content"):
                try:
                    self._automation.runbook_draft.begin_replace_content(
                        group, account, runbook, content, content_type=content_type
                    ).result()
                except HttpResponseError as error:
                    if error.status_code == 200:  # one specification says 200 and 202, the SDK knows 202 only
                        return
                    if error.status_code in (400, 415) and content_type != CONTENT_TYPES[-1]:
                        continue
                    raise
                return

    @contextmanager
    def _translated(self, method: str, path: str) -> Iterator[None]:
        """Foreign exceptions end here."""
        from azure.core.exceptions import AzureError, HttpResponseError  # noqa: PLC0415 - as above

        try:
            yield
        except HttpResponseError as error:
            code = getattr(error.error, "code", None) or ""
            raise explained(error.status_code or 0, code, error.message, method, path) from error
        except AzureError as error:
            raise unreachable(self._base, error) from error


def _definition_of(workflow: Json) -> Json:
    """What of a workflow is validated before it is written."""
    properties = {name: workflow["properties"][name] for name in ("definition", "parameters")}
    return {"location": workflow["location"], "properties": properties}


def _read(response: HttpResponse, method: str, path: str) -> Json:
    try:
        body = response.json() if response.content.strip() else None
    except ValueError:
        body = None if response.status_code >= 400 else ...
    if response.status_code >= 400:
        outer: dict[str, Json] = body if isinstance(body, dict) else {}
        error = outer["error"] if isinstance(outer.get("error"), dict) else outer
        raise explained(response.status_code, error.get("code") or "", error.get("message") or "", method, path)
    if body is ... or response.status_code == 202:
        raise ProvisionError(f"{method} {path}: Resource Manager answered in a way that proves nothing. Try again.")
    return body


def _parts(target: ContentTarget) -> tuple[str, str, str]:
    """Resource group, account and runbook."""
    parts = target.id.split("/")
    return parts[4], parts[8], parts[10]
