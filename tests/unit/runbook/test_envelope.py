from __future__ import annotations

from typing import Any

import pytest

from runbook.envelope import read_envelope
from runbook.outcome import Refused
from tests.unit.runbook.standins import ASSIGNMENT, NOON, PACKAGE_A, USER

ACCOUNT = (
    "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/rg (x)._-"
    "/providers/Microsoft.Automation/automationAccounts/aa-1"
).replace(" ", "")
JOB = "abababab-1212-4212-8212-121212121212"


def parameter(**changes: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "source": "entitlement",
        "environment": "test",
        "job": JOB,
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


def test_a_whole_envelope_is_read() -> None:
    envelope = read_envelope(parameter(arm="https://management.azure.com/", assignment=None, stage_instance=None))

    assert (envelope.user, envelope.event, envelope.access_package) == (USER, "granted", PACKAGE_A)
    assert (envelope.assignment, envelope.stage_instance) == ("", "")
    assert envelope.deadline == NOON
    assert envelope.arm == "https://management.azure.com"
    assert envelope.source == "entitlement"


def asked_by(source: str, **more: Any) -> dict[str, Any]:
    common = ("version", "environment", "job", "deadline", "arm", "arm_audience", "automation_account", "settings")
    return {**{key: parameter()[key] for key in common}, "source": source, **more}


def test_a_task_of_a_workflow_names_a_person_and_its_own_result() -> None:
    ids = {"workflow": PACKAGE_A, "task": "", "task_result": ASSIGNMENT.upper()}

    envelope = read_envelope(asked_by("lifecycle", user=USER, **ids))

    assert (envelope.source, envelope.user, envelope.stage_instance) == ("lifecycle", USER, ASSIGNMENT)
    assert (envelope.event, envelope.access_package, envelope.assignment) == ("", "", "")


def test_an_instance_that_is_no_guid_is_left_out_because_nothing_depends_on_it() -> None:
    assert read_envelope(asked_by("lifecycle", user=USER, task_result="not-a-guid")).stage_instance == ""
    assert read_envelope(parameter(stage_instance="not-a-guid")).stage_instance == ""


def test_only_the_person_is_asked_of_reconcile_and_nobody_of_check_and_release() -> None:
    assert read_envelope(asked_by("reconcile", user=USER)).user == USER
    for source in ("check", "release"):
        assert read_envelope(asked_by(source, people=7, groups=0)).user == ""


def test_a_release_says_which_job_it_is_and_how_many_were_agreed_to() -> None:
    envelope = read_envelope(asked_by("release", people=7, groups=3, job=JOB.upper()))

    assert (envelope.people, envelope.groups, envelope.job) == (7, 3, JOB)


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "lifecycle"},
        {"source": "lifecycle", "user": USER, "workflow": "x"},
        {"source": "lifecycle", "user": USER, "task": 5},
        {"source": "lifecycle", "user": USER, "task_result": 5},
        {"source": "reconcile", "user": ""},
        {"source": "reconcile", "user": "*"},
        {"source": "check", "arm": "https://evil.example"},
        {"source": "release", "deadline": ""},
        {"source": "release", "settings": None},
        {"source": "release", "people": 1, "groups": 1, "job": ""},
        {"source": "release", "people": 1, "groups": 1, "job": "any"},
        {"source": "release", "people": 1, "groups": 1, "job": None},
        {"source": "release", "groups": 1},
        {"source": "release", "people": 1},
        {"source": "release", "people": True, "groups": 1},
        {"source": "release", "people": "1", "groups": 1},
        {"source": "release", "people": -1, "groups": 1},
        {"source": "release", "people": 1.0, "groups": 1},
    ],
)
def test_a_malformed_field_of_another_source_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        read_envelope({**asked_by(""), **changes})


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
        {"source": "somebody"},
        {"source": None},
        {"source": ["check"]},
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
