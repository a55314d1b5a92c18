from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from runbook.envelope import decode_parameter, read_envelope
from runbook.outcome import Refused
from tests.unit.runbook.standins import ASSIGNMENT, NOON, PACKAGE_A, USER

ACCOUNT = (
    "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/rg (x)._-"
    "/providers/Microsoft.Automation/automationAccounts/aa-1"
).replace(" ", "")


def parameter(**changes: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "source": "entitlement",
        "environment": "test",
        "user": USER.upper(),
        "stage": "assignmentRequestGranted",
        "request_type": "adminAdd",
        "stage_instance": ASSIGNMENT,
        "access_package": PACKAGE_A,
        "assignment": ASSIGNMENT,
        "deadline": "2026-11-23T12:00:00.0000000Z",
        "arm": "https://management.azure.com",
        "arm_audience": "https://management.azure.com/",
        "automation_account": ACCOUNT,
        "settings": "lockstep-test-settings",
        **changes,
    }


FIELDS = {"a": 'quote " and ümlaut', "n": 1, "t": True, "z": None}
ENCODED = "b64." + base64.b64encode(json.dumps(FIELDS).encode()).decode()


@pytest.mark.parametrize(
    "value",
    [ENCODED, f" {ENCODED}\n", f'"{ENCODED}"', json.dumps(FIELDS), str(FIELDS)],
    ids=["base64", "blanks", "quoted", "json", "json decoded by the worker"],
)
def test_every_form_in_which_a_worker_may_pass_the_envelope_is_read(value: str) -> None:
    assert decode_parameter([value]) == FIELDS


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["a", "b"],
        [""],
        ["True"],
        ["b64.%%%"],
        ["b64.e30"],
        ["b64." + base64.b64encode(b"\xff").decode()],
        ["b64." + base64.b64encode(b"[1]").decode()],
        ["{'a': __import__('os')}"],
        ["{'a': " + "[" * 5000],
        ["5"],
    ],
)
def test_anything_else_is_refused_without_repeating_it(arguments: list[str]) -> None:
    with pytest.raises(Refused) as refusal:
        decode_parameter(arguments)

    assert "envelope" in str(refusal.value)
    assert "__import__" not in str(refusal.value)


def test_a_whole_envelope_is_read() -> None:
    envelope = read_envelope(parameter(arm="https://management.azure.com/", assignment=None, stage_instance=None))

    assert (envelope.user, envelope.event, envelope.access_package) == (USER, "granted", PACKAGE_A)
    assert (envelope.assignment, envelope.stage_instance) == ("", "")
    assert envelope.deadline == NOON
    assert envelope.arm == "https://management.azure.com"


EVENTS = [
    ("assignmentRequestGranted", "adminAdd", "granted"),
    ("AssignmentRequestGranted", "userUpdate", "granted"),
    ("assignmentRequestGranted", "userExtend", "granted"),
    ("assignmentRequestGranted", "onBehalfAdd", "granted"),
    ("assignmentRequestGranted", "", "granted"),
    ("assignmentRequestGranted", None, "granted"),
    ("assignmentRequestRemoved", "adminRemove", "removed"),
    ("assignmentRequestRemoved", "SYSTEMREMOVE", "removed"),
    ("assignmentRequestRemoved", "systemExpire", "removed"),
    ("assignmentRequestRemoved", "expiredAssignment", "removed"),
    ("assignmentRequestRemoved", "", "removed"),
]
NO_EVENTS = [
    ("CustomExtensionConnectionTest", ""),
    ("assignmentRequestCreated", "userAdd"),
    ("assignmentRequestApproved", "userAdd"),
    ("assignmentFourteenDaysBeforeExpiration", ""),
    ("Granted", "adminAdd"),
    ("assignmentRequestGranted", "adminRemove"),
    ("assignmentRequestRemoved", "userAdd"),
    ("assignmentRequestGranted", "unknownFutureValue"),
    ("assignmentRequestRemoved", "notSpecified"),
]


@pytest.mark.parametrize(("stage", "request_type", "event"), EVENTS)
def test_stage_and_request_type_together_say_granted_or_removed(stage: str, request_type: str, event: str) -> None:
    assert read_envelope(parameter(stage=stage, request_type=request_type)).event == event


@pytest.mark.parametrize(("stage", "request_type"), NO_EVENTS)
def test_what_is_unknown_or_contradicts_itself_changes_nothing(stage: str, request_type: str) -> None:
    with pytest.raises(Refused):
        read_envelope(parameter(stage=stage, request_type=request_type))


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"source": "lifecycle"},
        {"user": None},
        {"user": ""},
        {"user": "' or true"},
        {"access_package": "x"},
        {"assignment": "x"},
        {"deadline": "soon"},
        {"deadline": 5},
        {"environment": None},
        {"settings": "../keys"},
        {"automation_account": "/subscriptions/x"},
        {"automation_account": ACCOUNT + "/variables/x?y="},
        {"automation_account": ACCOUNT.replace("aa-1", "../x")},
    ],
)
def test_a_malformed_field_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        read_envelope(parameter(**changes))


@pytest.mark.parametrize(
    "arm",
    ["https://management.usgovcloudapi.net", "https://management.chinacloudapi.cn", "https://127.0.0.1:18443"],
)
def test_clouds_and_the_sandbox_may_receive_the_token(arm: str) -> None:
    assert read_envelope(parameter(arm=arm)).arm == arm


@pytest.mark.parametrize(
    "arm",
    [
        "https://evil.example",
        "https://management.azure.com.evil.example",
        "https://management.azure.com:8443",
        "https://management.azure.com@evil.example",
        "http://management.azure.com",
        "https://management.azure.com/x",
        "https://management.azure.com?x",
    ],
)
def test_no_token_is_sent_to_a_host_that_the_parameter_invents(arm: str) -> None:
    with pytest.raises(Refused):
        read_envelope(parameter(arm=arm))
