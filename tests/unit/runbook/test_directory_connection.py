from __future__ import annotations

from pathlib import Path

import pytest

from runbook.directory_connection import connect, connection_errors, load_early
from runbook.identity import Secret
from runbook.outcome import DeadlinePassed, Failed
from runbook.settings import DirectoryServer, DirectorySettings
from tests.unit.runbook.standins import StandingClock, deadline_in

SERVER = DirectoryServer("dc1.invalid", 636, start_tls=False, certificate_name="dc1.invalid")


def settings(bind: str = "simple", ca_file: str = "") -> DirectorySettings:
    return DirectorySettings((SERVER,), "DC=lab,DC=example", "LAB", ca_file, bind, "svc@lab", None)


def test_the_library_loads_beside_the_rest() -> None:
    thread = load_early()
    thread.join(30)

    assert not thread.is_alive()
    assert issubclass(connection_errors(), Exception)


def test_a_missing_authority_file_is_named_before_anything_is_sent(tmp_path: Path) -> None:
    absent = settings(ca_file=str(tmp_path / "absent.pem"))

    with pytest.raises(Failed, match=r"directory\.ca_file is not on this worker"):
        connect(absent.servers, absent, Secret("hunter2"), deadline_in(60))


def test_no_connection_is_begun_after_the_deadline() -> None:
    clock = StandingClock()
    deadline = deadline_in(5, clock)
    clock.seconds = 6

    with pytest.raises(DeadlinePassed, match="connecting to AD"):
        connect((SERVER,), settings(), Secret("hunter2"), deadline)
