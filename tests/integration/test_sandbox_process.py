"""The background process, through the same functions the commands call, in a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from provision.sandbox.process import Options, start, stop
from provision.sandbox.remote import SandboxError, running
from provision.sandbox.state import Record, StateFolder, read_record

FREE = Options(port=0, directory_port=0, speed=600)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[StateFolder]:
    made = StateFolder(tmp_path / "state")
    yield made
    stop(made)


def ignore(_: str) -> None:
    return


def test_it_serves_until_it_is_stopped_and_leaves_nothing_running(folder: StateFolder) -> None:
    remote = start(folder, FREE, ignore)
    assert remote.ask("GET", "status")["folder"] == str(folder.path)
    assert remote.groups("ada.lovelace") == ["Staff_All"]
    assert stop(folder)
    assert running(folder) is None
    assert not folder.record.exists()
    assert not folder.control_token.exists()
    assert not stop(folder)


def test_it_survives_the_process_that_started_it(folder: StateFolder) -> None:
    program = (
        "import sys; from pathlib import Path; from provision.sandbox.process import *\n"
        "start(StateFolder(Path(sys.argv[1])), Options(port=0, directory_port=0), lambda _: None)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder.path)], check=True, capture_output=True, timeout=60
    )
    assert done.stderr == b""
    assert running(folder) is not None


def test_a_second_one_for_the_same_folder_is_refused(folder: StateFolder) -> None:
    remote = start(folder, FREE, ignore)
    with pytest.raises(SandboxError, match=f"already runs at {remote.record.url}"):
        start(folder, FREE, ignore)


def test_a_taken_port_is_named(folder: StateFolder) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SandboxError, match=f"port {port} of 127.0.0.1 is taken.*--port"):
            start(folder, Options(port=port, directory_port=0), ignore)
    assert read_record(folder) is None


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
def test_a_killed_one_is_replaced(folder: StateFolder) -> None:
    killed = start(folder, FREE, ignore)
    os.kill(killed.record.pid, signal.SIGKILL)
    again = start(folder, FREE, ignore)
    assert again.record.pid != killed.record.pid
    assert again.healthy()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_as_cleanly_as_a_request(folder: StateFolder, number: int) -> None:
    remote = start(folder, FREE, ignore)
    os.kill(remote.record.pid, number)
    deadline = time.monotonic() + 20
    while not folder.log.read_text().rstrip().endswith("stopped"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not folder.control_token.exists()
    assert not folder.record.exists()


def test_the_process_of_somebody_else_with_a_stale_number_is_left_alone(folder: StateFolder) -> None:
    folder.prepare()
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as other:
        Record(other.pid, "https://127.0.0.1:9", "embedded", "ldaps://localhost:9", 60.0).write(folder)
        assert running(folder) is None
        assert start(folder, FREE, ignore).healthy()
        assert other.poll() is None
        other.kill()


def test_a_folder_of_another_process_says_who_serves_it(folder: StateFolder) -> None:
    remote = start(folder, FREE, ignore)
    assert json.loads(folder.record.read_text())["pid"] == remote.record.pid
    assert "serving at" in folder.log.read_text()


def test_an_environment_file_for_the_administrator_is_there_while_it_serves(folder: StateFolder) -> None:
    remote = start(folder, FREE, ignore)
    text = folder.administrator.read_text(encoding="utf-8")
    assert f"arm: {remote.record.url}\n" in text
    assert str(folder.administrator_token) in text
    assert stop(folder)
    assert not folder.administrator.exists()
    assert not folder.administrator_token.exists()
