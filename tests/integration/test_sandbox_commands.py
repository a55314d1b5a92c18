"""`lockstep sandbox ...` as a person types it, against a background process in a folder of its own."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from provision.commands import sandbox as command
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.sandbox.process import Options, start, stop
from provision.sandbox.state import VARIABLE, StateFolder
from provision.terminal import Terminal


class Screen:
    """A terminal whose streams can be read."""

    def __init__(self) -> None:
        self.out, self.err = io.StringIO(), io.StringIO()
        self.terminal = Terminal(self.out, self.err, io.StringIO(), {})


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StateFolder]:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "state"))
    made = StateFolder((tmp_path / "state").resolve())
    yield made
    stop(made)


@pytest.fixture
def port(folder: StateFolder) -> int:
    """A running sandbox on a free port."""
    remote = start(folder, Options(port=0, directory_port=0, speed=600), lambda _: None)
    return int(remote.record.url.rpartition(":")[2])


def test_without_a_sandbox_everything_says_how_to_start_one(folder: StateFolder, screen: Screen) -> None:
    assert command.status(screen.terminal, "json") == 0
    assert json.loads(screen.out.getvalue()) == {"running": False}
    assert command.down(screen.terminal) == 0
    assert "No sandbox was running" in screen.err.getvalue()
    with pytest.raises(ProvisionError, match="lockstep sandbox up"):
        command.reset(screen.terminal)
    with pytest.raises(ProvisionError, match="lockstep sandbox up"):
        command.grant(screen.terminal, "ada.lovelace", "x")
    assert not folder.path.exists()


def test_up_again_is_fine_and_another_way_is_refused(port: int, screen: Screen) -> None:
    assert command.up(screen.terminal, "embedded", port, 600.0) == 0
    assert f"https://127.0.0.1:{port}" in screen.err.getvalue()
    with pytest.raises(ProvisionError, match=r"runs already.*lockstep sandbox down"):
        command.up(screen.terminal, "embedded", port, 60.0)


def test_a_sandbox_elsewhere_leaves_an_environment_file_that_fits_it(
    folder: StateFolder, port: int, screen: Screen
) -> None:
    command.up(screen.terminal, "embedded", port, 600.0)
    assert f"lockstep plan -e {folder.path}/sandbox.yaml" in screen.err.getvalue()
    assert Environment.load(str(folder.path / "sandbox.yaml")).cloud.arm == f"https://127.0.0.1:{port}"


def test_grant_remove_and_reset_show_what_came_of_it(port: int, screen: Screen) -> None:
    assert port
    assert command.grant(screen.terminal, "ada.lovelace@lab.example", "Engineer", "json") == 0
    told = json.loads(screen.out.getvalue())
    assert (told["state"], told["groups"]["after"]) == ("delivered", ["Staff_All"])
    assert command.remove(screen.terminal, "ada.lovelace", "Engineer") == 0
    assert "groups after    Staff_All" in screen.out.getvalue()
    assert command.reset(screen.terminal) == 0
    status = Screen()
    command.status(status.terminal)
    assert "request" not in status.out.getvalue()
    assert status.out.getvalue().startswith("sandbox     up\n")


def test_a_workflow_runs_for_a_user_who_got_a_package_silently(port: int, screen: Screen) -> None:
    assert port
    assert command.grant(screen.terminal, "ada.lovelace", "Engineer", silently=True) == 0
    assert command.activate(screen.terminal, "Onboard new hire", "ada.lovelace") == 0
    shown = screen.out.getvalue()
    assert "access package  Engineer" in shown
    assert "task 2         Welcome mail, completed" in shown
    asked = Screen()
    assert command.remove(asked.terminal, "ada.lovelace", "Engineer", "json", silently=True) == 0
    assert json.loads(asked.out.getvalue())["assignment"]["state"] == "expired"
    told = Screen()
    assert command.activate(told.terminal, "Offboard leaver", "ada.lovelace", "json") == 0
    assert json.loads(told.out.getvalue())["status"] == "completed"
    with pytest.raises(ProvisionError, match="There is no workflow 'Painter' in the sandbox; there are 'Onboard"):
        command.activate(screen.terminal, "Painter", "ada.lovelace")


def test_a_schedule_that_nobody_made_is_answered_with_those_that_there_are(port: int, screen: Screen) -> None:
    assert port
    with pytest.raises(ProvisionError, match="There is no schedule 'nightly' in the sandbox; there is none"):
        command.fire_schedule(screen.terminal, "nightly")
    assert command.status(screen.terminal) == 0
    assert "schedules   none" in screen.out.getvalue()


@pytest.mark.parametrize(
    ("user", "package", "said"),
    [
        ("eve", "Engineer", "There is no user 'eve' in the sandbox; there are ada.lovelace"),
        ("ada.lovelace", "Painter", "There is no access package 'Painter' in the sandbox; there are 'Finance analyst'"),
    ],
)
def test_unknown_names_are_answered_with_the_known_ones(
    port: int, screen: Screen, user: str, package: str, said: str
) -> None:
    assert port
    with pytest.raises(ProvisionError, match=said):
        command.grant(screen.terminal, user, package)
    assert screen.out.getvalue() == ""


def test_removing_what_nobody_has_is_an_error(port: int, screen: Screen) -> None:
    assert port
    with pytest.raises(ProvisionError, match="does not have the access package"):
        command.remove(screen.terminal, "ada.lovelace", "Engineer")
