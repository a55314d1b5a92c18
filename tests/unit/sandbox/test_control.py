from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from provision.sandbox.control import Control
from provision.sandbox.dispatch import Dispatcher
from provision.sandbox.faults import Faults
from provision.sandbox.journal import Journal
from provision.sandbox.service import Answer, Call, Refusal

TOKEN = "t0k"


class Stage:
    """A requester that notes what it is asked to do."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.done = threading.Event()

    def status(self) -> dict[str, Any]:
        return {"url": "here"}

    def reset(self) -> None:
        self.asked.append("reset")

    def stop_soon(self) -> None:
        self.asked.append("stop")

    def grant(self, user: str, package: str) -> dict[str, Any]:
        self.asked.append(("grant", user, package))
        self.done.set()
        if user == "nobody":
            raise Refusal(404, "UnknownUser", "There is no user 'nobody'.")
        return {"state": "delivered"}

    def remove(self, user: str, package: str) -> dict[str, Any]:
        self.asked.append(("remove", user, package))
        return {"state": "delivered"}

    def activate(self, workflow: str, user: str) -> dict[str, Any]:
        self.asked.append(("activate", workflow, user))
        return {"status": "completed"}

    def assign_silently(self, user: str, package: str) -> dict[str, Any]:
        self.asked.append(("assign", user, package))
        return {"groups": []}

    def end_silently(self, user: str, package: str) -> dict[str, Any]:
        self.asked.append(("end", user, package))
        return {"groups": []}

    def fire(self, schedule: str) -> dict[str, Any]:
        self.asked.append(("fire", schedule))
        return {"schedule": schedule, "jobs": []}

    def groups(self, user: str) -> dict[str, Any]:
        return {"account": user, "groups": ["A"]}

    def silence(self, silent: bool) -> None:  # noqa: FBT001 - the interface it stands for
        self.asked.append(("silence", silent))


class Plane:
    def __init__(self) -> None:
        self.stage, self.faults, self.journal = Stage(), Faults(), Journal()
        control = Control(self.stage, self.faults, self.journal, TOKEN)
        self.dispatcher = Dispatcher([control], self.faults, self.journal)

    def send(self, method: str, path: str, body: Any = None, token: str = TOKEN) -> Answer:
        content = b"" if body is None else json.dumps(body).encode()
        call = Call(method, f"/sandbox/{path}", {}, {}, {"authorization": f"Bearer {token}"}, content, "https://x")
        answer = self.dispatcher.answer(call)
        assert answer is not None
        return answer


@pytest.fixture
def plane() -> Plane:
    return Plane()


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "status"), ("POST", "reset"), ("POST", "stop"), ("GET", "journal"), ("POST", "faults")]
)
def test_without_the_token_nothing_is_told_or_done(plane: Plane, method: str, path: str) -> None:
    assert plane.send(method, path, token="other").status == 401
    assert plane.stage.asked == []


def test_requests_are_passed_on_and_answered(plane: Plane) -> None:
    body = {"user": "ada", "package": "Finance"}
    assert plane.send("POST", "grant", body).body == {"state": "delivered"}
    assert plane.send("POST", "remove", body).body == {"state": "delivered"}
    assert plane.stage.asked == [("grant", "ada", "Finance"), ("remove", "ada", "Finance")]


def test_a_workflow_is_activated_for_a_user(plane: Plane) -> None:
    assert plane.send("POST", "activate", {"workflow": "Onboard", "user": "ada"}).body == {"status": "completed"}
    assert plane.send("POST", "activate", {"package": "Onboard", "user": "ada"}).status == 400
    assert plane.stage.asked == [("activate", "Onboard", "ada")]


def test_a_schedule_is_fired_by_its_name(plane: Plane) -> None:
    assert plane.send("POST", "fire", {"schedule": "nightly"}).body == {"schedule": "nightly", "jobs": []}
    assert plane.send("POST", "fire", {"name": "nightly"}).status == 400
    assert plane.stage.asked == [("fire", "nightly")]


def test_assignments_come_and_go_silently(plane: Plane) -> None:
    body = {"user": "ada", "package": "Finance"}
    assert plane.send("POST", "assign", body).body == {"groups": []}
    assert plane.send("POST", "end", body).body == {"groups": []}
    assert plane.stage.asked == [("assign", "ada", "Finance"), ("end", "ada", "Finance")]


def test_a_refused_request_says_why(plane: Plane) -> None:
    answer = plane.send("POST", "grant", {"user": "nobody", "package": "x"})
    assert (answer.status, answer.body["error"]["message"]) == (404, "There is no user 'nobody'.")


@pytest.mark.parametrize("body", [{"user": "ada"}, {"package": "x"}, {"user": "", "package": "x"}, []])
def test_an_incomplete_request_is_400(plane: Plane, body: Any) -> None:
    assert plane.send("POST", "grant", body).status == 400
    assert plane.stage.asked == []


def test_without_waiting_the_answer_comes_at_once_and_a_refusal_is_noted(plane: Plane) -> None:
    answer = plane.send("POST", "grant", {"user": "nobody", "package": "x", "wait": False})
    assert answer.body == {"waiting": False}
    assert plane.stage.done.wait(5)
    for thread in threading.enumerate():
        if thread.name == "request":
            thread.join(5)
    assert "There is no user 'nobody'" in plane.journal.failures()[0]


def test_reset_stop_and_silence_reach_the_sandbox(plane: Plane) -> None:
    assert plane.send("POST", "reset").body == {"url": "here"}
    plane.send("POST", "stop")
    plane.send("POST", "worker", {"silent": True})
    plane.send("POST", "worker", {"silent": False})
    assert plane.stage.asked == ["reset", "stop", ("silence", True), ("silence", False)]


def test_faults_are_put_in_force_but_never_hit_the_control_plane(plane: Plane) -> None:
    assert plane.send("POST", "faults", [{"path": "", "status": 500, "times": 9}]).body == {"faults": 1}
    assert plane.send("GET", "status").status == 200
    assert plane.faults.strike("GET", "/x") is not None


@pytest.mark.parametrize("body", [{"path": "", "status": 500}, [{"path": "", "status": 1}]])
def test_bad_faults_are_400_and_change_nothing(plane: Plane, body: Any) -> None:
    plane.send("POST", "faults", [{"path": "", "status": 500}])
    assert plane.send("POST", "faults", body).status == 400
    assert plane.faults.strike("GET", "/x") is not None


def test_the_journal_tells_every_exchange(plane: Plane) -> None:
    plane.send("GET", "status")
    exchanges = plane.send("GET", "journal").body["exchanges"]
    assert exchanges == [{"n": 1, "method": "GET", "path": "/sandbox/status", "status": 200}]


def test_the_groups_of_a_user_are_asked_by_name(plane: Plane) -> None:
    assert plane.send("GET", "users/ada.lovelace/groups").body == {"account": "ada.lovelace", "groups": ["A"]}
