from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from runbook.envelope import Envelope
from runbook.identity import ManagedIdentity
from runbook.outcome import Failed, Refused
from runbook.variable import Variables
from tests.unit.runbook.standins import NOON, Wire, https, reply

ENVELOPE = Envelope("check", "t", NOON, "https://arm", "https://arm/", "/subs/x", "settings")
URL = "https://arm/subs/x/variables/settings"
ENVIRON = {"IDENTITY_ENDPOINT": "http://127.0.0.1/token", "IDENTITY_HEADER": "h"}


def variables(answer: Any) -> Variables:
    wire = Wire({URL: answer, "http://127.0.0.1/token": reply(200, {"access_token": "T"})})
    return Variables(ENVELOPE, https(wire), ManagedIdentity(ENVIRON, https(wire)))


@pytest.mark.parametrize(
    ("value", "text"),
    [('"caf\\u00e9"', "café"), ('{"a": 1}', '{"a": 1}'), ('"{\\"a\\": 1}"', '{"a": 1}'), ("5", "5")],
)
def test_json_strings_and_other_json_are_both_read(value: str, text: str) -> None:
    assert variables(reply(200, {"properties": {"value": value}})).read("settings") == text


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (reply(403, {"error": {"code": "AuthorizationFailed"}}), "403 AuthorizationFailed; give .* the role Reader"),
        (reply(404, {}), "run 'lockstep apply'"),
        (reply(409, {}), "try again later"),
        (reply(200, {"properties": {"isEncrypted": True}}), "encrypted"),
        (reply(200, {}), "no readable value"),
        (reply(200, {"properties": {"value": "{"}}), "not JSON"),
        (OSError("gone"), "did not answer"),
    ],
)
def test_a_variable_that_cannot_be_read_is_an_error_with_its_remedy(answer: Any, message: str) -> None:
    with pytest.raises(Failed, match=message) as failure:
        variables(answer).read("settings")

    assert "Automation variable settings" in str(failure.value)


def test_names_cannot_leave_their_place_in_the_address() -> None:
    wire = Wire({"http://127.0.0.1/token": reply(200, {"access_token": "T"})})
    reader = Variables(ENVELOPE, https(wire), ManagedIdentity(ENVIRON, https(wire)))

    with pytest.raises(Failed):
        reader.read("../jobs?x=")

    assert wire.urls[-1] == "https://arm/subs/x/variables/..%2Fjobs%3Fx%3D?api-version=2023-11-01"


def test_a_resource_group_may_have_letters_that_no_address_has() -> None:
    wire = Wire({"http://127.0.0.1/token": reply(200, {"access_token": "T"})})
    envelope = replace(ENVELOPE, automation_account="/subs/x/resourceGroups/rg-Köln/accounts/aa")
    reader = Variables(envelope, https(wire), ManagedIdentity(ENVIRON, https(wire)))

    with pytest.raises(Failed):
        reader.read("settings")

    assert wire.urls[-1].startswith("https://arm/subs/x/resourceGroups/rg-K%C3%B6ln/accounts/aa/variables/settings?")


OWN = "/subscriptions/S/resourcegroups/RG/providers/Microsoft.Automation/automationAccounts/aa"


def _token(resource: str) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"xms_mirid": resource}).encode()).decode().rstrip("=")
    return f"e30.{claims}.signature"


@pytest.mark.parametrize(
    "resource",
    [OWN, OWN.upper(), "/subscriptions/s/resourcegroups/rg/providers/microsoft.compute/virtualMachines/vm", ""],
)
def test_settings_are_read_from_the_account_the_job_runs_in(resource: str) -> None:
    wire = Wire({"http://127.0.0.1/token": reply(200, {"access_token": _token(resource)})})

    Variables(replace(ENVELOPE, automation_account=OWN), https(wire), ManagedIdentity(ENVIRON, https(wire)))

    assert len(wire.asked) == 1


def test_settings_of_another_account_are_not_read() -> None:
    wire = Wire({"http://127.0.0.1/token": reply(200, {"access_token": _token(OWN)})})
    elsewhere = replace(ENVELOPE, automation_account=OWN.replace("/RG/", "/theirs/"))

    with pytest.raises(Refused, match="no settings are read from elsewhere"):
        Variables(elsewhere, https(wire), ManagedIdentity(ENVIRON, https(wire)))
