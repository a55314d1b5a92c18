"""Lifecycle Workflows: the workflows, the extension and the task, one broken link at a time."""

from __future__ import annotations

from typing import Any

import pytest

from provision.doctor.check import Check
from provision.errors import ProvisionError, ServiceRefusal
from tests.fake_lifecycle import ONBOARD, task
from tests.patient import Break, Patient, examined, found, noticed, red, sound
from tests.sample import LIFECYCLE

AREA = "Lifecycle Workflows"
EXTENSION = "Lockstep test"
APPLY = "`lockstep apply -e test` makes it so."


def served() -> Patient:
    """Everything deployed, every workflow on its schedule, and the token with what that takes."""
    patient = sound(**LIFECYCLE)
    assert isinstance(patient.token, dict)
    patient.token = {**patient.token, "roles": [*patient.token["roles"], "LifecycleWorkflows.ReadWrite.All"]}
    for workflow in patient.lifecycle.workflows.values():
        workflow["isSchedulingEnabled"] = True
    return patient


def looked_at(patient: Patient, **changes: Any) -> tuple[Check, ...]:
    return examined(patient, **{**LIFECYCLE, **changes})


def ours(patient: Patient) -> Any:
    return patient.lifecycle.workflows[ONBOARD]["tasks"][-1]


def extension(patient: Patient) -> Any:
    (there,) = patient.lifecycle.extensions.values()
    return there


def test_all_is_sound_after_apply() -> None:
    checks = looked_at(served())

    assert noticed(checks) == []
    assert len([check for check in checks if check.area == AREA]) == 3 + 6 + 3 * 3


def test_without_the_section_nothing_is_asked_or_said() -> None:
    patient = sound()

    assert [check for check in examined(patient) if check.area == AREA] == []
    assert patient.lifecycle.asked == 0


def _no_application(patient: Patient) -> None:
    extension(patient)["callbackConfiguration"]["authorizedApps"] = [{"id": "mine"}]


def _another_extension(patient: Patient) -> None:
    ours(patient)["arguments"] = [{"name": "customTaskExtensionID", "value": "mine"}]


@pytest.mark.parametrize(
    ("link", "end", "said"),
    [
        (lambda p: ours(p).update(isEnabled=False), "Onboard new hire: task", "isEnabled is false, not true"),
        (_another_extension, "Onboard new hire: task calls", 'is "mine", not "'),
        (
            lambda p: ours(p).update(continueOnError=True),
            "Onboard new hire: task continues on error",
            "continueOnError is true, not false",
        ),
        (_no_application, ": authorized application", '"mine", not "'),
        (
            lambda p: extension(p)["callbackConfiguration"].update(timeoutDuration="PT3H"),
            ": waiting time",
            'is "PT180M", not "PT30M"',
        ),
        (
            lambda p: extension(p)["endpointConfiguration"].update(logicAppWorkflowName="mine"),
            ": Logic App",
            'is "mine", not "lockstep-test-lifecycle"',
        ),
        (
            lambda p: extension(p)["authenticationConfiguration"].update({"@odata.type": "#x"}),
            ": token security",
            'is "#x", not "#microsoft.graph.azureAdPopTokenAuthentication"',
        ),
    ],
)
def test_exactly_the_broken_link_is_named(link: Break, end: str, said: str) -> None:
    patient = served()
    link(patient)

    (check,) = [check for check in looked_at(patient) if check.state != "ok"]

    assert (check.area, check.state, check.fix) == (AREA, "fail", APPLY)
    assert check.subject.endswith(end)
    assert said in check.said


@pytest.mark.parametrize(
    ("section", "key", "end"),
    [
        ("callbackConfiguration", "authorizedApps", ": authorized application"),
        ("endpointConfiguration", "url", ": address"),
    ],
)
def test_what_graph_does_not_show_is_not_called_good(section: str, key: str, end: str) -> None:
    patient = served()
    del extension(patient)[section][key]

    (check,) = [check for check in looked_at(patient) if check.state != "ok"]

    assert (check.area, check.state) == (AREA, "warn")
    assert check.subject.endswith(end)
    assert check.said.startswith("Microsoft Graph does not show it")


def test_a_task_that_is_gone_does_not_exist() -> None:
    patient = served()
    patient.lifecycle.workflows[ONBOARD]["tasks"].pop()

    assert red(looked_at(patient)) == [(AREA, "workflow task Onboard new hire", "fail")]


def test_a_workflow_that_does_not_run_is_a_warning() -> None:
    patient = served()
    patient.lifecycle.workflows[ONBOARD]["isEnabled"] = False

    disabled = found(looked_at(patient), "workflow Onboard new hire")
    patient.lifecycle.workflows[ONBOARD] |= {"isEnabled": True, "isSchedulingEnabled": False}
    unscheduled = found(looked_at(patient), "workflow Onboard new hire")

    assert (disabled.state, disabled.said) == ("warn", "is disabled, so that it runs for nobody")
    assert (unscheduled.state, unscheduled.said) == ("warn", "has no schedule: it runs on demand only")
    assert "Lifecycle workflows > Workflows > Onboard new hire > Properties" in disabled.fix


def test_workflows_that_cannot_get_the_task_are_named() -> None:
    patient = Patient()
    patient.lifecycle.workflows[ONBOARD]["tasks"] = [task(str(place), place) for place in range(1, 26)]
    section = {"workflows": ["Onboard new hire", "Nowhere"]}

    checks = [c for c in examined(patient, lifecycle_workflows=section) if c.subject == "the listed workflows"]

    assert [check.state for check in checks] == ["fail", "fail"]
    assert "has 25 tasks" in checks[0].said
    assert "there is no workflow Nowhere" in checks[1].said
    assert checks[1].fix.startswith("Correct it")


def test_the_door_of_its_logic_app_is_checked_like_the_others() -> None:
    checks = looked_at(served())

    assert found(checks, "lockstep-test-lifecycle: claim appid").state == "ok"
    assert found(checks, "lockstep-test-lifecycle: shared access signatures").state == "ok"


@pytest.mark.parametrize("noun", ["'task extensions'", "'workflows'", "'workflow'"])
def test_what_cannot_be_read_is_unknown_and_hides_nothing_else(noun: str) -> None:
    patient = served()
    patient.silent[f"noun={noun}"] = ServiceRefusal("No permission. Give it.", 403, "x")

    checks = looked_at(patient)

    assert {area for area, _, _ in red(checks)} == {"credential", AREA}
    assert {state for area, _, state in red(checks) if area == AREA} == {"unknown"}


def test_no_answer_at_all() -> None:
    patient = served()
    patient.silent["Graph"] = ProvisionError("Microsoft Graph did not answer. Try again.")

    checks = looked_at(patient)

    assert {c.state for c in checks if c.area == AREA} == {"unknown"}


def test_without_the_section_what_is_left_is_a_warning() -> None:
    patient = served()

    warnings = [check for check in examined(patient) if check.state == "warn"]

    assert {check.area for check in warnings} == {"Logic Apps", "roles", AREA}
    assert {check.fix for check in warnings} == {"`lockstep apply -e test` takes it away."}
