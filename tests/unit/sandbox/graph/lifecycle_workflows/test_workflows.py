from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from provision.sandbox.graph.lifecycle_workflows.definitions import MOVE_MAIL, RUN_EXTENSION
from provision.sandbox.graph.lifecycle_workflows.entity_types import WORKFLOW
from provision.sandbox.graph.lifecycle_workflows.seed import JOINER, JOINER_ID, LEAVER_ID, MOVER_ID
from provision.sandbox.graph.lifecycle_workflows.workflow_rules import TASK_LIMIT
from provision.sandbox.graph.lifecycle_workflows.workflows import LIMIT
from tests.unit.sandbox.graph.lifecycle_workflows.conftest import LCW, extension_task, writable

if TYPE_CHECKING:
    from tests.unit.sandbox.graph.lifecycle_workflows.conftest import Workflows

BASE = f"{LCW}/workflows"


def contents(workflow: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(task["displayName"], task["arguments"], task["executionSequence"]) for task in workflow["tasks"]]


def test_the_list_tells_neither_tasks_nor_conditions(lifecycle: Workflows) -> None:
    rows = lifecycle.graph.all(f"{BASE}?$filter=isEnabled eq true")
    assert [row["displayName"] for row in rows] == [JOINER, "Change of department", "Offboard leaver"]
    assert not any({"tasks", "executionConditions", "@odata.type"} & row.keys() for row in rows)
    answer = lifecycle.graph.send("GET", f"{BASE}?$expand=tasks")
    assert (answer.status, "cannot expand tasks" in answer.body["error"]["message"]) == (400, True)


def test_late_members_are_told_only_on_demand(lifecycle: Workflows) -> None:
    tasks = lifecycle.graph.get(f"{BASE}/{MOVER_ID}")["tasks"]
    assert lifecycle.graph.get(f"{BASE}/{MOVER_ID}")["category"] == "unknownFutureValue"
    assert tasks[0]["category"] == "joiner,leaver,unknownFutureValue"
    assert lifecycle.get(MOVER_ID)["category"] == "mover"
    found = lifecycle.graph.all(f"{BASE}?$filter=category eq 'mover'")
    assert [row["id"] for row in found] == [MOVER_ID]


def test_one_workflow_comes_with_tasks_and_conditions_unless_they_are_not_selected(lifecycle: Workflows) -> None:
    found = lifecycle.get()
    assert found["executionConditions"]["trigger"]["timeBasedAttribute"] == "employeeHireDate"
    assert [task["executionSequence"] for task in found["tasks"]] == [1, 2, 3]
    selected = lifecycle.graph.get(f"{BASE}/{JOINER_ID}?$select=id,displayName")
    assert selected.keys() == {"@odata.context", "id", "displayName"}
    assert lifecycle.graph.get(f"{BASE}/{JOINER_ID}?$select=id,tasks&$expand=createdBy")["createdBy"] is None


def test_a_new_version_takes_the_place_of_the_one_before_and_both_are_kept(lifecycle: Workflows) -> None:
    before = lifecycle.get()
    after = lifecycle.insert(lifecycle.extension()["id"], position=1)
    assert after["version"] == 2
    assert [name for name, _, _ in contents(after)] == [
        *("Enable the account", "Lockstep", "Welcome mail", "Add to the all-hands group"),
    ]
    assert [task["executionSequence"] for task in after["tasks"]] == [1, 2, 3, 4]
    assert not {task["id"] for task in before["tasks"]} & {task["id"] for task in after["tasks"]}
    versions = lifecycle.graph.all(f"{BASE}/{JOINER_ID}/versions")
    assert [row["versionNumber"] for row in versions] == [1, 2]
    first = lifecycle.graph.get(f"{BASE}/{JOINER_ID}/versions/1")
    assert contents(first) == contents(before)
    assert lifecycle.graph.send("GET", f"{BASE}/{JOINER_ID}/versions/3").status == 404


def test_the_action_has_two_names_and_wants_its_parameter(lifecycle: Workflows) -> None:
    body = writable(lifecycle.get())
    long = f"{BASE}/{JOINER_ID}/microsoft.graph.identityGovernance.createNewVersion"
    assert lifecycle.graph.send("POST", long, {"workflow": body}).status == 200
    refused = lifecycle.new_version(body)
    assert (refused.status, "holds workflow" in refused.body["error"]["message"]) == (400, True)


def test_what_a_new_version_leaves_out_is_lost(lifecycle: Workflows) -> None:
    body = writable(lifecycle.get())
    for name in ("description", "isEnabled", "isSchedulingEnabled"):
        del body[name]
    assert lifecycle.new_version({"workflow": body}).status == 200
    found = lifecycle.get()
    assert (found["description"], found["isEnabled"], found["isSchedulingEnabled"]) == (None, False, False)
    assert found["settings"] == {"quarantineConfiguration": None}


def test_the_sequence_decides_where_every_task_has_one(lifecycle: Workflows) -> None:
    body = writable(lifecycle.get())
    body["tasks"].reverse()
    assert contents(lifecycle.new_version({"workflow": body}).body) == contents(lifecycle.get())
    del body["tasks"][0]["executionSequence"]
    assert lifecycle.new_version({"workflow": body}).status == 400


def changed(body: dict[str, Any], task: dict[str, Any] | None, whole: dict[str, Any]) -> dict[str, Any]:
    tasks = body["tasks"]
    if task is not None:
        tasks[0] = {name: value for name, value in {**tasks[0], **task}.items() if value != "absent"}
    return {name: value for name, value in {**body, **whole}.items() if value != "absent"}


@pytest.mark.parametrize(
    ("task", "whole", "complaint"),
    [
        (None, {"id": JOINER_ID}, "'id' of a workflow is kept by the service"),
        (None, {"version": 7}, "'version' of a workflow is kept"),
        (None, {"category": "absent"}, "'category' of a workflow is required"),
        (None, {"category": "unknownFutureValue"}, "is not a member"),
        (None, {"executionConditions": None}, "'executionConditions' of a workflow is required"),
        (None, {"executionConditions": {}}, "is abstract"),
        (None, {"displayName": ""}, "'displayName' of a workflow is required"),
        (None, {"tasks": []}, "'tasks' of a workflow is required"),
        (None, {"isEnabled": False}, "isSchedulingEnabled cannot be true"),
        (None, {"steps": []}, "'steps' does not exist"),
        ({"taskDefinitionId": "x"}, {}, "task definition 'x' does not exist"),
        ({"taskDefinitionId": MOVE_MAIL}, {}, "is not for workflows of category joiner"),
        ({"taskDefinitionId": RUN_EXTENSION}, {}, "(customTaskExtensionID) does not exist"),
        ({"displayName": "absent"}, {}, "'displayName' of a task is required"),
        ({"arguments": "absent"}, {}, "'arguments' of a task is required"),
        ({"arguments": [{"value": "x"}]}, {}, "has no name"),
        ({"arguments": [{"name": "a"}, {"name": "A"}]}, {}, "is given twice"),
        ({"category": "joiner,hirer"}, {}, "is not a member"),
        ({"taskProcessingResults": []}, {}, "'taskProcessingResults' of a task is kept"),
    ],
)
def test_a_bad_version_is_refused_and_changes_nothing(
    lifecycle: Workflows, task: dict[str, Any] | None, whole: dict[str, Any], complaint: str
) -> None:
    before = lifecycle.get()
    answer = lifecycle.new_version({"workflow": changed(writable(before), task, whole)})
    assert answer.status == 400
    assert complaint in answer.body["error"]["message"]
    assert lifecycle.get() == before


def test_the_category_cannot_change(lifecycle: Workflows) -> None:
    answer = lifecycle.new_version({"workflow": writable(lifecycle.get(LEAVER_ID))})
    assert (answer.status, "cannot change" in answer.body["error"]["message"]) == (400, True)


def test_ids_of_tasks_may_be_refused(lifecycle: Workflows) -> None:
    body = writable(lifecycle.get())
    body["tasks"][0]["id"] = "x"
    assert lifecycle.new_version({"workflow": body}).status == 200
    lifecycle.graph.entitlement.settings.task_ids_refused = True
    assert lifecycle.new_version({"workflow": body}).status == 400


def test_a_workflow_has_at_most_25_tasks_and_the_tenant_100_workflows(lifecycle: Workflows) -> None:
    extension = lifecycle.extension()["id"]
    body = writable(lifecycle.get())
    body["tasks"] = [extension_task(extension)] * TASK_LIMIT
    assert lifecycle.graph.send("POST", BASE, {**body, "displayName": "Another"}).status == 201
    body["tasks"] = [extension_task(extension)] * (TASK_LIMIT + 1)
    assert lifecycle.new_version({"workflow": body}).status == 400
    tenant = lifecycle.graph.entitlement.tenant
    for number in range(LIMIT - len(tenant.rows(WORKFLOW))):
        tenant.add(WORKFLOW, {"displayName": str(number), "deletedDateTime": None})
    answer = lifecycle.graph.send("POST", BASE, {**body, "tasks": body["tasks"][:1]})
    assert answer.body["error"]["code"] == "QuotaExceeded"


def test_only_the_basics_change_without_a_new_version(lifecycle: Workflows) -> None:
    url = f"{BASE}/{JOINER_ID}"
    assert lifecycle.graph.send("PATCH", url, {"displayName": "Hello", "isEnabled": True}).status == 204
    assert (lifecycle.get()["displayName"], lifecycle.get()["version"]) == ("Hello", 1)
    refused = lifecycle.graph.send("PATCH", url, {"tasks": []})
    assert "only by createNewVersion" in refused.body["error"]["message"]


def test_a_deleted_workflow_can_be_restored_until_it_is_removed_for_good(lifecycle: Workflows) -> None:
    url, deleted = f"{BASE}/{JOINER_ID}", f"{LCW}/deletedItems/workflows/{JOINER_ID}"
    before = lifecycle.get()
    assert lifecycle.graph.send("GET", deleted).status == 404
    assert lifecycle.graph.send("DELETE", url).status == 204
    assert lifecycle.graph.send("GET", url).status == 404
    assert JOINER_ID not in [row["id"] for row in lifecycle.graph.all(BASE)]
    assert [row["id"] for row in lifecycle.graph.all(f"{LCW}/deletedItems/workflows")] == [JOINER_ID]
    assert contents(lifecycle.graph.get(deleted)) == contents(before)
    assert lifecycle.graph.send("POST", f"{deleted}/restore").status == 200
    assert lifecycle.get() == before
    lifecycle.graph.send("DELETE", url)
    assert lifecycle.graph.send("DELETE", deleted).status == 204
    assert lifecycle.graph.send("POST", f"{deleted}/restore").status == 404


def test_the_task_definitions_are_those_of_microsoft(lifecycle: Workflows) -> None:
    rows = lifecycle.graph.all(f"{LCW}/taskDefinitions")
    (ours,) = [row for row in rows if row["id"] == RUN_EXTENSION]
    assert [parameter["name"] for parameter in ours["parameters"]] == ["customTaskExtensionID"]
    assert lifecycle.graph.get(f"{LCW}/taskDefinitions/{RUN_EXTENSION.upper()}")["id"] == RUN_EXTENSION
