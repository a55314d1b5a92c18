from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from provision.sandbox import seed
from provision.sandbox.service import Call
from provision.sandbox.tokens import ARM, TokenAuthority

if TYPE_CHECKING:
    from tests.unit.sandbox.conftest import Azure

TOKEN = f"/{seed.TENANT}/oauth2/v2.0/token"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def ask(azure: Azure, form: dict[str, str], path: str = TOKEN) -> tuple[int, dict[str, Any]]:
    answer = azure.send("POST", path, urlencode(form).encode())
    assert isinstance(answer.body, dict)
    return answer.status, answer.body


def grant(**changes: str) -> dict[str, str]:
    scope = "https://management.azure.com/.default"
    base = {"grant_type": "client_credentials", "client_id": seed.DEPLOYER_APP_ID, "scope": scope}
    return {**base, **changes}


def test_discovery_names_the_token_endpoint_of_the_tenant(azure: Azure) -> None:
    answer = azure.send("GET", f"/{seed.TENANT}/v2.0/.well-known/openid-configuration")
    assert answer.body["token_endpoint"] == f"https://127.0.0.1:18443{TOKEN}"


def test_a_client_secret_gets_a_token_for_the_asked_resource(azure: Azure) -> None:
    status, body = ask(azure, grant(client_secret=azure.client_secret))
    call = Call("GET", "/", {}, {}, {"authorization": f"Bearer {body['access_token']}"}, b"", "")
    assert status == 200
    assert azure.authority.caller(call, ARM).object_id == seed.DEPLOYER_OBJECT_ID


def test_a_federated_assertion_gets_a_token(azure: Azure) -> None:
    assertion = azure.authority.issue_federated(seed.DEPLOYER_APP_ID)
    status, body = ask(azure, grant(client_assertion_type=ASSERTION, client_assertion=assertion))
    assert (status, body["token_type"]) == (200, "Bearer")


@pytest.mark.parametrize(
    ("changes", "status", "number"),
    [
        ({"grant_type": "password"}, 400, 70003),
        ({"client_id": "nobody"}, 400, 700016),
        ({"client_id": seed.AUTOMATION_OBJECT_ID}, 400, 700016),
        ({}, 401, 7000218),
        ({"client_secret": "wrong"}, 401, 7000215),
        ({"client_assertion_type": "x", "client_assertion": "y"}, 400, 50027),
        ({"client_assertion_type": ASSERTION, "client_assertion": "x.y.z"}, 401, 700027),
        ({"client_secret": "right", "scope": "https://management.azure.com/user_impersonation"}, 400, 1002012),
        ({"client_secret": "right", "scope": "https://127.0.0.1:18443/.default"}, 400, 500011),
    ],
)
def test_what_is_wrong_has_its_aadsts_number(azure: Azure, changes: dict[str, str], status: int, number: int) -> None:
    form = {key: azure.client_secret if value == "right" else value for key, value in grant(**changes).items()}
    answered, body = ask(azure, form)
    assert (answered, body["error_codes"]) == (status, [number])
    assert body["error_description"].startswith(f"AADSTS{number}: ")


@pytest.mark.parametrize(
    ("subject", "lifetime", "number"), [("somebody-else", 60, 700213), (seed.DEPLOYER_APP_ID, -60, 700024)]
)
def test_a_foreign_or_expired_assertion_is_refused(azure: Azure, subject: str, lifetime: float, number: int) -> None:
    assertion = azure.authority.issue_federated(subject, lifetime)
    status, body = ask(azure, grant(client_assertion_type=ASSERTION, client_assertion=assertion))
    assert (status, body["error_codes"]) == (401, [number])


def test_an_access_token_is_no_assertion(azure: Azure) -> None:
    form = grant(client_assertion_type=ASSERTION, client_assertion=azure.token())
    assert ask(azure, form)[1]["error_codes"] == [700212]


def test_an_assertion_of_another_authority_is_refused(azure: Azure) -> None:
    foreign = TokenAuthority(seed.TENANT).issue_federated(seed.DEPLOYER_APP_ID)
    form = grant(client_assertion_type=ASSERTION, client_assertion=foreign)
    assert ask(azure, form)[1]["error_codes"] == [700027]


def test_a_wrong_tenant_is_unknown_to_discovery_and_token_endpoint(azure: Azure) -> None:
    other = "/99999999-0000-4000-8000-000000000000"
    status, body = ask(azure, grant(), f"{other}/oauth2/v2.0/token")
    assert (status, body["error_codes"]) == (400, [90002])
    assert azure.send("GET", f"{other}/v2.0/.well-known/openid-configuration").body["error_codes"] == [90002]
