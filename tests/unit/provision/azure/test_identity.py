"""Our own token's claims, and the time by a service's answer."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from provision.azure import Azure, identity, service_date
from provision.azure.arm import Arm
from provision.azure.credential import Credential, SignIn
from provision.azure.graph import Graph
from provision.cloud import PUBLIC
from provision.errors import ProvisionError, ServiceRefusal
from provision.resource import ArmTarget
from tests.fakes import GROUP
from tests.unit.provision.azure.wires import Answer, Requests, SignedIn

HERE = ArmTarget(GROUP, "2021-04-01")


def token(body: Any) -> str:
    encoded = base64.urlsafe_b64encode(json.dumps(body).encode()).rstrip(b"=").decode()
    return f"header.{encoded}.signature"


@pytest.mark.parametrize("length", range(4))
def test_claims_are_read_whatever_the_padding(length: int) -> None:
    body = {"oid": "o" * length, "roles": ["A"], "secret": "x", "upn": "somebody"}

    assert identity.claims(token(body)) == {"oid": "o" * length, "roles": ["A"]}


@pytest.mark.parametrize("text", ["", "opaque", "a.b", "a.%%%.c", token([]), token("x"), "a." + "W" * 90 + ".c"])
def test_an_opaque_token_is_told_and_not_shown(text: str) -> None:
    with pytest.raises(ProvisionError) as refused:
        identity.claims(text)

    assert "cannot be read here" in str(refused.value)
    assert not text or text not in str(refused.value)


def test_a_date_is_read() -> None:
    assert service_date.parsed("Thu, 01 Jan 2026 12:00:00 GMT") == datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("text", [None, "", "soon", "Thu, 99 Jan 2026 12:00:00 GMT"])
def test_no_date_is_told(text: str | None) -> None:
    with pytest.raises(ProvisionError, match="about its time"):
        service_date.parsed(text)


def azure(*answers: Answer | Exception) -> Azure:
    """The services over a wire that gives these answers of Resource Manager."""
    transport = Requests(*answers).transport()
    signed_in = Credential(SignedIn(), SignIn("t", "azure_cli"))
    return Azure(Arm(PUBLIC, "s", SignedIn(), transport=transport, retry_total=0), Graph(PUBLIC, signed_in), signed_in)


def test_the_service_tells_its_time_with_any_answer_to_a_read() -> None:
    with azure(Answer(200, {"name": "rg"}, {"Date": "Thu, 01 Jan 2026 12:00:00 GMT"})) as services:
        assert services.date(HERE) == datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_a_refused_read_tells_no_time() -> None:
    denied = {"error": {"code": "AuthorizationFailed", "message": "no"}}
    with azure(Answer(403, denied)) as services, pytest.raises(ServiceRefusal):
        services.date(HERE)


def test_our_own_claims_come_from_the_sign_in() -> None:
    with azure() as services, pytest.raises(ProvisionError, match="cannot be read here"):
        services.claims("https://graph.microsoft.com/.default")  # this wire's token is no JSON web token
