"""Every exchange of a full run, clients and sandbox, before judges made from Microsoft's own metadata."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from provision.sandbox.sandbox import Sandbox
from provision.sandbox.service import Answer, Call
from tests.end_to_end.chain import Chain

ROOT = Path(__file__).resolve().parents[2]
JUDGE = ROOT.parent / "shared/judge/judge_all.py"
RULINGS = ROOT / "tests/contract/rulings.txt"
SEEN = (
    "Workflows_CreateOrUpdate",
    "Runbook_Publish",
    "Job_Create",
    "Job_Get",
    "Job_GetOutput",
    "RoleAssignments_Create",
    "Variable_Get",
    "Permissions_ListForResource",
    "GET /servicePrincipals/{}/appRoleAssignments",
    "POST /identityGovernance/entitlementManagement/catalogs/{}/customWorkflowExtensions",
    "PUT /identityGovernance/entitlementManagement/assignmentPolicies/{}",
    "GET /identityGovernance/entitlementManagement/assignments",
    "POST /identityGovernance/entitlementManagement/assignmentRequests/{}/resume",
)


class RecordedSandbox(Sandbox):
    """A sandbox that writes every exchange to `log`, as JSON lines that the judges read."""

    log: Path
    _writing = threading.Lock()
    _number = 0

    def _respond(self, call: Call) -> Answer | None:
        began = time.time()
        answer = super()._respond(call)
        if answer is not None and not call.path.startswith("/sandbox/"):
            self._write(call, answer, began)
        return answer

    def _write(self, call: Call, answer: Answer, began: float) -> None:
        query = f"?{urlencode(call.query, quote_via=quote)}" if call.query else ""
        with self._writing, self.log.open("a", encoding="utf-8") as stream:
            self._number += 1
            line = {
                "n": self._number,
                "t": began,
                "client": "sandbox",
                "method": call.method,
                "url": f"{call.base}{quote(call.path)}{query}",
                "req_headers": dict(call.headers),
                "req_body": _readable(call.body),
                "status": answer.status,
                "resp_headers": {"Content-Type": _kind(answer.body), **answer.headers},
                "resp_body": answer.body if not isinstance(answer.body, bytes) else answer.body.decode("latin-1"),
            }
            stream.write(json.dumps(line) + "\n")


def _kind(body: object) -> str:
    return "application/json" if isinstance(body, dict | list) else "text/plain"


def _readable(body: bytes) -> object:
    text = body.decode("utf-8", "replace")
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


@pytest.mark.skipif(not JUDGE.exists(), reason="the contract judges (../shared/judge) are not on this machine")
def test_the_judges_find_nothing_in_a_full_run(tmp_path: Path) -> None:
    sandbox = RecordedSandbox(tmp_path / "state", speed=240.0)
    sandbox.log = tmp_path / "run.jsonl"
    sandbox.start()
    try:
        chain = Chain(sandbox, sandbox.environment_file(tmp_path / "sandbox.yaml"))
        chain.lockstep("plan", "--exit-code", expect=2)
        chain.lockstep("apply", "--yes", expect=0)
        chain.lockstep("plan", "--exit-code", expect=0)
        chain.lockstep("doctor", expect=0)
        chain.grant("ada.lovelace", "Finance analyst")
        chain.grant("cloud.only", "Engineer")
        chain.remove("ada.lovelace", "Finance analyst")
        chain.lockstep("destroy", "--yes", expect=0)
    finally:
        sandbox.stop()

    judged = subprocess.run(
        [sys.executable, str(JUDGE), str(sandbox.log), "--level", "conflict", "--ignore", str(RULINGS)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert "CONFLICT" not in judged.stdout
    assert [operation for operation in SEEN if operation not in judged.stdout] == []
