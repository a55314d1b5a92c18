from __future__ import annotations

from typing import Any

import pytest

from provision.sandbox.arm.workflow_body import check_body, without_secrets
from provision.sandbox.service import Refusal

GROUP = "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/rg-identity"
PREFIX = f"{GROUP}/providers/Microsoft.Logic/workflows/"
GOOD: dict[str, Any] = {"location": "westeurope", "properties": {"definition": {}, "state": "Enabled"}}


@pytest.mark.parametrize("name", ["la", "lockstep-sandbox-finance", "a_b.c(d)"])
def test_a_good_workflow_passes(name: str) -> None:
    check_body(PREFIX + name, GOOD)


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("bad name", GOOD, "InvalidWorkflowName"),
        ("x" * 45, GOOD, "InvalidWorkflowName"),
        ("la", {"location": "x"}, "InvalidRequestContent"),
        ("la", {"location": "x", "properties": {}}, "InvalidRequestContent"),
        ("la", {"properties": {"definition": {}}}, "LocationRequired"),
        ("la", {**GOOD, "colour": "red"}, "InvalidRequestContent"),
        ("la", {**GOOD, "properties": {"definition": {}, "accesControl": {}}}, "InvalidRequestContent"),
        ("la", {**GOOD, "properties": {"definition": {}, "state": "Paused"}}, "InvalidRequestContent"),
    ],
)
def test_a_bad_one_is_refused(name: str, body: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as caught:
        check_body(PREFIX + name, body)
    assert (caught.value.status, caught.value.code) == (400, code)


def test_secure_parameters_come_back_without_value_and_the_original_keeps_it() -> None:
    properties: dict[str, Any] = {
        "definition": {"parameters": {"open": {"type": "String"}, "closed": {"type": "SecureString"}}},
        "parameters": {"open": {"value": "a"}, "closed": {"value": "b"}},
    }
    assert without_secrets(properties)["parameters"] == {"open": {"value": "a"}, "closed": {}}
    assert properties["parameters"]["closed"] == {"value": "b"}
