"""Somebody with every right who changes things by hand, as one would in the Azure and Entra portals.

What is changed goes through the services themselves, and is in no journal of the sandbox: it looks like another day.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from provision.sandbox.dispatch import Dispatcher
from provision.sandbox.faults import Faults
from provision.sandbox.journal import Journal
from provision.sandbox.sandbox import Sandbox
from provision.sandbox.service import Call
from provision.sandbox.tokens import ARM, GRAPH

LOGIC = "api-version=2019-05-01"
EM = "/v1.0/identityGovernance/entitlementManagement"
POLICY = "$expand=accessPackage,questions,customExtensionStageSettings($expand=customExtension)"
Json = Any


def send(sandbox: Sandbox, method: str, url: str, body: Json = None) -> Json:
    """One call to Resource Manager or Graph with every right; the answer's body.

    Raises:
        AssertionError: the service declined.
    """
    cloud = sandbox.world.cloud
    parts = urlsplit(url)
    audience = GRAPH if parts.path.startswith("/v1.0/") else ARM
    person = replace(cloud.administrator, app_roles=frozenset({"EntitlementManagement.ReadWrite.All"}))
    headers = {"authorization": f"Bearer {sandbox.authority.issue(person, audience)}"}
    content = b"" if body is None else json.dumps(body).encode()
    headers |= {"content-type": "application/json"} if content else {}
    call = Call(method, parts.path, {}, dict(parse_qsl(parts.query)), headers, content, sandbox.url)
    answer = Dispatcher(sandbox.world.services(), Faults(), Journal()).answer(call)
    assert answer is not None
    assert answer.status < 300, answer
    return copy.deepcopy(answer.body)


def logic_app(sandbox: Sandbox, name: str) -> str:
    """The resource id of the one Logic App whose name holds `name`."""
    [found] = [identifier for identifier in sandbox.world.cloud.workflows.ids() if name in identifier.rsplit("/", 1)[1]]
    return found


def edit_logic_app(sandbox: Sandbox, name: str, change: Callable[[dict[str, Json]], None]) -> None:
    """Change the properties of a Logic App and save it."""
    url = f"{logic_app(sandbox, name)}?{LOGIC}"
    resource = send(sandbox, "GET", url)
    change(resource["properties"])
    send(sandbox, "PUT", url, resource)


def edit_claim(sandbox: Sandbox, name: str, claim: str, value: str) -> None:
    """Another value for a claim that the Logic App's policies ask for."""

    def change(properties: dict[str, Json]) -> None:
        policies = properties["accessControl"]["triggers"]["openAuthenticationPolicies"]["policies"]
        found = [item for policy in policies.values() for item in policy["claims"] if item["name"] == claim]
        assert found, claim
        for item in found:
            item["value"] = value

    edit_logic_app(sandbox, name, change)


def allow_signatures(sandbox: Sandbox, name: str) -> None:
    """Shared access signatures open the Logic App again."""

    def change(properties: dict[str, Json]) -> None:
        properties["accessControl"]["triggers"]["sasAuthenticationPolicy"]["state"] = "Enabled"

    edit_logic_app(sandbox, name, change)


def disable(sandbox: Sandbox, name: str) -> None:
    """The Logic App's switch."""
    send(sandbox, "POST", f"{logic_app(sandbox, name)}/disable?{LOGIC}")


def unbind(sandbox: Sandbox, policy: str, stage: str) -> None:
    """Take every extension from a stage of an assignment policy (its id)."""
    url = f"{EM}/assignmentPolicies/{policy}"
    whole = send(sandbox, "GET", f"{url}?{POLICY}")
    bound = whole["customExtensionStageSettings"]
    kept = [setting for setting in bound if setting["stage"] != stage]
    assert len(kept) < len(bound), stage
    send(sandbox, "PUT", url, {**whole, "customExtensionStageSettings": kept})


def edit_runbook(sandbox: Sandbox, name: str, text: str, *, publish: bool = True) -> None:
    """Put `text` at the end of a runbook, and publish it or leave it as a draft."""
    store = sandbox.world.cloud.runbooks
    runbook = store.find(name)
    assert runbook is not None
    with store.lock:
        runbook.draft = f"{runbook.published}{text}"
        if publish:
            runbook.published, runbook.draft = runbook.draft, None
        runbook.modified = sandbox.clock.now()


def delete_roles(sandbox: Sandbox, principal: str) -> int:
    """Delete every Azure role of a principal (its object id); how many there were."""
    access = sandbox.world.cloud.access
    held = [found for found in access.all() if found.principal == principal.lower()]
    return sum(access.remove(found.scope, found.name) is not None for found in held)
