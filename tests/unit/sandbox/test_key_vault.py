from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provision.sandbox import seed
from provision.sandbox.tokens import ARM, VAULT

if TYPE_CHECKING:
    from provision.sandbox.service import Answer
    from tests.unit.sandbox.conftest import Azure


def read(azure: Azure, path: str, audience: str = VAULT) -> Answer:
    token = azure.token(azure.cloud.account.identity, audience)
    return azure.send("GET", path, headers={"authorization": f"Bearer {token}"})


def test_the_accounts_identity_reads_the_secret_in_any_version_that_exists(azure: Azure) -> None:
    answer = read(azure, "/secrets/ad-bind?api-version=7.4")
    assert answer.body["value"] == seed.BIND_PASSWORD
    version = answer.body["id"].rsplit("/", 1)[1]
    assert read(azure, f"/secrets/AD-bind/{version}?api-version=7.4").body == answer.body


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/secrets/none?api-version=7.4", 404, "SecretNotFound"),
        ("/secrets/ad-bind/000?api-version=7.4", 404, "SecretNotFound"),
        ("/secrets/ad-bind", 400, "BadParameter"),
        ("/secrets/ad-bind?api-version=1", 400, "BadParameter"),
    ],
)
def test_anything_else_is_refused(azure: Azure, path: str, status: int, code: str) -> None:
    answer = read(azure, path)
    assert (answer.status, answer.body["error"]["code"]) == (status, code)


def test_a_token_for_resource_manager_is_401(azure: Azure) -> None:
    assert read(azure, "/secrets/ad-bind?api-version=7.4", ARM).status == 401


def test_somebody_else_is_403_and_the_message_does_not_hold_the_secret(azure: Azure) -> None:
    headers = {"authorization": f"Bearer {azure.token(audience=VAULT)}"}
    answer = azure.send("GET", "/secrets/ad-bind?api-version=7.4", headers=headers)
    assert (answer.status, answer.body["error"]["code"]) == (403, "Forbidden")
    assert seed.BIND_PASSWORD not in str(answer.body)
