"""Ctrl-C: nothing new begins, what runs comes to its end, and what was done, or goes on without us, is said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.end_to_end.scene import Scene

WAIT_SECONDS = 60.0
LATENCY = 0.1


def _begun(scene: Scene, what: str) -> Callable[[], bool]:
    """Whether the first such thing is being written."""
    return lambda: any(e.method == "PUT" and what in e.path for e in scene.sandbox.journal.exchanges())


def _interrupted(scene: Scene, begun: Callable[[], bool], *arguments: str) -> tuple[int, str, str]:
    """The exit code and both streams of a command whose user presses Ctrl-C when it has begun."""
    process = subprocess.Popen(
        [sys.executable, "-m", "provision", *arguments, "-e", str(scene.file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={key: value for key, value in os.environ.items() if not key.startswith("AZURE_")},
    )
    deadline = time.monotonic() + WAIT_SECONDS
    while not begun() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=WAIT_SECONDS)
    return process.returncode, out, err


@pytest.mark.parametrize("parallel", ["1", "8"])
def test_ctrl_c_ends_what_runs_and_the_next_apply_goes_on_from_there(scene: Scene, parallel: str) -> None:
    scene.sandbox.conduct.latency = LATENCY

    begun = _begun(scene, "/Microsoft.Logic/workflows/")
    code, out, err = _interrupted(scene, begun, "apply", "--yes", "--parallel", parallel)
    scene.sandbox.conduct.calm()

    assert (code, out) == (130, ""), err
    assert "interrupted: " in err
    assert "changes were not made\nenvironment: done (" in err
    assert "not tried" in err
    assert "error: interrupted; run the same command again to finish what it began" in err
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    again = scene.type("apply", "--yes")
    assert again.code == 0, again.err
    assert scene.type("plan", "--exit-code").code == 0


def test_ctrl_c_while_memberships_are_taken_away_says_that_the_job_goes_on(scene: Scene) -> None:
    assert scene.type("apply", "--yes").code == 0

    code, out, err = _interrupted(scene, _begun(scene, "/jobs/"), "destroy", "--yes", "--memberships", "remove")

    assert (code, out) == (130, ""), err
    (job,) = scene.sandbox.world.cloud.jobs.all()
    told = " ".join(err.split())
    assert f"interrupted: nothing was deleted. Job {job.name} goes on, at most until " in told
    assert "Azure Automation shows it under Jobs of account " in told
    assert "Traceback" not in err
    assert scene.type("plan", "--exit-code").code == 0, "the settings name the job no more"
