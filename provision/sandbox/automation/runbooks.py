"""Microsoft.Automation: runbooks as resources. Their contents are uploaded and published in `automation_content`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from provision.sandbox.arm.door import document, stamp
from provision.sandbox.automation.account import ACCOUNT, TYPE, Account, ProviderRefusal, automation_error
from provision.sandbox.automation.runbook_store import Runbook, RunbookStore
from provision.sandbox.service import Answer, Call, Refusal, Route

RUNBOOK = f"{ACCOUNT}/runbooks/{{name}}"
POWERSHELL_TYPES = ("Script", "PowerShellWorkflow", "PowerShell", "PowerShell72")
GRAPH_TYPES = ("Graph", "GraphPowerShellWorkflow", "GraphPowerShell")
TYPES = (*POWERSHELL_TYPES, *GRAPH_TYPES, "Python2", "Python3", "Python")
RUNTIMES = ("PowerShell-5.1", "PowerShell-7.1", "PowerShell-7.2", "Python-2.7", "Python-3.8", "Python-3.10")
RUNTIME_VERSION = "2024-10-23"
"""The api-version that brought the type `Python` and the property `runtimeEnvironment`."""
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]{0,62}")
_PROPERTIES = {
    "logVerbose",
    "logProgress",
    "runbookType",
    "runtimeEnvironment",
    "draft",
    "publishContentLink",
    "description",
    "logActivityTrace",
}
_UPDATABLE = {"logVerbose", "logProgress", "logActivityTrace", "description"}


class Runbooks:
    """The runbooks of the account, without their contents."""

    def __init__(self, account: Account, store: RunbookStore) -> None:
        self._account = account
        self._store = store

    def routes(self) -> Sequence[Route]:
        """List, read, write, delete."""
        return (
            Route("GET", f"{ACCOUNT}/runbooks", self._list),
            Route("GET", RUNBOOK, self._get),
            Route("PUT", RUNBOOK, self._put),
            Route("PATCH", RUNBOOK, self._patch),
            Route("DELETE", RUNBOOK, self._delete),
        )

    def refuse(self, refusal: Refusal) -> Answer:
        """An error of the service or of Resource Manager."""
        return automation_error(refusal)

    def admit(self, call: Call, operation: str) -> Runbook:
        """The runbook the call is about, when its caller may do `operation` to it."""
        name = self._admit(call, operation)
        found = self._store.find(name)
        if found is None:
            raise ProviderRefusal(404, "NotFound", f"The Runbook was not found. Runbook name: {name}.")
        return found

    def _admit(self, call: Call, operation: str) -> str:
        name = call.arguments["name"]
        self._account.admit(call, f"runbooks/{operation}", "runbooks", name)
        return name

    def _list(self, call: Call) -> Answer:
        self._account.admit(call, "runbooks/read")
        return self._account.door.page(call, [self._render(call, runbook) for runbook in self._store.all()])

    def _get(self, call: Call) -> Answer:
        return Answer(200, self._render(call, self.admit(call, "read")))

    def _put(self, call: Call) -> Answer:
        name = self._admit(call, "write")
        body = document(call)
        properties = body.get("properties") or {}
        kind, runtime = _check(name, properties, call.query["api-version"])
        with self._store.lock:
            present = self._store.find(name)
            runbook = present or self._create(name, body, properties)
            if runbook.runbook_type != kind:
                message = f"The type of runbook '{name}' is {runbook.runbook_type} and cannot be changed to {kind}."
                raise ProviderRefusal(400, "BadRequest", message)
            runbook.runtime = runtime or runbook.runtime
            runbook.description = str(properties.get("description") or "")
            runbook.tags = dict(body.get("tags") or {})
            runbook.modified = self._account.clock.now()
            self._store.add(runbook)
        return Answer(200 if present else 201, self._render(call, runbook))

    def _patch(self, call: Call) -> Answer:
        """Tags, description and logging; a runbook's type, runtime environment and state stay."""
        runbook = self.admit(call, "write")
        body = document(call)
        properties = body.get("properties") or {}
        unknown = [name for name in properties if name not in _UPDATABLE]
        if unknown:
            raise ProviderRefusal(400, "BadRequest", f"An update of a runbook has no property '{unknown[0]}'.")
        with self._store.lock:
            if "description" in properties:
                runbook.description = str(properties["description"] or "")
            if "tags" in body:
                runbook.tags = dict(body["tags"] or {})
            runbook.modified = self._account.clock.now()
        return Answer(200, self._render(call, runbook))

    def _create(self, name: str, body: Mapping[str, Any], properties: Mapping[str, Any]) -> Runbook:
        if not body.get("location"):
            raise ProviderRefusal(400, "BadRequest", "The location of a new runbook is required.")
        if "publishContentLink" in properties:
            message = "The sandbox fetches no runbook from a publishContentLink: send `draft` and upload the content."
            raise ProviderRefusal(400, "BadRequest", message)
        if not isinstance(properties.get("draft"), dict):
            raise ProviderRefusal(400, "BadRequest", "A new runbook needs `draft` or `publishContentLink`.")
        now = self._account.clock.now()
        return Runbook(name, str(properties["runbookType"]), "", str(body["location"]), now, now)

    def _delete(self, call: Call) -> Answer:
        return Answer(200 if self._store.remove(self._admit(call, "delete")) else 204)

    def _render(self, call: Call, runbook: Runbook) -> dict[str, Any]:
        properties: dict[str, Any] = {
            "description": runbook.description,
            "logVerbose": False,
            "logProgress": False,
            "logActivityTrace": 0,
            "runbookType": runbook.runbook_type,
            "state": runbook.state,
            "provisioningState": "Succeeded",
            "parameters": {},
            "creationTime": stamp(runbook.created),
            "lastModifiedTime": stamp(runbook.modified),
        }
        if runbook.runtime and call.query["api-version"] >= RUNTIME_VERSION:
            properties["runtimeEnvironment"] = runbook.runtime
        return {
            "id": f"{self._account.resource_id}/runbooks/{runbook.name}",
            "name": runbook.name,
            "type": f"{TYPE}/runbooks",
            "location": runbook.location,
            "tags": runbook.tags,
            "properties": properties,
        }


def _check(name: str, properties: Mapping[str, Any], version: str) -> tuple[str, str]:
    """Type and runtime environment of a runbook that is put, when both exist in this api-version."""
    if not _NAME.fullmatch(name):
        raise ProviderRefusal(400, "BadRequest", f"The runbook name '{name}' is not valid.")
    if unknown := sorted(set(properties) - _PROPERTIES):
        raise ProviderRefusal(400, "BadRequest", f"A runbook has no property '{unknown[0]}'.")
    kind, runtime = str(properties.get("runbookType")), str(properties.get("runtimeEnvironment") or "")
    known = TYPES if version >= RUNTIME_VERSION else TYPES[:-1]
    if kind not in known:
        raise ProviderRefusal(400, "BadRequest", f"The runbook type '{kind}' is none of {', '.join(known)}.")
    if runtime and version < RUNTIME_VERSION:
        raise ProviderRefusal(400, "BadRequest", f"api-version {version} has no runtimeEnvironment.")
    if runtime and runtime not in RUNTIMES:
        raise ProviderRefusal(404, "NotFound", f"The runtime environment '{runtime}' was not found.")
    return kind, runtime
