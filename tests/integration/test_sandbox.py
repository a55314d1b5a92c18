from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from provision.sandbox import seed
from provision.sandbox.outside import HttpReply, Outside
from provision.sandbox.sandbox import Sandbox
from provision.sandbox.tokens import ARM

if TYPE_CHECKING:
    from collections.abc import Mapping


def ask(sandbox: Sandbox, method: str, path: str, body: Any = None, token: str = "") -> HttpReply:
    context = sandbox._certificates.client_context()
    headers: Mapping[str, str] = {"Authorization": f"Bearer {token or sandbox.control_token}"}
    content = None if body is None else json.dumps(body).encode()
    return Outside(context).send(method, f"{sandbox.url}{path}", headers, content)


def test_it_starts_with_the_seed_and_says_where_everything_is(sandbox: Sandbox) -> None:
    status = json.loads(ask(sandbox, "GET", "/sandbox/status").body)
    assert status["url"] == sandbox.url
    assert status["directory"] == {"kind": "embedded", "url": sandbox.directory.url, "base": seed.BASE}
    assert (status["logic_apps"], status["jobs"], status["requests"], status["failures"]) == ([], {}, [], [])
    groups = json.loads(ask(sandbox, "GET", "/sandbox/users/ada.lovelace%40lab.example/groups").body)
    assert groups == {"account": "ada.lovelace", "groups": ["Staff_All"]}


def test_a_grant_without_any_extension_of_ours_is_delivered_and_told(sandbox: Sandbox) -> None:
    body = {"user": "ada.lovelace", "package": "Engineer"}
    told = json.loads(ask(sandbox, "POST", "/sandbox/grant", body).body)
    assert (told["state"], told["callouts"], told["package"]["name"]) == ("delivered", [], "Engineer")
    assert told["groups"] == {"before": ["Staff_All"], "after": ["Staff_All"]}
    again = ask(sandbox, "POST", "/sandbox/grant", body)
    assert again.status == 400
    assert json.loads(ask(sandbox, "POST", "/sandbox/remove", body).body)["state"] == "delivered"


def test_reset_brings_the_seed_back_and_keeps_addresses_and_tokens(sandbox: Sandbox) -> None:
    token = sandbox.authority.issue(sandbox.world.cloud.deployer, ARM)
    variable = f"{sandbox.world.cloud.account.resource_id}/variables/x?api-version=2023-11-01"
    assert ask(sandbox, "PUT", variable, {"properties": {"value": "1"}}, token).status == 201
    ask(sandbox, "POST", "/sandbox/grant", {"user": "ada.lovelace", "package": "Engineer"})
    ask(sandbox, "POST", "/sandbox/faults", [{"path": "/variables", "status": 500, "times": 9}])
    url = sandbox.url
    status = json.loads(ask(sandbox, "POST", "/sandbox/reset").body)
    assert (status["url"], status["variables"], status["requests"]) == (url, [], [])
    assert ask(sandbox, "GET", variable, token=token).status == 404


def test_a_request_that_waits_ends_with_a_reset(sandbox: Sandbox) -> None:
    # A status of the request, not of the thread, shows that the world it belongs to is gone.
    ask(sandbox, "POST", "/sandbox/grant", {"user": "ada.lovelace", "package": "Engineer", "wait": False})
    ask(sandbox, "POST", "/sandbox/reset")
    assert json.loads(ask(sandbox, "GET", "/sandbox/status").body)["requests"] == []


def test_stop_takes_away_what_opens_it(tmp_path: Path) -> None:
    made = Sandbox(tmp_path)
    made.start()
    assert made.folder.deployer_token.exists()
    made.stop()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ca.pem", "server.key", "server.pem"]
    with pytest.raises(OSError):  # noqa: PT011 - which one depends on the platform
        ask(made, "GET", "/sandbox/status")


def test_two_sandboxes_do_not_know_each_other(sandbox: Sandbox, tmp_path: Path) -> None:
    other = Sandbox(tmp_path / "other")
    other.start()
    try:
        token = other.authority.issue(other.world.cloud.deployer, ARM)
        path = f"{other.world.cloud.door.group_id}?api-version=2025-04-01"
        assert ask(other, "GET", path, token=token).status == 200
        assert ask(sandbox, "GET", path, token=token).status == 401
    finally:
        other.stop()


def test_the_environment_file_holds_its_own_addresses(sandbox: Sandbox, tmp_path: Path) -> None:
    text = sandbox.environment_file(tmp_path / "environment" / "sandbox.yaml").read_text(encoding="utf-8")
    assert f"arm: {sandbox.url}\n" in text
    assert f"ca_file: {sandbox.ca_file}\n" in text
    assert f"url: {sandbox.directory.url}\n" in text
