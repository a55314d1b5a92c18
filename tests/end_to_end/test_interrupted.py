"""Ctrl-C during an apply: nothing new begins, what runs comes to its end, and what was done is said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.end_to_end.scene import Scene

WAIT_SECONDS = 60.0
LATENCY = 0.1


def _begun(scene: Scene) -> bool:
    """Whether the first Logic App is being written."""
    written = [e.path for e in scene.sandbox.journal.exchanges() if e.method == "PUT"]
    return any("/Microsoft.Logic/workflows/" in path for path in written)


@pytest.mark.parametrize("parallel", ["1", "8"])
def test_ctrl_c_ends_what_runs_and_the_next_apply_goes_on_from_there(scene: Scene, parallel: str) -> None:
    scene.sandbox.conduct.latency = LATENCY
    process = subprocess.Popen(
        [sys.executable, "-m", "provision", "apply", "--yes", "--parallel", parallel, "-e", str(scene.file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={key: value for key, value in os.environ.items() if not key.startswith("AZURE_")},
    )
    deadline = time.monotonic() + WAIT_SECONDS
    while not _begun(scene) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=WAIT_SECONDS)
    scene.sandbox.conduct.calm()

    assert (process.returncode, out) == (130, ""), err
    assert "interrupted: " in err
    assert "changes were not made\nenvironment: done (" in err
    assert "not tried" in err
    assert "error: interrupted; run the same command again to finish what it began" in err
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    again = scene.type("apply", "--yes")
    assert again.code == 0, again.err
    assert scene.type("plan", "--exit-code").code == 0
