from __future__ import annotations

import copy
from typing import Any

import pytest

from provision.apply import Stopped
from provision.change import Change
from provision.errors import ProvisionError, ServiceRefusal
from provision.kinds import workflow_task
from provision.resource import GraphTarget
from tests.fake_lifecycle import LEAVE, MOVE, ONBOARD, WORKFLOWS, task
from tests.fakes import InMemoryAzure
from tests.sample import LIFECYCLE, carried_out, destroying, looked_at, planned, provisioned

OURS = "Lockstep test: AD groups"
DEFINITION = "4262b724-8dba-4fad-afc3-43fcbb497a0e"


def section(*workflows: str, **more: Any) -> dict[str, Any]:
    return {"lifecycle_workflows": {"workflows": list(workflows), **more}}


def ours(azure: InMemoryAzure, workflow: str = ONBOARD) -> dict[str, Any]:
    return next(one for one in azure.lifecycle.workflows[workflow]["tasks"] if one["displayName"] == OURS)


def extension(azure: InMemoryAzure) -> str:
    (only,) = azure.lifecycle.extensions
    return only


def test_every_listed_workflow_gets_the_task_after_its_own() -> None:
    azure = provisioned(**LIFECYCLE)

    for workflow in WORKFLOWS:
        assert azure.lifecycle.names(workflow) == ["First", "Second", OURS]
        assert azure.lifecycle.workflows[workflow]["version"] == 4
    assert {key: value for key, value in ours(azure).items() if key not in ("id", "executionSequence")} == {
        "displayName": OURS,
        "description": "Brings the person's AD groups in step [lockstep:test]",
        "taskDefinitionId": DEFINITION,
        "isEnabled": True,
        "continueOnError": False,
        "arguments": [{"name": "customTaskExtensionID", "value": extension(azure)}],
    }


def test_everything_else_of_the_workflow_goes_into_the_new_version_as_it_was() -> None:
    before, azure = InMemoryAzure(), InMemoryAzure()
    carried_out(azure, planned(azure, **LIFECYCLE))

    old, new = before.lifecycle.workflows[ONBOARD], azure.lifecycle.workflows[ONBOARD]
    foreign = {one["displayName"]: one for one in new["tasks"] if one["displayName"] != OURS}
    for one in old["tasks"]:
        assert {**foreign[one["displayName"]], "id": one["id"]} == one
    sent = next(request.body for request in azure.writes if "workflow version" in str(request.target))["workflow"]
    assert "@odata.context" not in sent
    assert "tasks@odata.context" not in sent
    for key in ("displayName", "description", "category", "isEnabled", "executionConditions", "somethingNew"):
        assert sent[key] == old[key]


def test_a_second_plan_is_empty_and_makes_no_version() -> None:
    azure = provisioned(**LIFECYCLE)

    assert planned(azure, **LIFECYCLE).changes == ()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("isEnabled", False),
        ("continueOnError", True),
        ("displayName", "other"),
        ("description", "other"),
        ("arguments", "two"),
    ],
)
def test_drift_is_told_and_put_right_where_the_task_is(key: str, value: Any) -> None:
    azure = provisioned(**LIFECYCLE)
    one = ours(azure)
    one[key] = [*one["arguments"], {"name": "x", "value": "y"}] if value == "two" else value
    one["executionSequence"] = 0  # somebody moved it to the front, too

    plan = planned(azure, **LIFECYCLE)
    carried_out(azure, plan)

    (change,) = plan.changes
    assert str(change) == "update workflow task Onboard new hire"
    assert [difference.path.startswith(f"tasks[0].{key}") for difference in change.differences] == [True]
    assert azure.lifecycle.names(ONBOARD) == [OURS, "First", "Second"]
    assert planned(azure, **LIFECYCLE).changes == ()


def test_a_task_that_was_moved_is_left_where_it_is() -> None:
    azure = provisioned(**LIFECYCLE)
    ours(azure)["executionSequence"] = 0

    assert planned(azure, **LIFECYCLE).changes == ()


def test_the_argument_is_known_in_any_spelling() -> None:
    azure = provisioned(**LIFECYCLE)
    ours(azure)["arguments"][0]["name"] = "CustomTaskExtensionID"
    ours(azure)["taskDefinitionId"] = DEFINITION.upper()

    assert planned(azure, **LIFECYCLE).changes == ()


def test_a_second_task_of_ours_in_the_same_workflow_goes() -> None:
    azure = provisioned(**LIFECYCLE)
    azure.lifecycle.workflows[MOVE]["tasks"].append({**ours(azure, MOVE), "id": "copy", "executionSequence": 9})

    carried_out(azure, planned(azure, **LIFECYCLE))

    assert azure.lifecycle.names(MOVE) == ["First", "Second", OURS]


def test_a_workflow_that_is_taken_out_of_the_file_loses_the_task_and_nothing_else() -> None:
    azure = provisioned(**LIFECYCLE)

    plan = planned(azure, **section("Onboard new hire", LEAVE))
    carried_out(azure, plan)

    assert [str(change) for change in plan.changes] == ["delete workflow task Change of department"]
    assert azure.lifecycle.names(MOVE) == ["First", "Second"]
    assert azure.lifecycle.names(ONBOARD) == ["First", "Second", OURS]


def test_a_task_that_somebody_added_by_hand_with_our_extension_is_ours() -> None:
    azure = provisioned(**section("Onboard new hire"))
    by_hand = {**task("Mine", 3), "taskDefinitionId": DEFINITION, "arguments": ours(azure)["arguments"]}
    azure.lifecycle.workflows[MOVE]["tasks"].append(by_hand)

    plan = planned(azure, **section("Onboard new hire"))

    assert [str(change) for change in plan.changes] == ["delete workflow task Change of department"]


def test_a_marked_task_whose_extension_is_gone_is_mended() -> None:
    azure = provisioned(**section("Onboard new hire"))
    azure.lifecycle.extensions.clear()

    carried_out(azure, planned(azure, **section("Onboard new hire")))

    assert azure.lifecycle.names(ONBOARD) == ["First", "Second", OURS]
    assert ours(azure)["arguments"][0]["value"] == extension(azure)


def calling(name: str, place: int, extension_id: str, description: str) -> dict[str, Any]:
    arguments = [{"name": "customTaskExtensionID", "value": extension_id}]
    return {**task(name, place), "taskDefinitionId": DEFINITION, "description": description, "arguments": arguments}


def test_a_foreign_task_with_the_very_description_that_somebody_gave_ours_stays() -> None:
    azure = provisioned(**LIFECYCLE)
    ours(azure)["description"] = "Run a custom task extension"
    azure.lifecycle.workflows[ONBOARD]["tasks"].append(
        calling("Theirs", 9, "their-extension", "Run a custom task extension")
    )

    carried_out(azure, planned(azure, **LIFECYCLE))
    assert azure.lifecycle.names(ONBOARD) == ["First", "Second", OURS, "Theirs"]
    ours(azure)["description"] = "Run a custom task extension"
    carried_out(azure, destroying(azure, **LIFECYCLE))
    assert azure.lifecycle.names(ONBOARD) == ["First", "Second", "Theirs"]


def test_a_foreign_task_that_calls_the_extension_which_somebody_gave_ours_stays() -> None:
    azure = provisioned(**LIFECYCLE)
    azure.lifecycle.workflows[ONBOARD]["tasks"].append(calling("Theirs", 9, "their-extension", "theirs"))
    ours(azure)["arguments"][0]["value"] = "their-extension"

    carried_out(azure, planned(azure, **LIFECYCLE))
    assert azure.lifecycle.names(ONBOARD) == ["First", "Second", OURS, "Theirs"]
    ours(azure)["arguments"][0]["value"] = "their-extension"
    carried_out(azure, destroying(azure, **LIFECYCLE))
    assert azure.lifecycle.names(ONBOARD) == ["First", "Second", "Theirs"]


def test_a_task_that_another_environment_has_marked_is_its_own_whatever_it_calls() -> None:
    azure = provisioned(**section("Onboard new hire"))
    theirs = calling("Lockstep other: AD groups", 9, extension(azure), "x [lockstep:other]")
    azure.lifecycle.workflows[MOVE]["tasks"].append(theirs)
    azure.lifecycle.workflows[ONBOARD]["tasks"].append(dict(theirs))

    plan = planned(azure, **section("Onboard new hire"))

    assert plan.changes == ()


def test_a_workflow_with_a_value_that_graph_hides_is_never_written() -> None:
    azure = InMemoryAzure()
    plan = planned(azure, **section(ONBOARD))
    azure.lifecycle.workflows[ONBOARD]["tasks"][0]["category"] = "joiner,unknownFutureValue"

    with pytest.raises(Stopped, match="hides a value of workflow Onboard new hire"):
        carried_out(azure, plan)
    assert not any("workflow version" in str(request.target) for request in azure.writes)


def test_a_workflow_that_was_edited_meanwhile_keeps_the_edit() -> None:
    azure = InMemoryAzure()
    plan = planned(azure, **LIFECYCLE)
    azure.lifecycle.workflows[ONBOARD]["tasks"].append(task("Third", 3))
    azure.lifecycle.workflows[ONBOARD]["description"] = "new"

    carried_out(azure, plan)

    assert azure.lifecycle.names(ONBOARD) == ["First", "Second", "Third", OURS]
    assert azure.lifecycle.workflows[ONBOARD]["description"] == "new"


def test_a_workflow_that_was_filled_meanwhile_is_refused() -> None:
    azure = InMemoryAzure()
    plan = planned(azure, **LIFECYCLE)
    azure.lifecycle.workflows[ONBOARD]["tasks"] = [task(f"t{number}", number) for number in range(25)]

    with pytest.raises(Stopped, match="has 25 tasks, which is as many as it may"):
        carried_out(azure, plan)


def test_a_workflow_that_disappeared_meanwhile_is_told() -> None:
    azure = InMemoryAzure()
    plan = planned(azure, **LIFECYCLE)
    del azure.lifecycle.workflows[ONBOARD]

    with pytest.raises(Stopped, match="workflow task Onboard new hire disappeared since the plan was made"):
        carried_out(azure, plan)


def test_destroy_leaves_the_tasks_of_others_as_they_were() -> None:
    azure = provisioned(**LIFECYCLE)
    before = InMemoryAzure().lifecycle

    carried_out(azure, destroying(azure, **LIFECYCLE))

    assert {key: azure.lifecycle.names(key) for key in WORKFLOWS} == {key: before.names(key) for key in WORKFLOWS}
    assert destroying(azure, **LIFECYCLE).changes == ()


def test_destroy_without_the_section_finds_everything_by_the_logic_apps_tag() -> None:
    azure = provisioned(**LIFECYCLE)

    carried_out(azure, destroying(azure))

    assert azure.lifecycle.extensions == {}
    assert azure.lifecycle.names(LEAVE) == ["First", "Second"]
    assert [key for key in azure.arm if "lifecycle" in key] == []


def test_a_deletion_of_a_workflow_that_is_gone_needs_no_request() -> None:
    azure = provisioned(**LIFECYCLE)
    late = destroying(azure, **LIFECYCLE)
    azure.lifecycle.workflows.clear()

    carried_out(azure, late)

    assert not any("workflow version" in str(request.target) for request in azure.writes)


@pytest.mark.parametrize("missing", ["tasks", "executionConditions"])
def test_a_workflow_that_is_not_shown_whole_is_never_written(missing: str) -> None:
    azure = provisioned(**LIFECYCLE)
    del azure.lifecycle.workflows[ONBOARD][missing]

    with pytest.raises(ProvisionError, match="did not give all of workflow Onboard new hire"):
        planned(azure, **LIFECYCLE)


def test_a_task_that_is_not_shown_whole_is_never_written() -> None:
    azure = provisioned(**LIFECYCLE)
    del azure.lifecycle.workflows[ONBOARD]["tasks"][0]["arguments"]

    with pytest.raises(ProvisionError, match="did not give all of workflow Onboard new hire"):
        planned(azure, **LIFECYCLE)


def test_tasks_without_a_sequence_keep_the_order_in_which_they_came() -> None:
    azure = InMemoryAzure()
    workflow = azure.lifecycle.workflows[ONBOARD]
    for one in workflow["tasks"]:
        del one["executionSequence"]

    assert [one["displayName"] for one in workflow_task.tasks(workflow)] == ["Second", "First"]


def test_an_answer_that_shows_other_tasks_is_doubted() -> None:
    azure = InMemoryAzure()
    change = next(c for c in planned(azure, **section(ONBOARD)).changes if c.resource.address.kind == "workflow task")
    done = provisioned(**section(ONBOARD))
    change = Change("create", next(iter(workflow_task.found(looked_at(done, **section(ONBOARD))))), "x")
    kept, lost = copy.deepcopy(done.lifecycle.workflows[ONBOARD]), InMemoryAzure().lifecycle.workflows[ONBOARD]

    assert workflow_task.doubt(change, kept) == ""
    assert workflow_task.doubt(change, {"workflow": kept}) == ""
    assert workflow_task.doubt(change, {"id": ONBOARD}) == ""
    assert workflow_task.doubt(change, None) == ""
    assert workflow_task.doubt(change, lost) == "the service did not keep the task as it was sent"


def test_continue_on_error_comes_from_the_environment() -> None:
    assert ours(provisioned(**section(ONBOARD, continue_on_error=True)))["continueOnError"] is True


def test_the_version_is_made_of_the_workflow_itself() -> None:
    azure = InMemoryAzure()
    carried_out(azure, planned(azure, **section(ONBOARD)))

    assert [request.target for request in azure.writes if "workflow version" in str(request.target)] == [
        GraphTarget("workflow version", (ONBOARD,))
    ]


@pytest.mark.parametrize(
    ("status", "text", "verdict"),
    [
        (400, "The custom task extension x was not found.", "wait"),
        (404, "CustomTaskExtension 'x' does not exist", "wait"),
        (400, "The rule is invalid", "failed"),
        (403, "extension not found", "failed"),
    ],
)
def test_a_new_extension_that_is_not_known_yet_is_waited_for(status: int, text: str, verdict: str) -> None:
    assert workflow_task.verdict(ServiceRefusal(text, status, "BadRequest")) == verdict
