"""Lifecycle Workflows in runs, status, replay and destroy."""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from provision.sandbox import seed
from provision.sandbox.faults import Fault
from provision.sandbox.graph.lifecycle_workflows.seed import JOINER, JOINER_ID
from tests.end_to_end.scene import Scene

ADA, NORA = seed.USERS[0], seed.USERS[5]
ANALYST = seed.CATALOGS[0].packages[0]
LABEL = "Lifecycle Workflows"
WAITED = 40.0


@pytest.fixture
def served(scene: Scene) -> Scene:
    """Workflows have our task, and wait so long (45 seconds here) that a person can act meanwhile."""
    scene.change("lifecycle_workflows:\n", "lifecycle_workflows:\n  launch_and_wait_minutes: 180\n")
    assert scene.type("apply", "--yes").code == 0
    return scene


def _runs(scene: Scene, *options: str) -> list[dict[str, Any]]:
    typed = scene.type("runs", "--json", "--catalog", LABEL, *options)
    assert typed.code == 0, typed
    found: list[dict[str, Any]] = json.loads(typed.out)["runs"]
    return found


def _replayed(scene: Scene, run: str) -> dict[str, Any]:
    typed = scene.type("replay", run, "--yes", "--json")
    assert typed.code == 0, typed
    told: dict[str, Any] = json.loads(typed.out)
    return told


def test_a_workflows_run_is_told_and_counts_for_its_health(served: Scene) -> None:
    served.sandbox.assign_silently(ADA.account, ANALYST.name)
    served.sandbox.activate(JOINER, ADA.account)

    (run,) = _runs(served)
    status = json.loads(served.type("status", "--json").out)["catalogs"][-1]

    assert (run["source"], run["workflow"]) == ("lifecycle", JOINER_ID)
    assert run["user"] == {"id": ADA.object_id, "name": f"{ADA.account}@{seed.DNS_DOMAIN}"}
    assert (run["outcome"], run["added"]) == ("done", ["Finance_Readers", "Finance_Reports"])
    assert (run["catalog"]["name"], run["package"], run["request"]) == (LABEL, None, None)
    assert (status["catalog"]["name"], status["health"], status["bound"], status["policies"]) == (
        LABEL,
        "healthy",
        3,
        3,
    )


def test_a_task_that_has_failed_is_not_told_otherwise(served: Scene) -> None:
    served.sandbox.activate(JOINER, NORA.account)
    (failed,) = _runs(served, "--failed")

    typed = served.type("replay", failed["run"], "--yes", "--json")
    told = json.loads(typed.out)

    assert (typed.code, told["source"], told["waiting"], told["answered"]) == (1, "reconcile", False, False)
    assert "AD has no account" in told["detail"]


def test_a_task_that_still_waits_is_answered(served: Scene) -> None:
    served.sandbox.assign_silently(ADA.account, ANALYST.name)
    served.sandbox.faults.replace([Fault("POST", re.compile("taskProcessingResults/.*resume"), 400, times=2)])
    with ThreadPoolExecutor(1) as workflows:
        activated = workflows.submit(served.sandbox.activate, JOINER, ADA.account)
        deadline = time.monotonic() + WAITED
        while not (found := _runs(served, "--failed")):
            assert time.monotonic() < deadline
        refused = served.type("replay", found[0]["run"], "--yes")
        held = served.sandbox.world.cloud.deployer.app_roles
        served.permit(*held, "LifecycleWorkflows.ReadWrite.All")
        told = _replayed(served, found[0]["run"])
        served.permit(*held)
        ended = activated.result(WAITED)

    assert found[0]["outcome"] == "done"
    assert (refused.code, "permission LifecycleWorkflows.ReadWrite.All" in refused.err) == (1, True)
    assert (told["source"], told["waiting"], told["answered"]) == ("lifecycle", True, True)
    assert told["outcome"] == "nothing_to_do"
    assert [task["status"] for task in ended["tasks"] if task["job"]] == ["completed"]


def test_destroy_names_the_versions_that_a_workflow_keeps(served: Scene) -> None:
    typed = served.type("destroy", "--yes", "--json")
    told = json.loads(typed.out)

    assert typed.code == 0
    assert told["left"] == []
    assert "earlier versions of the workflows that had our task" in [one["what"] for one in told["kept"]]
