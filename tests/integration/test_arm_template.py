"""The deployment template over the real SDK: deployed to the sandbox, then looked at by `plan`."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provision.commands.template import arm
from provision.environment import Environment
from provision.resource import ArmTarget, Request, WorkflowTarget
from provision.sandbox.sandbox import Sandbox
from provision.terminal import Terminal
from tests.arm_deployment import Deployment
from tests.integration.azure_world import Person, azure


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for all tests of this file."""
    made = Sandbox(tmp_path_factory.mktemp("sandbox"))
    made.start()
    made.world.principals.hidden_lookups = 0
    yield made
    made.stop()


@pytest.fixture
def person(running: Sandbox, tmp_path: Path) -> Person:
    """Somebody with the sandbox's environment file, and a fresh world."""
    running.reset()
    running.world.principals.hidden_lookups = 0
    return Person(running.environment_file(tmp_path / "sandbox.yaml"))


def rendered(person: Person, *catalogs: str) -> dict[str, Any]:
    out = io.StringIO()
    assert arm(person.environment, catalogs, Terminal(out, io.StringIO(), io.StringIO(), {})) == 0
    template: dict[str, Any] = json.loads(out.getvalue())
    return template


def deployed(person: Person, template: dict[str, Any]) -> list[str]:
    environment = Environment.load(person.environment)
    group = f"/subscriptions/{environment.subscription}/resourceGroups/{environment.resource_group}"
    with azure(environment) as services:

        def write(identifier: str, version: str, body: Any) -> None:
            kind = WorkflowTarget if "/workflows/" in identifier else ArmTarget
            services.send(Request("put", kind(identifier, version), body), lambda _: None)

        return Deployment(template, group, lambda *where: services.read(ArmTarget(*where))).run(write)


def test_a_plan_after_a_deployment_shows_only_what_a_template_cannot_do(running: Sandbox, person: Person) -> None:
    template = rendered(person)
    deployed(person, template)
    person.plan(form="json")
    plan = json.loads(person.out)

    assert {change["action"] for change in plan["changes"]} == {"create"}
    assert sorted(f"{change['kind']} {change['name']}" for change in plan["changes"]) == sorted(
        name.split(" (unless")[0] for name in template["outputs"]["notDeployed"]["value"]
    )
    assert {change["kind"] for change in plan["changes"]} == {
        "runbook",
        "runbook content",
        "catalog role",
        "custom extension",
        "policy stages",
    }
    assert person.apply() == 0
    person.plan()
    assert person.out.startswith("Environment sandbox: nothing to do")
    assert deployed(person, rendered(person))
    person.plan()
    assert person.out.startswith("Environment sandbox: nothing to do")
    assert person.destroy() == 0
    assert running.journal.failures() == []


def test_a_template_of_one_catalog_holds_that_one_and_what_serves_all(person: Person) -> None:
    kinds = [resource["type"] for resource in rendered(person, "Finance")["resources"]]

    assert sorted(kind.rsplit("/", 1)[1] for kind in kinds) == [
        "roleAssignments",
        "roleAssignments",
        "runbooks",
        "variables",
        "variables",
        "workflows",
    ]


def test_what_no_plan_can_be_made_of_gives_no_template_either(person: Person) -> None:
    file = Path(person.environment)
    file.write_text(file.read_text(encoding="utf-8").replace("- Engineering", "- Enginering"), encoding="utf-8")

    assert "there is no catalog Enginering" in person.refused(rendered, person)
    assert "--catalog: Payroll is none of them" in person.refused(rendered, Person(_mended(file)), "Payroll")


def _mended(file: Path) -> Path:
    file.write_text(file.read_text(encoding="utf-8").replace("- Enginering", "- Engineering"), encoding="utf-8")
    return file
