from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from provision import lifecycle_preflight, preflight
from provision.environment import Environment
from provision.reading import inventory
from runbook.mapping import parse_mapping
from tests.fake_lifecycle import LEAVE, MOVE, ONBOARD, task
from tests.fakes import InMemoryAzure
from tests.sample import LIFECYCLE, MAPPED, document, looked_at, mapping_text, provisioned
from tests.unit.provision.test_preflight import checked


def wishes(*workflows: str, **more: Any) -> dict[str, Any]:
    return {"lifecycle_workflows": {"workflows": list(workflows), **more}}


def test_workflows_that_fit_pass() -> None:
    assert checked(InMemoryAzure(), **LIFECYCLE) == []


def test_every_problem_is_told_at_once() -> None:
    azure = InMemoryAzure()
    azure.lifecycle.workflows["twin"] = {**azure.lifecycle.workflows[MOVE], "id": "twin"}
    azure.lifecycle.workflows[LEAVE]["category"] = "unknownFutureValue"

    lines = checked(azure, **wishes("Nobody", "Change of department", LEAVE))

    problems = [line.split(": ", 1)[1] for line in lines]
    assert problems[0].startswith("there is no workflow Nobody in Lifecycle Workflows. Correct it, or create it there")
    assert problems[1].endswith(f"called Change of department. Write the id of the one you mean: {MOVE}, twin.")
    assert problems[2].startswith("workflow Off is of category unknownFutureValue, and a custom task extension runs in")
    assert len(problems) == 3


def test_a_problem_is_told_with_its_place_in_the_file() -> None:
    text = "".join(f"{key}: {json.dumps(value)}\n" for key, value in document().items())
    text += "lifecycle_workflows:\n  workflows:\n    - Onboard new hire\n    - Nobody\n"
    environment = Environment.parse(text, "test.yaml", Path())

    (problem,) = lifecycle_preflight.problems(inventory(InMemoryAzure(), environment))

    assert problem.startswith(f"test.yaml:{len(document()) + 4}:7: there is no workflow Nobody")


def test_a_full_workflow_is_refused_unless_our_task_is_one_of_its_tasks() -> None:
    azure = InMemoryAzure()
    azure.lifecycle.workflows[ONBOARD]["tasks"] = [task(f"t{number}", number) for number in range(25)]
    (line,) = checked(azure, **LIFECYCLE)
    assert "workflow Onboard new hire has 25 tasks, which is as many as it may. Remove one" in line

    azure = provisioned(**LIFECYCLE)
    azure.lifecycle.workflows[ONBOARD]["tasks"] += [task(f"t{number}", number + 9) for number in range(22)]
    assert checked(azure, **LIFECYCLE) == []


def test_one_workflow_under_two_names_is_refused() -> None:
    (line,) = checked(InMemoryAzure(), **wishes("Onboard new hire", ONBOARD))

    assert f"Onboard new hire and {ONBOARD} are the same workflow {ONBOARD}. Remove one." in line


def test_a_tenant_that_is_full_of_extensions_is_refused_unless_one_is_ours() -> None:
    azure = InMemoryAzure()
    azure.lifecycle.extensions = {str(n): {"id": str(n), "displayName": str(n)} for n in range(100)}
    (line,) = checked(azure, **LIFECYCLE)
    assert "the tenant has 100 custom task extensions" in line

    azure = provisioned(**LIFECYCLE)
    azure.lifecycle.extensions |= {str(n): {"id": str(n), "displayName": str(n)} for n in range(99)}
    assert checked(azure, **LIFECYCLE) == []


@pytest.mark.parametrize("catalog", ["Lifecycle", {"name": "Lifecycle", "logic_app": "LOCKSTEP-test-lifecycle"}])
def test_a_logic_app_that_would_serve_a_catalog_as_well_is_refused(catalog: Any) -> None:
    azure = InMemoryAzure()
    azure.add_catalog("c9", "Lifecycle", {})

    (line,) = checked(azure, MAPPED, catalogs=["Finance", "Engineering", catalog], **LIFECYCLE)

    assert "catalog Lifecycle would share its Logic App with another one or Lifecycle Workflows." in line


def test_a_name_that_azure_does_not_take_is_told_at_the_section() -> None:
    (line,) = [
        line
        for line in checked(InMemoryAzure(), resource_group="g" * 45, **wishes(ONBOARD, logic_app="a" * 43))
        if "Lifecycle Workflows" in line
    ]

    assert "Lifecycle Workflows: the Logic App name" in line
    assert "makes a resource id of" in line


def test_a_workflow_that_is_disabled_is_a_warning() -> None:
    azure = InMemoryAzure()
    azure.lifecycle.workflows[ONBOARD]["isEnabled"] = False
    mapping = parse_mapping(mapping_text(*MAPPED), "mapping.json")

    (warning,) = preflight.warnings(looked_at(azure, **LIFECYCLE), mapping)

    assert warning.startswith("workflow Onboard new hire is disabled; it runs for nobody")
    assert list(preflight.warnings(looked_at(azure), mapping)) == []
