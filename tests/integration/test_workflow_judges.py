"""The rendered definition before judges that were written apart from the project, and Microsoft's own validation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from provision import workflow
from provision.workflow import LifecycleInputs
from tests.unit.provision.test_lifecycle_workflow import INPUTS as LIFECYCLE
from tests.unit.provision.test_workflow import INPUTS

ROOT = Path(__file__).parents[2]
JUDGES = ROOT.parent / "shared" / "judge"
JUDGE = JUDGES / "wdl_judge.py"
ORACLE = JUDGES / "wdl_oracle.py"
PYTHON = os.environ.get("LOCKSTEP_ORACLE", "")

CHINA = replace(
    INPUTS,
    on_failure="resume",
    on_pending="sweep",
    poll_deadline=timedelta(days=13),
    poll_interval=timedelta(minutes=5),
    poll_count=5000,
    arm="https://management.chinacloudapi.cn",
    arm_audience="https://management.chinacloudapi.cn/",
    graph="https://microsoftgraph.chinacloudapi.cn",
    graph_audience="https://microsoftgraph.chinacloudapi.cn",
)


ALL = (INPUTS, CHINA, LIFECYCLE, replace(LIFECYCLE, poll_interval=timedelta(minutes=1), poll_count=170))
NAMES = ("public", "china", "lifecycle", "lifecycle with other times")


def resource(inputs: LifecycleInputs) -> dict[str, Any]:
    return {"properties": {"definition": workflow.definition(inputs), "parameters": workflow.parameters(inputs)}}


def judged(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", str(JUDGE), str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not JUDGE.exists(), reason="needs ../shared/judge")
@pytest.mark.parametrize("inputs", ALL, ids=NAMES)
def test_the_judge_of_definitions_finds_no_error(tmp_path: Path, inputs: LifecycleInputs) -> None:
    path = tmp_path / "workflow.json"
    path.write_text(json.dumps(resource(inputs)), encoding="utf-8")
    done = judged(path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 definitions judged, 0 errors" in done.stdout
    warnings = {line.split()[1] for line in done.stdout.splitlines() if line.startswith("WARN")}
    assert warnings <= {"beta", "odata.type"}, done.stdout  # the second route of the callback; the form the docs show


@pytest.mark.skipif(not JUDGE.exists(), reason="needs ../shared/judge")
def test_the_judge_sees_a_definition_that_is_broken(tmp_path: Path) -> None:
    broken = resource(INPUTS)
    broken["properties"]["definition"]["actions"]["Stage"]["inputs"] = "@body('Nobody')"
    path = tmp_path / "workflow.json"
    path.write_text(json.dumps(broken), encoding="utf-8")
    assert judged(path).returncode == 1


@pytest.mark.skipif(
    not PYTHON or not ORACLE.exists(),
    reason="needs LOCKSTEP_ORACLE (the Python of the oracle, see tests/ask_oracle.py) and ../shared/judge",
)
@pytest.mark.parametrize("inputs", ALL, ids=NAMES)
def test_the_engine_of_microsoft_accepts_the_definition(inputs: LifecycleInputs) -> None:
    command = [PYTHON, str(ROOT / "tests" / "ask_oracle.py"), "validate", str(ORACLE)]
    done = subprocess.run(command, input=json.dumps(resource(inputs)), capture_output=True, text=True, check=True)
    assert done.stdout == "OK"
