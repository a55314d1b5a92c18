"""What is to be repeated, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from provision.errors import ProvisionError
from provision.resource import GraphTarget
from provision.runs import replay
from provision.runs.replay import Original
from tests.fakes import guid
from tests.ran import (
    APP,
    ENVIRONMENT,
    JOB,
    REQUEST,
    RUN,
    USER,
    Answers,
    callout,
    job_answer,
    job_id,
    printed,
    request_answer,
    run_answer,
)

NAMED = [
    {"target": {"objectId": USER.upper(), "principalName": "Ada@corp.example"}},
    {"target": {"objectId": USER, "principalName": "ada@corp.example"}},
    {"target": {"objectId": guid("grace"), "principalName": "grace@corp.example"}},
    {"target": None},
]


def _known(status: str = "Failed", outcome: str = "refused", run: str = "Failed", **more: Any) -> Answers:
    return Answers(
        {
            f"{APP.id}/runs/{RUN}": run_answer(run),
            job_id(): job_answer(status, callout(**more)),
            f"{job_id()}/output": {"text": printed(outcome, "has no AD account")},
            ("request", REQUEST): request_answer(),
        }
    )


def _jobless(*requests: dict[str, Any]) -> Answers:
    """A run whose job could not be started, and what Entra knows."""
    answer = run_answer("Failed", error="not started")
    return Answers({f"{APP.id}/runs/{RUN}": answer, ("requests",): list(requests)})


def _called(**more: Any) -> dict[str, Any]:
    return {"customExtensionCalloutInstances": [{"id": JOB, "externalCorrelationId": RUN}], **more}


def _found(azure: Answers, reference: str = RUN) -> Original:
    return replay.find(azure, ENVIRONMENT, reference, (APP,))


def test_a_run_leads_to_its_job_and_callout() -> None:
    found = _found(_known())

    assert found.job is not None
    assert (found.job.id, found.source) == (JOB, "entitlement")
    assert found.callout["stage_instance"] == JOB
    assert set(found.callout) == set(replay.CALLOUT["entitlement"])
    assert found.said == f"run {RUN} ended as Failed: has no AD account"


def test_a_job_leads_to_its_callout_without_a_run() -> None:
    found = _found(_known(), JOB.upper())

    assert found.run is None
    assert found.said == f"job {JOB} is Failed: has no AD account"


@pytest.mark.parametrize(
    ("kind", "stage"), [("adminAdd", "Granted"), ("userRemove", "Removed"), ("systemExpire", "Removed")]
)
def test_a_run_without_a_job_is_what_entra_says_of_it(kind: str, stage: str) -> None:
    found = _found(_jobless(request_answer(), request_answer(**_called(requestType=kind))))

    assert found.job is None
    assert found.said == f"run {RUN} ended as Failed: not started"
    assert found.callout == {
        "user": USER,
        "stage": f"assignmentRequest{stage}",
        "request_type": kind,
        "request": REQUEST,
        "stage_instance": JOB,
        "access_package": guid("p1"),
        "assignment": guid("assignment"),
        "catalog": guid("c1"),
    }
    replay.refuse_needless(found, waits=False)


def test_a_callout_of_lifecycle_workflows_has_its_own_keys() -> None:
    found = _found(_known(source="lifecycle", workflow=guid("w"), task=guid("t"), task_result=guid("r")), JOB)

    assert found.callout == {"user": USER, "workflow": guid("w"), "task": guid("t"), "task_result": guid("r")}


@pytest.mark.parametrize(
    ("azure", "reference", "said"),
    [
        (_known(), "../x", "is no id of a run or job"),
        (_known(), "08584061588248945057CU99", "no Logic App of environment test has a run"),
        (Answers(), JOB, "is neither a job nor a run"),
        (_jobless(), RUN, "not started.*--user ID"),
        (_jobless(request_answer(**_called(assignment={"id": "1"}))), RUN, "not started.*--user ID"),
        (_known(environment="prod"), JOB, "is no job of environment test"),
        (_known(user="everybody"), JOB, "is no job of environment test"),
        (Answers({job_id(): job_answer("Failed")}), JOB, "is no job of environment test"),
        (_known(source="reconcile"), JOB, f"started by `lockstep` itself .*--user {USER}"),
    ],
)
def test_what_cannot_be_repeated_is_refused(azure: Answers, reference: str, said: str) -> None:
    with pytest.raises(ProvisionError, match=said):
        _found(azure, reference)


@pytest.mark.parametrize(
    ("azure", "reference", "waits", "said"),
    [
        (_known("Completed", "done", "Succeeded"), RUN, False, f"It did not fail.*--user {USER}"),
        (_known("Completed", "done"), JOB, False, "It did not fail"),
        (_known(run="Running"), RUN, True, "Wait until it has ended"),
        (_known("Running"), JOB, True, "Wait until it has ended"),
    ],
)
def test_what_did_not_fail_is_not_repeated(azure: Answers, reference: str, *, waits: bool, said: str) -> None:
    with pytest.raises(ProvisionError, match=said):
        replay.refuse_needless(_found(azure, reference), waits=waits)


@pytest.mark.parametrize(
    ("azure", "reference", "waits"),
    [
        (_known(), RUN, False),
        (_known("Suspended"), JOB, True),
        (_known("Completed", "done"), RUN, True),  # done, but the callback failed
        (_known("Completed", "done"), JOB, True),
    ],
)
def test_what_failed_is_repeated(azure: Answers, reference: str, *, waits: bool) -> None:
    replay.refuse_needless(_found(azure, reference), waits=waits)


def test_a_person_is_named_by_object_id_or_principal_name() -> None:
    azure = Answers({("assignments",): NAMED})

    assert replay.user_id(azure, USER.upper()) == USER
    assert azure.reads == []
    assert replay.user_id(azure, "ADA@corp.example") == USER


@pytest.mark.parametrize(
    ("name", "said"), [("ada", "object id in Entra, or the user principal name"), ("no@one", "none of those with")]
)
def test_a_person_nobody_knows_is_refused(name: str, said: str) -> None:
    with pytest.raises(ProvisionError, match=said):
        replay.user_id(Answers({("assignments",): NAMED}), name)


def test_nothing_typed_reaches_an_address_unchecked() -> None:
    azure = _known()

    with pytest.raises(ProvisionError):
        _found(azure, f"{RUN}/actions")

    assert not any(isinstance(target, GraphTarget) for target in azure.reads)
    assert azure.reads == []
