"""The content of a runbook over azure-mgmt-automation: draft, publish, read back.

I/O: HTTPS through the client it is given. Both uploads are long-running operations, which the SDK's pollers follow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from provision.azure.arm_refusal import says_absent, translated
from provision.errors import ServiceRefusal
from provision.resource import ContentTarget, Json

if TYPE_CHECKING:
    from azure.mgmt.automation import AutomationClient

CONTENT_TYPES: Final = ("text/powershell", "text/plain")
"""Microsoft's specifications disagree about the upload; all long-lived clients use the first one, for Python too."""


class RunbookContent:
    """Reads and replaces the content of runbooks; `base` is the address of Resource Manager, for messages."""

    def __init__(self, client: AutomationClient, base: str) -> None:
        self._client = client
        self._base = base

    def read(self, target: ContentTarget) -> Json:
        """The published text as `content`; None for a runbook that was never published, or that does not exist."""
        try:
            if self._state(target) == "New":
                return None  # nothing was published yet, and the answer to asking for it is not documented
            with translated(self._base, "GET", f"{target.id}/content"):
                return {"content": self._client.runbook.get_content(*_names(target))}
        except ServiceRefusal as refusal:
            if says_absent(refusal):
                return None
            raise

    def publish(self, target: ContentTarget, content: str, tell: Callable[[str], None]) -> Json:
        """Uploads and publishes; what the service then holds, as `state` and `content`."""
        tell("uploading the draft")
        self._upload(target, content)
        tell("publishing")
        with translated(self._base, "POST", f"{target.id}/publish"):
            self._client.runbook.begin_publish(*_names(target)).result()
        tell("reading back")
        return {"state": self._state(target), **(self.read(target) or {"content": ""})}

    def _state(self, target: ContentTarget) -> str:
        """New, Edit or Published."""
        with translated(self._base, "GET", target.id):
            runbook = self._client.runbook.get(*_names(target))
        state = runbook.properties.state if runbook.properties else None
        return str(getattr(state, "value", state))

    def _upload(self, target: ContentTarget, content: str) -> None:
        from azure.core.exceptions import HttpResponseError  # noqa: PLC0415 - SDKs are loaded when they are used

        for content_type in CONTENT_TYPES:
            with translated(self._base, "PUT", f"{target.id}/draft/content"):
                try:
                    self._client.runbook_draft.begin_replace_content(
                        *_names(target), content, content_type=content_type
                    ).result()
                except HttpResponseError as error:
                    if error.status_code == 200:  # one specification has 200 beside 202, the SDK knows 202 only
                        return
                    if error.status_code in (400, 415) and content_type != CONTENT_TYPES[-1]:
                        continue
                    raise
                return


def _names(target: ContentTarget) -> tuple[str, str, str]:
    """Resource group, account and runbook."""
    parts = target.id.split("/")
    return parts[4], parts[8], parts[10]
