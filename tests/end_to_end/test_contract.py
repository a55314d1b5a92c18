"""Every exchange of a full life, clients and sandbox, before judges made from Microsoft's own metadata."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from provision.sandbox import seed
from provision.sandbox.faults import Fault
from provision.sandbox.graph.lifecycle_workflows.seed import JOINER, LEAVER
from tests.end_to_end.recording import RecordedSandbox
from tests.end_to_end.scene import Scene, played, typed

ROOT = Path(__file__).resolve().parents[2]
JUDGE = ROOT.parent / "shared/judge/judge_all.py"
RULINGS = ROOT / "tests/contract/rulings.txt"
ADA, GRACE, NORA = seed.USERS[0], seed.USERS[1], seed.USERS[5]
ANALYST, MANAGER = seed.CATALOGS[0].packages
WAITED = 60.0
MANAGEMENT = "/identityGovernance/entitlementManagement"
WORKFLOWS = "/identityGovernance/lifecycleWorkflows"
SEEN = (
    "Workflows_CreateOrUpdate",
    "Runbook_Publish",
    "Job_Create",
    "Job_Get",
    "Job_GetOutput",
    "RoleAssignments_Create",
    "Variable_Get",
    "Schedule_CreateOrUpdate",
    "Schedule_Update",
    "Schedule_Delete",
    "JobSchedule_Create",
    "JobSchedule_Get",
    "JobSchedule_Delete",
    "JobSchedule_ListByAutomationAccount",
    "Job_ListByAutomationAccount",
    "Permissions_ListForResource",
    "WorkflowRuns_List",
    "WorkflowRuns_Get",
    "GET /servicePrincipals/{}/appRoleAssignments",
    "POST /servicePrincipals/{}/appRoleAssignments",
    f"POST {MANAGEMENT}/catalogs/{{}}/customWorkflowExtensions",
    f"PUT {MANAGEMENT}/catalogs/{{}}/customWorkflowExtensions/{{}}",
    f"PUT {MANAGEMENT}/assignmentPolicies/{{}}",
    f"GET {MANAGEMENT}/assignments",
    f"GET {MANAGEMENT}/assignmentRequests\n",
    f"POST {MANAGEMENT}/assignmentRequests/{{}}/resume",
    f"POST {WORKFLOWS}/customTaskExtensions",
    f"PATCH {WORKFLOWS}/customTaskExtensions/{{}}",
    f"POST {WORKFLOWS}/workflows/{{}}/createNewVersion",
    f"POST {WORKFLOWS}/workflows/{{}}/tasks/{{}}/taskProcessingResults/{{}}/resume",
    f"DELETE {WORKFLOWS}/customTaskExtensions/{{}}",
)


@pytest.mark.skipif(not JUDGE.exists(), reason="the contract judges (../shared/judge) are not on this machine")
def test_the_judges_find_nothing_in_a_full_run(tmp_path: Path) -> None:
    for scene in played(tmp_path, RecordedSandbox):
        assert isinstance(scene.sandbox, RecordedSandbox)
        _permissions_are_given(scene)
        _everything_is_deployed(scene)
        _the_nights_are_kept(scene)
        _people_come_and_go(scene)
        _what_failed_is_repeated(scene)
        _everything_is_taken_down(scene)
        log = scene.sandbox.log

    judged = subprocess.run(
        [sys.executable, str(JUDGE), str(log), "--level", "conflict", "--ignore", str(RULINGS)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert "CONFLICT" not in judged.stdout
    assert [operation for operation in SEEN if operation not in judged.stdout] == []


def _told(scene: Scene, *arguments: str, expect: int = 0) -> str:
    done = scene.type(*arguments)
    assert done.code == expect, (arguments, done.err, done.out)
    return done.out


def _permissions_are_given(scene: Scene) -> None:
    sandbox = scene.sandbox
    sandbox.world.principals.assign(seed.AUTOMATION_OBJECT_ID, [])
    scene.give_roles("Reader")
    administrator = sandbox.environment_file(scene.file.parent / "administrator" / "sandbox.yaml", administrator=True)
    given = typed("grant", "--deployer", seed.DEPLOYER_APP_ID, "--yes", "-e", str(administrator))
    assert given.code == 0, given.err


def _everything_is_deployed(scene: Scene) -> None:
    """Twice: from nothing, and with other times, which everything that waits is told."""
    _told(scene, "plan", "--exit-code", expect=2)
    _told(scene, "apply", "--yes")
    scene.change("launch_and_wait_minutes: 15", "launch_and_wait_minutes: 240")
    scene.change("lifecycle_workflows:\n", "lifecycle_workflows:\n  launch_and_wait_minutes: 60\n")
    _told(scene, "apply", "--yes")
    _told(scene, "plan", "--exit-code")
    _told(scene, "doctor")


def _the_nights_are_kept(scene: Scene) -> None:
    """A schedule that is switched off, moved, and given less time; then it begins."""
    with scene.file.open("a", encoding="utf-8") as file:
        file.write("\nsweep:\n  schedule: '02:30'\n  time_zone: Europe/Berlin\n")
    _told(scene, "apply", "--yes")
    (schedule,) = scene.sandbox.world.cloud.schedules.all()
    schedule.enabled = False
    _told(scene, "apply", "--yes")
    scene.change("'02:30'", "'03:30'\n  time_limit: PT1H")
    _told(scene, "apply", "--yes")
    _told(scene, "plan", "--exit-code")
    schedule.start -= timedelta(days=2)
    schedule.advance(scene.sandbox.clock.now())
    _told(scene, "doctor", "--no-worker")
    scene.sandbox.fire(schedule.name)


def _people_come_and_go(scene: Scene) -> None:
    sandbox = scene.sandbox
    assert sandbox.grant(ADA.account, ANALYST.name)["status"] == "Delivered"
    assert sandbox.remove(ADA.account, ANALYST.name)["groups"]["after"] == ["Staff_All"]
    sandbox.assign_silently(GRACE.account, MANAGER.name)
    joined = sandbox.activate(JOINER, GRACE.account)
    failed = sandbox.activate(LEAVER, NORA.account)
    assert (joined["status"], failed["status"]) == ("completed", "failed")
    assert joined["groups"]["after"] == ["Finance_Readers", "Finance_Writers", "Staff_All"]


def _what_failed_is_repeated(scene: Scene) -> None:
    """Of a task that has failed already, only the person is reconciled; a request that still waits is answered."""
    scene.sandbox.faults.replace([Fault("PUT", re.compile("/jobs/"), 400)])
    with ThreadPoolExecutor(2) as requesters:
        without_job = requesters.submit(scene.sandbox.grant, ADA.account, ANALYST.name)
        _failures(scene, 2)
        with_job = requesters.submit(scene.sandbox.grant, NORA.account, ANALYST.name)
        found = _failures(scene, 3)
        scene.hire(NORA)
        for run in found:
            _told(scene, "replay", run["run"], "--yes")
        ended = [request.result(WAITED)["status"] for request in (without_job, with_job)]
    assert ended == ["Delivered", "Delivered"]
    _told(scene, "replay", "--user", f"{ADA.account}@{seed.DNS_DOMAIN}", "--yes")
    _told(scene, "status")
    _told(scene, "runs")


def _failures(scene: Scene, count: int) -> list[dict[str, Any]]:
    """The runs that have failed, once there are so many."""
    waited = time.monotonic() + WAITED
    while True:
        found: list[dict[str, Any]] = json.loads(_told(scene, "runs", "--failed", "--json"))["runs"]
        if len(found) >= count:
            return found
        assert time.monotonic() < waited


def _everything_is_taken_down(scene: Scene) -> None:
    _told(scene, "destroy", "--yes", "--memberships", "remove")
    assert scene.chain.groups(GRACE.account) == ["Staff_All"]
    assert scene.chain.leftovers() == []
