"""Lifecycle Workflows as a user does it: three workflows get our task, and one person is hired, moves and leaves.

Assignments come and go without any callout here, so that only the workflow can bring the groups in step. Everything
runs twice: against the embedded directory, and against a Samba AD domain controller.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from provision.sandbox import seed
from provision.sandbox.graph.lifecycle_workflows.entity_types import EXTENSION, RESULT, WORKFLOW
from provision.sandbox.graph.lifecycle_workflows.seed import FOREIGN_EXTENSION_ID, JOINER, LEAVER, MOVER
from tests.end_to_end.chain import Chain

ADA, GRACE, ALAN, KATHERINE = "ada.lovelace", "grace.hopper", "alan.turing", "katherine.johnson"
ANALYST, MANAGER = seed.CATALOGS[0].packages
ENGINEER = seed.CATALOGS[1].packages[0]


def _fresh(chain: Chain) -> Chain:
    """The chain as it was at the beginning; its environment lists the three workflows."""
    chain.sandbox.reset()
    chain.sandbox.world.principals.hidden_lookups = 0
    return chain


@pytest.fixture(scope="module")
def served(started: Chain) -> Chain:
    """Everything deployed; each test has a person of its own."""
    chain = _fresh(started)
    chain.lockstep("apply", "--yes", expect=0)
    return chain


def _contents(chain: Chain) -> dict[str, Any]:
    """Every workflow as somebody in the portal sees it: basics, conditions, and tasks in their order."""
    tenant = chain.sandbox.world.entitlement.tenant
    names = ("category", "displayName", "description", "isEnabled", "isSchedulingEnabled", "executionConditions")
    return {
        row.id: {
            **{name: row.values[name] for name in (*names, "settings")},
            "tasks": [dict(task.values) for task in tenant.linked_rows(row, "tasks")],
        }
        for row in tenant.rows(WORKFLOW)
    }


def _extensions(chain: Chain) -> list[str]:
    return [row.id for row in chain.sandbox.world.entitlement.tenant.rows(EXTENSION)]


def _ours(told: dict[str, Any]) -> dict[str, Any]:
    """Our task of a run: the one with a job behind it."""
    (task,) = [task for task in told["tasks"] if task["job"]]
    return dict(task)


def test_destroy_leaves_every_workflow_as_it_was(started: Chain) -> None:
    chain = _fresh(started)
    before, extensions = _contents(chain), _extensions(chain)

    chain.lockstep("apply", "--yes", expect=0)
    between = _contents(chain)
    chain.sandbox.world.entitlement.settings.versions_hold_extensions = True  # nobody says whether they do
    held = chain.lockstep("destroy", "--yes", expect=1)
    after = _contents(chain)
    chain.sandbox.world.entitlement.settings.versions_hold_extensions = False
    chain.lockstep("destroy", "--yes", expect=0)

    for key, workflow in between.items():
        (added,) = [task for task in workflow["tasks"] if task not in before[key]["tasks"]]
        others = [task for task in workflow["tasks"] if task != added]
        assert {**workflow, "tasks": others} == before[key]
        assert added["arguments"][0]["value"] not in extensions
    assert "CustomTaskExtensionInUse" in held.stderr
    assert after == _contents(chain) == before
    assert _extensions(chain) == extensions == [FOREIGN_EXTENSION_ID]
    assert chain.leftovers() == []


def test_a_person_is_hired_moves_and_leaves(served: Chain) -> None:
    sandbox = served.sandbox
    sandbox.assign_silently(ADA, ANALYST.name)
    before = served.groups(ADA)

    hired = sandbox.activate(JOINER, ADA)
    as_analyst = served.groups(ADA)
    sandbox.end_silently(ADA, ANALYST.name)
    sandbox.assign_silently(ADA, ENGINEER.name)
    moved = sandbox.activate(MOVER, ADA)
    as_engineer = served.groups(ADA)
    sandbox.end_silently(ADA, ENGINEER.name)
    left = sandbox.activate(LEAVER, ADA)

    assert before == ["Staff_All"]
    assert as_analyst == ["Finance_Readers", "Finance_Reports", "Staff_All"]
    assert as_engineer == ["Eng_Build", "Eng_Repo", "Staff_All", "VPN_Users"]
    assert served.groups(ADA) == before
    for told in (hired, moved, left):
        task = _ours(told)
        assert (told["status"], task["status"], task["run"]["status"]) == ("completed", "completed", "Succeeded")
        assert (task["job"]["id"], task["job"]["status"]) == (task["instance"], "Completed")
        assert task["outcome"]["source"] == "lifecycle"
    assert set(_ours(moved)["outcome"]["removed"]) == {"Finance_Readers", "Finance_Reports"}
    disabled = [task["name"] for task in moved["tasks"] if task["status"] == "disabled"]
    assert disabled == ["Order a new badge"]


def test_an_assignment_that_is_still_there_keeps_its_groups(served: Chain) -> None:
    served.sandbox.assign_silently(GRACE, ANALYST.name)
    served.sandbox.assign_silently(GRACE, MANAGER.name)
    served.sandbox.activate(JOINER, GRACE)
    served.sandbox.end_silently(GRACE, ANALYST.name)

    served.sandbox.activate(MOVER, GRACE)
    again = _ours(served.sandbox.activate(MOVER, GRACE))

    assert served.groups(GRACE) == ["Finance_Readers", "Finance_Writers", "Staff_All"]
    assert again["status"] == "completed"
    assert not again["outcome"]["added"]
    assert not again["outcome"]["removed"]


def test_a_person_without_an_account_lets_the_task_fail(served: Chain) -> None:
    served.sandbox.assign_silently("cloud.only", ANALYST.name)

    told = served.sandbox.activate(JOINER, "cloud.only")

    task = _ours(told)
    assert (told["status"], task["status"], task["run"]["status"]) == ("failed", "failed", "Failed")
    assert (task["outcome"]["outcome"], task["job"]["status"]) == ("pending", "Failed")
    assert "has no AD account" in task["outcome"]["detail"]
    assert "run 'lockstep reconcile --user " in task["outcome"]["detail"]
    result = served.sandbox.world.entitlement.tenant.require(RESULT, task["instance"])
    assert (result.values["processingStatus"], bool(result.values["failureReason"])) == ("failed", True)


def test_a_second_apply_changes_nothing_and_entitlement_management_is_served_too(served: Chain) -> None:
    writes = served.writes()

    plan = served.lockstep("plan", "--json", expect=0)
    served.lockstep("apply", "--yes", expect=0)

    assert served.writes() == writes
    assert json.loads(plan.stdout)["changes"] == []
    assert served.grant(ALAN, ENGINEER.name)["status"] == "Delivered"


def test_a_callback_that_v1_refuses_takes_the_received_path(served: Chain) -> None:
    settings = served.sandbox.world.entitlement.settings
    settings.resume_in_v1 = False
    served.sandbox.assign_silently(KATHERINE, MANAGER.name)

    told = served.sandbox.activate(JOINER, KATHERINE)
    settings.resume_in_v1 = True

    assert told["status"] == "completed"
    assert "Finance_Writers" in served.groups(KATHERINE)
    resumed = [e for e in served.sandbox.journal.exchanges() if e.path.endswith("/resume") and e.status == 204]
    assert resumed[-1].path.startswith("/beta/identityGovernance/lifecycleWorkflows/")
