from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from provision.sandbox.service import Answer
    from tests.unit.sandbox.conftest import Azure

SCRIPT = "print('hello')\n"
V = "?api-version=2024-10-23"


def url(azure: Azure, tail: str = "") -> str:
    return f"{azure.account}/runbooks/lockstep{tail}{V}"


@pytest.fixture
def runbook(azure: Azure) -> Azure:
    properties = {"runbookType": "Python", "draft": {}}
    azure.send("PUT", url(azure), {"location": "westeurope", "properties": properties})
    return azure


def upload(azure: Azure, content: bytes = SCRIPT.encode(), kind: str = "text/powershell") -> Answer:
    return azure.send("PUT", url(azure, "/draft/content"), content, headers={"content-type": kind})


def wait(azure: Azure, answer: Answer) -> int:
    """Polls until the operation has ended; how often it said that it had not."""
    assert answer.status == 202, answer.body
    for count in range(1000):
        poll = azure.send("GET", answer.headers["Location"])
        if poll.status == 200:
            return count
        assert poll.status == 202
        time.sleep(0.0001)
    raise AssertionError("the operation never ended")


def state(azure: Azure) -> str:
    return str(azure.send("GET", url(azure)).body["properties"]["state"])


def test_upload_publish_and_edit_walk_through_the_states(runbook: Azure) -> None:
    wait(runbook, upload(runbook))
    assert state(runbook) == "New"
    wait(runbook, runbook.send("POST", url(runbook, "/publish")))
    assert state(runbook) == "Published"
    assert runbook.send("GET", url(runbook, "/content")).body == SCRIPT
    assert runbook.send("GET", url(runbook, "/draft/content")).status == 404
    wait(runbook, upload(runbook, b"print(2)\n"))
    assert state(runbook) == "Edit"
    assert runbook.send("GET", url(runbook, "/draft")).body["inEdit"] is True
    assert runbook.send("GET", url(runbook, "/draft/content")).body == "print(2)\n"
    assert runbook.send("GET", url(runbook, "/content")).body == SCRIPT


def test_a_change_shows_only_when_its_operation_has_ended(runbook: Azure) -> None:
    runbook.cloud.account.clock.speed = 40
    answer = upload(runbook)
    assert runbook.send("GET", url(runbook, "/draft/content")).status == 404
    assert wait(runbook, answer) > 0
    assert runbook.send("GET", url(runbook, "/draft/content")).body == SCRIPT


def test_a_second_operation_at_the_same_time_is_409(runbook: Azure) -> None:
    runbook.cloud.account.clock.speed = 1
    upload(runbook)
    assert upload(runbook).status == 409
    assert runbook.send("POST", url(runbook, "/publish")).status == 409


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (SCRIPT.encode(), "text/plain; charset=utf-8", 202),
        (SCRIPT.encode(), "application/json", 415),
        (b"", "text/powershell", 400),
        (b"\xff\xfe", "text/powershell", 400),
    ],
)
def test_only_utf8_text_of_the_right_kind_is_taken(runbook: Azure, content: bytes, kind: str, status: int) -> None:
    assert upload(runbook, content, kind).status == status


def test_without_a_draft_there_is_nothing_to_publish(runbook: Azure) -> None:
    assert runbook.send("POST", url(runbook, "/publish")).status == 400
    assert runbook.send("GET", url(runbook, "/content")).status == 404


def test_an_unknown_operation_is_404(runbook: Azure) -> None:
    assert runbook.send("GET", url(runbook, "/operationResults/none")).status == 404
