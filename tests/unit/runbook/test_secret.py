from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from runbook.identity import ManagedIdentity
from runbook.outcome import Failed
from runbook.secret import Secrets, SecretSource
from tests.unit.runbook.standins import Wire, https, reply

VAULT = "https://kv.vault.azure.net/secrets/ad-bind"
ENVIRON = {"IDENTITY_ENDPOINT": "http://127.0.0.1/token", "IDENTITY_HEADER": "h"}


def secrets(answers: dict[str, Any]) -> tuple[Secrets, Wire]:
    wire = Wire({"http://127.0.0.1/token": reply(200, {"access_token": "T"}), **answers})
    return Secrets(https(wire), ManagedIdentity(ENVIRON, https(wire)), "https://vault.azure.net"), wire


class Assets(ModuleType):
    """What a Linux worker offers as `automationassets`."""

    def get_automation_credential(self, name: str) -> Any:
        return {"ad": {"username": "u", "password": "hunter2"}, "empty": {"username": "u"}}[name]

    def get_automation_variable(self, name: str) -> Any:
        return {"ad": "hunter2", "number": 5, "gone": None}[name]


@pytest.fixture
def linux_worker() -> Iterator[None]:
    sys.modules["automationassets"] = Assets("automationassets")
    yield
    del sys.modules["automationassets"]


def test_key_vault_gives_the_secret() -> None:
    reader, wire = secrets({VAULT: reply(200, {"value": "hunter2"})})

    assert reader.read(SecretSource("key_vault", VAULT)).value == "hunter2"
    assert wire.asked[-1][0] == f"{VAULT}?api-version=7.4"
    assert wire.asked[-1][1]["Authorization"] == "Bearer T"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (reply(401, {}), "Key Vault Secrets User"),
        (reply(403, {"error": {"code": "ForbiddenByRbac"}}), "403 ForbiddenByRbac; .*Key Vault Secrets User"),
        (reply(404, {}), "create the secret"),
        (reply(400, {}), "try again later"),
        (reply(200, {"value": ""}), "is empty"),
        (reply(200, {}), "is empty"),
    ],
)
def test_key_vaults_refusals_say_what_to_do(answer: Any, message: str) -> None:
    reader, _ = secrets({VAULT: answer})

    with pytest.raises(Failed, match=message):
        reader.read(SecretSource("key_vault", VAULT))


@pytest.mark.parametrize("host", ["evil.example", "vault.azure.net.evil.example", "evilvault.azure.net"])
def test_the_token_for_vaults_goes_to_vaults_only(host: str) -> None:
    reader, wire = secrets({})

    with pytest.raises(Failed, match="not the address of a vault"):
        reader.read(SecretSource("key_vault", f"https://{host}/secrets/x"))

    assert wire.asked == []


@pytest.mark.usefixtures("linux_worker")
@pytest.mark.parametrize("keeper", ["automation_credential", "automation_variable"])
def test_a_linux_workers_assets_give_the_secret(keeper: str) -> None:
    assert secrets({})[0].read(SecretSource(keeper, "ad")).value == "hunter2"


@pytest.mark.usefixtures("linux_worker")
@pytest.mark.parametrize(
    ("keeper", "place", "message"),
    [
        ("automation_credential", "absent", r"cannot be read \(KeyError\)"),
        ("automation_credential", "empty", "empty or not text"),
        ("automation_variable", "number", "empty or not text"),
        ("automation_variable", "gone", "empty or not text"),
    ],
)
def test_an_asset_that_is_absent_or_empty_is_an_error(keeper: str, place: str, message: str) -> None:
    with pytest.raises(Failed, match=message):
        secrets({})[0].read(SecretSource(keeper, place))


def test_a_worker_without_assets_says_so() -> None:
    with pytest.raises(Failed, match="Windows workers have none"):
        secrets({})[0].read(SecretSource("automation_credential", "ad"))
