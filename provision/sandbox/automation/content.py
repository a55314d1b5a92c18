"""Microsoft.Automation: a runbook's draft and published content, and the polling that uploads need.

Replacing the draft and publishing answer 202 with a Location; the change shows only when the operation has ended, so
a client that does not wait reads the old state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from provision.sandbox.arm.door import stamp
from provision.sandbox.automation.account import Account, ProviderRefusal, automation_error
from provision.sandbox.automation.runbook_store import Runbook, RunbookStore
from provision.sandbox.automation.runbooks import RUNBOOK, Runbooks
from provision.sandbox.service import Answer, Call, Refusal, Route

OPERATION_SECONDS = 4.0
MEDIA_TYPES = ("text/powershell", "text/plain")


class RunbookContent:
    """Reads and replaces contents, publishes drafts."""

    def __init__(self, account: Account, runbooks: Runbooks, store: RunbookStore) -> None:
        self._account = account
        self._runbooks = runbooks
        self._store = store

    def routes(self) -> Sequence[Route]:
        """Below one runbook."""
        return (
            Route("GET", f"{RUNBOOK}/content", self._published),
            Route("GET", f"{RUNBOOK}/draft", self._draft),
            Route("GET", f"{RUNBOOK}/draft/content", self._draft_content),
            Route("PUT", f"{RUNBOOK}/draft/content", self._replace),
            Route("POST", f"{RUNBOOK}/publish", self._publish),
            Route("GET", f"{RUNBOOK}/operationResults/{{operation}}", self._poll),
        )

    def refuse(self, refusal: Refusal) -> Answer:
        """An error of the service or of Resource Manager."""
        return automation_error(refusal)

    def _published(self, call: Call) -> Answer:
        runbook = self._runbooks.admit(call, "content/read")
        if runbook.published is None:
            raise ProviderRefusal(404, "NotFound", f"The runbook '{runbook.name}' has never been published.")
        return Answer(200, runbook.published, {"Content-Type": "text/powershell"})

    def _draft(self, call: Call) -> Answer:
        runbook = self._with_draft(call, "draft/read")
        modified = stamp(runbook.modified)
        return Answer(200, {"inEdit": True, "creationTime": modified, "lastModifiedTime": modified, "parameters": {}})

    def _draft_content(self, call: Call) -> Answer:
        runbook = self._with_draft(call, "draft/content/read")
        return Answer(200, runbook.draft, {"Content-Type": "text/powershell"})

    def _with_draft(self, call: Call, operation: str) -> Runbook:
        runbook = self._runbooks.admit(call, operation)
        if runbook.draft is None:
            raise ProviderRefusal(404, "NotFound", f"The runbook '{runbook.name}' has no draft.")
        return runbook

    def _replace(self, call: Call) -> Answer:
        runbook = self._runbooks.admit(call, "draft/content/write")
        media_type = call.headers.get("content-type", "").split(";")[0].strip().lower()
        if media_type not in MEDIA_TYPES:
            message = f"The content of a runbook is {' or '.join(MEDIA_TYPES)}, not '{media_type}'."
            raise ProviderRefusal(415, "UnsupportedMediaType", message)
        try:
            content = call.body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ProviderRefusal(400, "BadRequest", "The content of a runbook is UTF-8 text.") from error
        if not content:
            raise ProviderRefusal(400, "BadRequest", "The content of a runbook must not be empty.")

        def effect() -> None:
            runbook.draft = content
            runbook.modified = self._account.clock.now()

        return self._begin(call, runbook, effect)

    def _publish(self, call: Call) -> Answer:
        runbook = self._runbooks.admit(call, "publish/action")
        if runbook.draft is None and not self._store.busy(runbook.name):
            raise ProviderRefusal(400, "BadRequest", f"The runbook '{runbook.name}' has no draft to publish.")

        def effect() -> None:
            runbook.published, runbook.draft = runbook.draft, None
            runbook.modified = self._account.clock.now()

        return self._begin(call, runbook, effect)

    def _begin(self, call: Call, runbook: Runbook, effect: Callable[[], None]) -> Answer:
        seconds = self._account.clock.scale(OPERATION_SECONDS)
        with self._store.lock:
            if self._store.busy(runbook.name):
                message = f"Another operation on the runbook '{runbook.name}' is in progress."
                raise ProviderRefusal(409, "Conflict", message)
            operation = self._store.begin(runbook.name, seconds, effect)
        path = f"{self._account.resource_id}/runbooks/{runbook.name}/operationResults/{operation}"
        location = f"{call.base}{path}?api-version={call.query['api-version']}"
        return Answer(202, None, {"Location": location, "Retry-After": str(round(seconds))})

    def _poll(self, call: Call) -> Answer:
        self._runbooks.admit(call, "read")
        ended = self._store.ended(call.arguments["operation"])
        if ended is None:
            raise ProviderRefusal(404, "NotFound", f"There is no operation '{call.arguments['operation']}'.")
        if ended:
            return Answer(200)
        seconds = self._account.clock.scale(OPERATION_SECONDS)
        location = f"{call.base}{call.path}?api-version={call.query['api-version']}"
        return Answer(202, None, {"Location": location, "Retry-After": str(round(seconds))})
