from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from runbook.identity import ManagedIdentity, Secret, resource_of, roles_of
from runbook.outcome import Failed
from tests.unit.runbook.standins import Wire, https, reply

ENVIRON = {"IDENTITY_ENDPOINT": "http://127.0.0.1:40000/token", "IDENTITY_HEADER": "h"}
ASKED = "http://127.0.0.1:40000/token?api-version=2019-08-01&resource=https%3A%2F%2Fgraph.microsoft.com"
METADATA = "http://169.254.169.254/metadata/identity/oauth2/token"
AUDIENCE = "https://graph.microsoft.com"


def test_the_accounts_endpoint_is_asked_with_its_header() -> None:
    wire = Wire({ASKED: reply(200, {"access_token": "T"})})

    assert ManagedIdentity(ENVIRON, https(wire)).authorization(AUDIENCE) == {"Authorization": "Bearer T"}
    assert wire.asked[0][1] == {"User-Agent": "lockstep", "X-IDENTITY-HEADER": "h", "Metadata": "true"}


def test_an_endpoint_that_has_a_query_keeps_it() -> None:
    wire = Wire({"http://127.0.0.1:40000/token": reply(200, {"access_token": "T"})})

    ManagedIdentity({**ENVIRON, "IDENTITY_ENDPOINT": "http://127.0.0.1:40000/token?id=1"}, https(wire)).token(AUDIENCE)

    assert wire.urls[0].startswith("http://127.0.0.1:40000/token?id=1&api-version=")


def test_without_it_the_machines_metadata_service_is_asked() -> None:
    wire = Wire({METADATA: reply(200, {"access_token": "T"})})

    assert ManagedIdentity({}, https(wire)).token(AUDIENCE).value == "T"
    assert "api-version=2018-02-01" in wire.urls[0]


@pytest.mark.parametrize(
    "answer", [reply(400, {"message": "no identity"}), reply(200, {}), reply(200, {"access_token": ""}), OSError("no")]
)
def test_no_token_is_an_error_that_says_what_to_turn_on(answer: object) -> None:
    for environ, url in ((ENVIRON, ASKED.partition("?")[0]), ({}, METADATA)):
        wire = Wire({url: answer})  # type: ignore[dict-item]

        with pytest.raises(Failed, match="managed identity"):
            ManagedIdentity(environ, https(wire)).token(AUDIENCE)


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret("hunter2")

    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    assert secret.value == "hunter2"


@pytest.mark.parametrize("token", ["T", "a.b.c", "e30.e30.x", "e30.WzFd.x", "e30.eyJ4bXNfbWlyaWQiOjF9.x", "e30.gICA.x"])
def test_a_token_that_does_not_say_whose_it_is_says_nothing(token: str) -> None:
    assert resource_of(Secret(token)) == ""


def jwt(**claims: Any) -> str:
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.x"


@pytest.mark.parametrize(
    ("token", "roles"),
    [
        (jwt(roles=["User.Read.All", 5]), {"User.Read.All"}),
        (jwt(sub="x"), set()),
        (jwt(roles="User.Read.All"), set()),
        ("opaque", None),
        ("e30.WzFd.x", None),
    ],
)
def test_a_token_tells_its_permissions_or_that_it_does_not(token: str, roles: set[str] | None) -> None:
    assert roles_of(Secret(token)) == roles
