"""Our own token's claims, and the time by a service's answer."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from provision.azure import identity, service_date
from provision.errors import ProvisionError


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
