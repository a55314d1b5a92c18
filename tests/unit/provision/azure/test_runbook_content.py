from __future__ import annotations

from typing import Any

import pytest

from provision.azure.arm import Arm
from provision.cloud import PUBLIC
from provision.errors import ProvisionError, ServiceRefusal
from provision.resource import ContentTarget, Request
from tests.fakes import ACCOUNT
from tests.unit.provision.azure.wires import Answer, Requests, SignedIn

TARGET = ContentTarget(f"{ACCOUNT}/runbooks/lockstep")
HERE = f"https://management.azure.com{TARGET.id}"
DONE = f"{HERE}/operationResults/1?api-version=2024-10-23"
ACCEPTED = Answer(202, None, {"Location": DONE})
NOT_FOUND = {"code": "NotFound", "message": "The runbook was not found."}
TEXT = {"Content-Type": "text/powershell"}


def runbook(state: str) -> Answer:
    return Answer(200, {"name": "lockstep", "location": "w", "properties": {"state": state, "runbookType": "Python"}})


def arm(*answers: Answer | Exception) -> tuple[Arm, Requests]:
    wire = Requests(*answers)
    options: dict[str, Any] = {"transport": wire.transport(), "retry_total": 0, "polling_interval": 0}
    return Arm(PUBLIC, "22222222-2222-4222-8222-222222222222", SignedIn(), **options), wire


def seen(wire: Requests) -> list[tuple[str, str]]:
    return [(method, url.removeprefix(HERE).split("?")[0]) for method, url, _, _ in wire.seen]


def test_published_content_is_read() -> None:
    client, _ = arm(runbook("Edit"), Answer(200, "print()\r\n", TEXT))

    assert client.read(TARGET) == {"content": "print()\r\n"}


def test_what_was_never_published_is_absent_without_asking_for_it() -> None:
    client, wire = arm(runbook("New"))

    assert client.read(TARGET) is None
    assert seen(wire) == [("GET", "")]


def test_the_content_of_a_runbook_that_does_not_exist_is_absent() -> None:
    client, _ = arm(Answer(404, NOT_FOUND))

    assert client.read(TARGET) is None


@pytest.mark.parametrize("answer", [Answer(404, "<html/>"), Answer(403, {"error": {"code": "x", "message": "y"}})])
def test_any_other_answer_is_an_error(answer: Answer) -> None:
    client, _ = arm(answer)

    with pytest.raises(ProvisionError):
        client.read(TARGET)


def test_content_is_drafted_published_and_read_back() -> None:
    answers = (ACCEPTED, Answer(200), ACCEPTED, Answer(200), runbook("Published"), runbook("Published"))
    client, wire = arm(*answers, Answer(200, "print()\n", TEXT))
    said: list[str] = []

    answer = client.send(Request("publish", TARGET, "print()\n"), TARGET, said.append)

    assert answer == {"state": "Published", "content": "print()\n"}
    assert seen(wire) == [
        ("PUT", "/draft/content"),
        ("GET", "/operationResults/1"),
        ("POST", "/publish"),
        ("GET", "/operationResults/1"),
        ("GET", ""),
        ("GET", ""),
        ("GET", "/content"),
    ]
    assert wire.seen[0][3]["Content-Type"] == "text/powershell"
    assert said == ["uploading the draft", "publishing", "reading back"]


@pytest.mark.parametrize("status", [400, 415])
def test_a_service_that_refuses_one_content_type_is_offered_the_other(status: int) -> None:
    refusal = Answer(status, {"code": "UnsupportedMediaType", "message": "no"})
    answers = (refusal, ACCEPTED, Answer(200), ACCEPTED, Answer(200), runbook("Published"), runbook("Published"))
    client, wire = arm(*answers, Answer(200, "x", TEXT))

    client.send(Request("publish", TARGET, "x"), TARGET, lambda _: None)

    assert [headers["Content-Type"] for method, _, _, headers in wire.seen if method == "PUT"] == [
        "text/powershell",
        "text/plain",
    ]


def test_an_upload_that_is_answered_with_200_has_succeeded() -> None:
    answers = (Answer(200), ACCEPTED, Answer(200), runbook("Published"), runbook("Published"), Answer(200, "x", TEXT))
    client, _ = arm(*answers)

    assert client.send(Request("publish", TARGET, "x"), TARGET, lambda _: None)["state"] == "Published"


def test_an_upload_that_is_refused_twice_is_refused() -> None:
    refusal = Answer(400, {"code": "BadRequest", "message": "the script is too large"})
    client, wire = arm(refusal, refusal)

    with pytest.raises(ServiceRefusal, match="the script is too large"):
        client.send(Request("publish", TARGET, "x"), TARGET, lambda _: None)
    assert len(wire.seen) == 2
