from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from provision.sandbox import seed
from provision.sandbox.clock import Clock
from provision.sandbox.cloud import Cloud, Surroundings
from provision.sandbox.dispatch import Dispatcher
from provision.sandbox.faults import Faults
from provision.sandbox.journal import Journal
from provision.sandbox.principals import Principal, Principals
from provision.sandbox.service import Answer, Call, Refusal
from provision.sandbox.tokens import ARM, TokenAuthority

BASE = "https://127.0.0.1:18443"


class NoLogicApps:
    """A host that runs nothing: it keeps what was deployed and refuses definitions without triggers."""

    def __init__(self) -> None:
        self.deployed: dict[str, dict[str, Any]] = {}
        self.history: dict[str, list[dict[str, Any]]] = {}

    def deploy(self, resource_id: str, resource: dict[str, Any]) -> None:
        self.validate(resource_id, resource)
        self.deployed[resource_id] = resource

    def validate(self, resource_id: str, resource: dict[str, Any]) -> None:
        if not resource["properties"]["definition"].get("triggers"):
            raise Refusal(400, "InvalidTemplate", f"The definition of {resource_id} has no trigger.")

    def remove(self, resource_id: str) -> None:
        del self.deployed[resource_id]

    def trigger_path(self, resource_id: str) -> str:
        trigger = next(iter(self.deployed[resource_id]["properties"]["definition"]["triggers"]))
        return f"/workflows/{len(resource_id):032x}/triggers/{trigger}/paths/invoke"

    def signature(self, resource_id: str) -> str:
        return f"sig-{len(resource_id)}"

    def runs(self, resource_id: str) -> list[dict[str, Any]]:
        return self.history.get(resource_id, [])

    def run_actions(self, resource_id: str, run_name: str) -> list[dict[str, Any]]:
        return [{"name": "Reply", "id": f"{resource_id}/runs/{run_name}/actions/Reply"}]


@dataclass
class Azure:
    """The cloud without sockets: calls go straight to the dispatcher, as the deployer unless told otherwise."""

    cloud: Cloud
    authority: TokenAuthority
    principals: Principals
    host: NoLogicApps
    journal: Journal
    faults: Faults
    dispatcher: Dispatcher
    client_secret: str

    @property
    def group(self) -> str:
        return self.cloud.door.group_id

    @property
    def account(self) -> str:
        return self.cloud.account.resource_id

    def token(self, principal: Principal | None = None, audience: str = ARM) -> str:
        return self.authority.issue(principal or self.cloud.deployer, audience)

    def send(
        self,
        method: str,
        url: str,
        body: Any = None,
        principal: Principal | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """`url` is a path with query, or an address this Azure gave out; JSON unless `body` is bytes."""
        parts = urlsplit(url)
        sent = {"authorization": f"Bearer {self.token(principal)}", **(headers or {})}
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        answer = self.dispatcher.answer(Call(method, unquote(parts.path), {}, query, sent, content, BASE))
        assert answer is not None, f"{method} {url} was dropped"
        return answer

    def operator(self, role_id: str, scope: str, name: str = "an-operator") -> Principal:
        """A new principal with one role."""
        principal = self.principals.add(name)
        self.principals.hidden_lookups = 0
        while not self.principals.visible(principal.object_id):
            pass
        definition = f"/subscriptions/{seed.SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role_id}"
        body = {"properties": {"roleDefinitionId": definition, "principalId": principal.object_id}}
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{principal.object_id}"
        assert self.send("PUT", f"{path}?api-version=2022-04-01", body).status == 201
        return principal


@pytest.fixture
def azure(tmp_path: Path) -> Azure:
    clock, journal, faults = Clock(6000), Journal(), Faults()
    authority, principals, host = TokenAuthority(seed.TENANT), Principals(), NoLogicApps()
    around = Surroundings(
        clock=clock,
        authority=authority,
        principals=principals,
        journal=journal,
        host=host,
        folder=tmp_path,
        ca_file=tmp_path / "ca.pem",
        base=lambda: BASE,
        vault={seed.BIND_SECRET: seed.BIND_PASSWORD},
    )
    cloud = Cloud(around)
    cloud.door.page_size = 50  # paging has its own test
    dispatcher = Dispatcher(cloud.services(), faults, journal)
    return Azure(cloud, authority, principals, host, journal, faults, dispatcher, around.client_secret)
