"""Whether Entra still waits, and what it is told."""

from __future__ import annotations

from typing import Any

import pytest

from provision.errors import ProvisionError, ServiceRefusal
from provision.resource import GraphTarget
from provision.runs import replay, resume
from provision.runs.replay import Original
from tests.fakes import guid
from tests.ran import (
    APP,
    ENVIRONMENT,
    JOB,
    REQUEST,
    RUN,
    STAGE,
    USER,
    Answers,
    callout,
    job_answer,
    job_id,
    printed,
    request_answer,
    run_answer,
)

KEYS = (guid("w"), guid("t"))


def _azure(entra: Any = None, **more: Any) -> Answers:
    return Answers(
        {
            f"{APP.id}/runs/{RUN}": run_answer("Failed"),
            job_id(): job_answer("Failed", callout(**more)),
            f"{job_id()}/output": {"text": printed("refused")},
            ("request", REQUEST): entra,
        }
    )


def _original(azure: Answers, reference: str = RUN) -> Original:
    return replay.find(azure, ENVIRONMENT, reference, (APP,))


def _instance(status: str, **more: Any) -> dict[str, Any]:
    return {"customExtensionCalloutInstances": [{"id": JOB.upper(), "status": status, **more}]}


@pytest.mark.parametrize(
    ("request_", "waits"),
    [
        (request_answer(), True),
        (request_answer("waitingForCallback"), True),
        (request_answer("Waiting_for_callback"), True),
        (request_answer("Delivered"), False),
        (request_answer("CallbackTimedOut"), False),
        (request_answer(status=""), False),
        (None, False),
        (request_answer(**_instance("waitingForCallback")), True),
        (request_answer(**_instance("CalloutSent")), True),
        (request_answer(**_instance("callbackTimedOut")), False),
        (request_answer(**_instance("callbackReceived", id="x", externalCorrelationId=RUN)), False),
        (request_answer(**_instance("callbackReceived", id="x", externalCorrelationId="another")), True),
        (request_answer(**_instance("waitingForCallback", id="x", externalCorrelationId="another")), False),
    ],
)
def test_entra_waits_when_the_request_and_our_callout_say_so(request_: Any, *, waits: bool) -> None:
    azure = _azure(request_)

    assert resume.waits(azure, _original(azure)) is waits


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"user": guid("mallory")}, "its user is not the callout's"),
        ({"access_package": guid("p2")}, "its access package is not the callout's"),
        ({"assignment": guid("an earlier one")}, "its assignment is not the callout's"),
        ({"assignment": ""}, "its assignment is not the callout's"),
    ],
)
def test_a_callout_that_is_not_the_requests_is_not_repeated(changes: dict[str, str], said: str) -> None:
    azure = _azure(request_answer(), **changes)

    with pytest.raises(ProvisionError, match=f"{said}.*reconcile --user {changes.get('user', USER)}"):
        resume.waits(azure, _original(azure))


def test_a_grant_whose_assignment_entra_does_not_show_is_not_repeated() -> None:
    azure = _azure(request_answer(assignment=None))

    with pytest.raises(ProvisionError, match="its user and assignment is not the callout's"):
        resume.waits(azure, _original(azure))


def test_a_callout_without_a_request_waits_for_nothing() -> None:
    azure = _azure(request_answer(), request="")

    assert not resume.waits(azure, _original(azure))


@pytest.mark.parametrize(
    ("status", "waits"), [("inProgress", True), ("queued", True), ("completed", False), ("failed", False)]
)
def test_a_task_waits_while_it_goes_on(status: str, *, waits: bool) -> None:
    azure = _azure(source="lifecycle", workflow=KEYS[0], task=KEYS[1], task_result=guid("r"))
    azure.answers["task results", *KEYS] = [
        {"id": guid("other"), "processingStatus": "inProgress"},
        {"id": guid("r"), "processingStatus": status},
    ]

    assert resume.waits(azure, _original(azure)) is waits


@pytest.mark.parametrize(("subject", "waits"), [(USER.upper(), True), (guid("mallory"), False)])
def test_a_task_that_is_about_somebody_else_waits_for_another_answer(subject: str, *, waits: bool) -> None:
    azure = _azure(source="lifecycle", workflow=KEYS[0], task=KEYS[1], task_result=guid("r"))
    azure.answers["task results", *KEYS] = [
        {"id": guid("r"), "processingStatus": "inProgress", "subject": {"id": subject}}
    ]

    assert resume.waits(azure, _original(azure)) is waits


def test_a_task_without_a_result_waits_for_nothing() -> None:
    azure = _azure(source="lifecycle", workflow=KEYS[0], task=KEYS[1], task_result="")

    assert not resume.waits(azure, _original(azure))


def test_the_answer_is_that_of_the_logic_app() -> None:
    azure = _azure(request_answer())

    resume.answer(_original(azure), ENVIRONMENT, "x" * 500, azure, print)

    (request,) = azure.requests
    assert (request.verb, request.target) == ("post", GraphTarget("request resume", (REQUEST,)))
    assert request.body == {
        "source": "Lockstep test",
        "type": f"microsoft.graph.accessPackageCustomExtensionStage.{STAGE}",
        "data": {
            "@odata.type": "microsoft.graph.accessPackageAssignmentRequestCallbackData",
            "stage": STAGE,
            "customExtensionStageInstanceId": JOB,
            "customExtensionStageInstanceDetail": "x" * 400,
        },
    }


def test_a_task_is_told_that_it_is_completed() -> None:
    azure = _azure(source="lifecycle", workflow=KEYS[0], task=KEYS[1], task_result=guid("r"))

    resume.answer(_original(azure), ENVIRONMENT, "done", azure, print)

    (request,) = azure.requests
    assert request.target == GraphTarget("task resume", (*KEYS, guid("r")))
    assert request.body["data"] == {"operationStatus": "Completed"}


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (ServiceRefusal("Insufficient privileges", 403, "Denied"), r"EntitlementManagement\.ReadWrite\.All"),
        (ServiceRefusal("not waiting", 400, "BadRequest"), f"--user {USER}"),
        (ProvisionError("no answer."), "is not known: no answer. Run the same command again"),
    ],
)
def test_an_answer_that_entra_does_not_take_is_told(refusal: ProvisionError, said: str) -> None:
    azure = _azure(request_answer())
    azure.refusals = [refusal]

    with pytest.raises(ProvisionError, match=rf"the groups are .*{said}"):
        resume.answer(_original(azure), ENVIRONMENT, "done", azure, print)


def test_a_task_that_may_not_be_answered_names_its_permission() -> None:
    azure = _azure(source="lifecycle", workflow=KEYS[0], task=KEYS[1], task_result=guid("r"))
    azure.refusals = [ServiceRefusal("Insufficient privileges", 403, "Denied")]

    with pytest.raises(ProvisionError, match=r"LifecycleWorkflows\.ReadWrite\.All"):
        resume.answer(_original(azure), ENVIRONMENT, "done", azure, print)
