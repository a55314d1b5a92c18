"""plan, apply and destroy of Lifecycle Workflows over the real SDKs, against the sandbox."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pytest

from provision.azure import Azure
from provision.environment import Environment
from provision.resource import GraphCollection, GraphTarget, Request
from provision.sandbox.sandbox import Sandbox
from provision.sandbox.seed import DEPLOYER_APP_ID
from tests.integration.azure_world import Person, azure

OURS = "Lockstep sandbox: AD groups"
WORKFLOWS = ("Onboard new hire", "Change of department", "Offboard leaver")
OF_VERSION = ("id", "executionSequence")


@pytest.fixture
def file(sandbox: Sandbox, tmp_path: Path) -> Path:
    """The sandbox's environment file, which lists all three workflows."""
    return sandbox.environment_file(tmp_path / "sandbox.yaml")


def serve(path: Path, *workflows: str, **more: Any) -> None:
    """Lets the environment list these workflows; none takes the section away."""
    text = re.sub(r"^lifecycle_workflows:\n(?:[ ].*\n)+", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    section = [f"  workflows: {list(workflows)!r}", *(f"  {key}: {value}" for key, value in more.items())]
    path.write_text("\n".join([text, "lifecycle_workflows:", *section, ""]) if workflows else text, encoding="utf-8")


def services(path: Path) -> Azure:
    """What the person in front of the file sees."""
    return azure(Environment.load(str(path)))


def workflows(path: Path) -> dict[str, Any]:
    """Every workflow whole, by name."""
    with services(path) as connected:
        listed = connected.read(GraphCollection("workflows"))
        found = [connected.read(GraphTarget("workflow", (one["id"],))) for one in listed]
    return {one["displayName"]: one for one in found}


def tasks(workflow: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The tasks in their order, without what every version has anew."""
    ordered = sorted(workflow["tasks"], key=lambda one: int(one["executionSequence"]))
    return [{key: value for key, value in one.items() if key not in OF_VERSION} for one in ordered]


def test_apply_adds_one_task_a_second_plan_is_empty_and_destroy_leaves_the_tasks_of_others(
    sandbox: Sandbox, file: Path
) -> None:
    person, before = Person(file), workflows(file)

    assert person.apply() == 0
    there = workflows(file)
    assert person.plan() == 0
    assert person.destroy() == 0
    after = workflows(file)

    for name in WORKFLOWS:
        assert tasks(there[name])[:-1] == tasks(before[name])
        assert tasks(there[name])[-1]["displayName"] == OURS
        assert tasks(after[name]) == tasks(before[name])
        kept = ("category", "description", "isEnabled", "isSchedulingEnabled", "executionConditions")
        assert {key: after[name].get(key) for key in kept} == {key: before[name].get(key) for key in kept}
        assert after[name]["version"] == before[name]["version"] + 2
    with services(file) as connected:
        extensions = connected.read(GraphCollection("task extensions"))
    assert not [one for one in extensions if "lockstep" in str(one["description"])]
    assert sandbox.journal.failures() == []


def test_a_workflow_taken_out_of_the_file_loses_the_task_and_then_the_section_everything(file: Path) -> None:
    person, before = Person(file), workflows(file)
    person.apply()

    serve(file, "Onboard new hire", "Offboard leaver", logic_app="lockstep-sandbox-lifecycle")
    assert person.plan() == 2
    assert "1 to delete" in person.out
    assert "workflow task Change of department" in person.out
    person.apply()
    assert tasks(workflows(file)["Change of department"]) == tasks(before["Change of department"])

    serve(file)
    person.apply()
    assert {name: tasks(one) for name, one in workflows(file).items()} == {
        name: tasks(one) for name, one in before.items()
    }
    assert person.plan() == 0


def test_what_somebody_changed_is_shown_and_put_right(file: Path) -> None:
    person = Person(file)
    person.apply()
    workflow = workflows(file)["Offboard leaver"]
    changed = [{**one, "isEnabled": one["displayName"] != OURS} for one in reversed(tasks(workflow))]
    kept = ("category", "displayName", "description", "isEnabled", "isSchedulingEnabled", "executionConditions")
    body = {"workflow": {**{key: workflow[key] for key in kept}, "tasks": changed}}
    with services(file) as connected:
        connected.send(Request("post", GraphTarget("workflow version", (workflow["id"],)), body), lambda _: None)

    assert person.plan() == 2
    assert "tasks[0].isEnabled" in person.out
    assert person.apply() == 0

    mended = tasks(workflows(file)["Offboard leaver"])
    assert [one["displayName"] for one in mended] == [one["displayName"] for one in changed]
    assert mended[0]["isEnabled"] is True
    assert person.plan() == 0


def test_an_update_of_the_extension_is_answered_by_nothing_and_done(file: Path) -> None:
    person = Person(file)
    person.apply()
    serve(file, *WORKFLOWS, launch_and_wait_minutes=45, continue_on_error="true")

    assert person.apply() == 0
    assert "timeoutDuration" in person.out or "updated" in person.out
    assert person.plan() == 0


@pytest.mark.parametrize(("wanted", "other"), [("id", "appId"), ("appId", "id")])
def test_a_service_that_takes_one_name_of_the_authorized_application_only(
    sandbox: Sandbox, file: Path, wanted: Literal["id", "appId"], other: str
) -> None:
    sandbox.world.entitlement.settings.authorized_app_key = wanted
    person = Person(file)

    serve(file, *WORKFLOWS, authorized_apps_key=other)
    assert f"An authorised app is named by {wanted}" in person.refused(person.apply)

    serve(file, *WORKFLOWS, authorized_apps_key=wanted)
    assert person.apply() == 0
    assert person.plan() == 0, person.out


def test_an_identity_that_graph_does_not_know_yet_is_waited_for(sandbox: Sandbox, file: Path) -> None:
    sandbox.world.principals.hidden_lookups = 2

    person = Person(file)
    assert person.apply() == 0
    assert person.plan() == 0, person.out


def test_without_the_section_no_permission_for_lifecycle_workflows_is_needed(sandbox: Sandbox, file: Path) -> None:
    forbid(sandbox, "Lifecycle", "Application")
    serve(file)
    person = Person(file)

    assert person.apply() == 0
    assert person.plan() == 0
    assert person.destroy() == 0


@pytest.mark.parametrize(
    ("taken", "needed"),
    [
        ("LifecycleWorkflows-CustomExt", "reading the task extensions of Lifecycle Workflows"),
        ("LifecycleWorkflows-Workflow", "reading the workflows of Lifecycle Workflows"),
        ("Application", "Application.Read.All"),
    ],
)
def test_a_missing_permission_is_named(sandbox: Sandbox, file: Path, taken: str, needed: str) -> None:
    forbid(sandbox, taken, *(("LifecycleWorkflows.",) if taken.startswith("Lifecycle") else ()))

    assert needed in Person(file).refused(Person(file).apply)


def forbid(sandbox: Sandbox, *prefixes: str) -> None:
    """Takes the permissions that begin so from whoever deploys."""
    principals = sandbox.world.principals
    (deployer,) = [one for one in principals.all() if one.app_id == DEPLOYER_APP_ID]
    principals.assign(deployer.object_id, [role for role in deployer.app_roles if not role.startswith(prefixes)])


def test_what_is_wrong_with_the_workflows_is_told_at_once_with_its_place(file: Path) -> None:
    serve(file, "Onboard new hire", "Nobody", "offboard leaver")
    person = Person(file)

    text = person.refused(person.plan)

    line = file.read_text(encoding="utf-8").splitlines().index("lifecycle_workflows:") + 2
    assert f"{file}:{line}:" in text
    assert "there is no workflow Nobody in Lifecycle Workflows" in text
    assert "there is no workflow offboard leaver in Lifecycle Workflows" in text
