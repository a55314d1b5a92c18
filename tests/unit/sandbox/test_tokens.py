from __future__ import annotations

import base64
import json
import time

import pytest

from provision.sandbox.principals import Principals
from provision.sandbox.service import Call, Refusal
from provision.sandbox.tokens import ARM, GRAPH, VAULT, TokenAuthority, audience_of

TENANT = "11111111-1111-4111-8111-111111111111"
AUTHORITY = TokenAuthority(TENANT)
APP = Principals().add("app", "application", ("User.Read.All",))


def call_with(authorization: str) -> Call:
    return Call("GET", "/", {}, {}, {"authorization": authorization}, b"", "https://x")


@pytest.mark.parametrize(
    ("asked", "service"),
    [
        ("https://management.azure.com", ARM),
        ("https://management.azure.com/", ARM),
        ("https://management.core.windows.net/", ARM),
        ("https://graph.microsoft.com", GRAPH),
        ("00000003-0000-0000-c000-000000000000", GRAPH),
        ("https://vault.azure.net", VAULT),
    ],
)
def test_every_spelling_of_an_audience_opens_its_service(asked: str, service: str) -> None:
    caller = AUTHORITY.caller(call_with(f"Bearer {AUTHORITY.issue(APP, asked)}"), service)
    assert (caller.object_id, caller.app_id) == (APP.object_id, APP.app_id)
    assert audience_of(asked) == service


def test_graph_roles_are_in_graph_tokens_only() -> None:
    graph = AUTHORITY.caller(call_with(f"Bearer {AUTHORITY.issue(APP, GRAPH)}"), GRAPH)
    arm = AUTHORITY.caller(call_with(f"Bearer {AUTHORITY.issue(APP, ARM)}"), ARM)
    assert graph.roles == frozenset({"User.Read.All"})
    assert arm.roles == frozenset()


def forged(token: str) -> str:
    header, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    changed = base64.urlsafe_b64encode(json.dumps({**claims, "oid": "somebody-else"}).encode()).decode().rstrip("=")
    return f"{header}.{changed}.{signature}"


@pytest.mark.parametrize(
    ("authorization", "said"),
    [
        ("", "header is missing"),
        ("Basic abc", "header is missing"),
        ("Bearer nonsense", "does not verify"),
        ("Bearer " + forged(AUTHORITY.issue(APP, ARM)), "does not verify"),
        ("Bearer " + TokenAuthority(TENANT).issue(APP, ARM), "does not verify"),
        ("Bearer " + AUTHORITY.issue(APP, ARM, lifetime=-1), "expiry"),
        ("Bearer " + AUTHORITY.issue(APP, GRAPH), "wrong audience"),
        ("PoP " + AUTHORITY.issue(APP, ARM), "header is missing"),
    ],
)
def test_a_missing_forged_expired_or_foreign_token_is_401(authorization: str, said: str) -> None:
    with pytest.raises(Refusal, match=said) as caught:
        AUTHORITY.caller(call_with(authorization), ARM)
    assert caught.value.status == 401
    assert "WWW-Authenticate" in caught.value.headers


def test_key_vault_names_its_resource_in_the_challenge() -> None:
    with pytest.raises(Refusal) as caught:
        AUTHORITY.caller(call_with(""), VAULT)
    assert f'resource="{VAULT}"' in caught.value.headers["WWW-Authenticate"]


def test_a_pop_token_carries_six_claims() -> None:
    token = AUTHORITY.issue_pop("an-app", "post", "management.azure.com", "/subscriptions/x")
    assert AUTHORITY.pop_claims(f"PoP {token}") == {
        "iss": f"https://sts.windows.net/{TENANT}/",
        "aud": "https://management.azure.com",
        "appid": "an-app",
        "m": "POST",
        "u": "management.azure.com",
        "p": "/subscriptions/x",
    }


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "PoP",
        "PoP nonsense",
        "Bearer " + AUTHORITY.issue_pop("a", "POST", "h", "/p"),
        "PoP " + AUTHORITY.issue(APP, ARM),
        "PoP " + TokenAuthority(TENANT).issue_pop("a", "POST", "h", "/p"),
        "PoP " + forged(AUTHORITY.issue_pop("a", "POST", "h", "/p")),
    ],
)
def test_anything_but_a_fresh_pop_token_of_this_tenant_has_no_claims(authorization: str) -> None:
    assert AUTHORITY.pop_claims(authorization) is None


def test_a_federated_token_is_for_the_token_exchange_and_lasts() -> None:
    claims = AUTHORITY.claims(AUTHORITY.issue_federated("subject"))
    assert claims is not None
    assert (claims["aud"], claims["sub"]) == ("api://AzureADTokenExchange", "subject")
    assert claims["exp"] > time.time() + 86400
