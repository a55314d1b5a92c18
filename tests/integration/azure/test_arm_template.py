"""The deployment template over the real SDK: deployed to the sandbox, then looked at by `plan`."""

from __future__ import annotations

import io
import json
import subprocess
import sys
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

ROOT = Path(__file__).resolve().parents[3]
JUDGE = ROOT.parent / "shared/judge/judge_all.py"
GROUP = "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/rg-identity"


@pytest.fixture
def person(sandbox: Sandbox, tmp_path: Path) -> Person:
    """Somebody with the sandbox's environment file, and a fresh world."""
    return Person(sandbox.environment_file(tmp_path / "sandbox.yaml"))


def rendered(person: Person, *catalogs: str) -> dict[str, Any]:
    out = io.StringIO()
    assert arm(person.environment, catalogs, Terminal(out, io.StringIO(), io.StringIO(), {})) == 0
    template: dict[str, Any] = json.loads(out.getvalue())
    return template


def deployed(person: Person, template: dict[str, Any]) -> list[str]:
    environment = Environment.load(person.environment)
    with azure(environment) as services:

        def write(identifier: str, version: str, body: Any) -> None:
            kind = WorkflowTarget if "/workflows/" in identifier else ArmTarget
            services.send(Request("put", kind(identifier, version), body), lambda _: None)

        return Deployment(template, GROUP, lambda *where: services.read(ArmTarget(*where))).run(write)


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
        "custom task extension",
        "workflow task",
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


@pytest.mark.skipif(not JUDGE.exists(), reason="needs ../shared/judge")
def test_the_judge_of_resource_manager_finds_no_error(person: Person, tmp_path: Path) -> None:
    log = tmp_path / "deployment.jsonl"
    lines: list[dict[str, Any]] = []

    def write(identifier: str, version: str, body: Any) -> None:
        url = f"https://management.azure.com{identifier}?api-version={version}"
        headers = {"Content-Type": "application/json", "Authorization": "Bearer x"}
        answer: dict[str, Any] = {"status": None, "resp_headers": {}, "resp_body": None}
        if "/variables/" in identifier:  # the REST model wants it in the body too; in a template it stands beside it
            body = {"name": identifier.rsplit("/", 1)[1], **body}
        sent = {"method": "PUT", "url": url, "req_headers": headers, "req_body": body}
        lines.append({"n": len(lines), "t": 0, "client": "template", **sent, **answer})

    principal = {"identity": {"principalId": "55555555-5555-4555-8555-555555555557"}}
    given = {"runbookUri": "https://files.corp.example/runbook.py"}
    Deployment(rendered(person), GROUP, lambda *_: principal, **given).run(write)
    log.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    rulings = ROOT / "tests/contract/rulings.txt"

    judged = subprocess.run(
        [sys.executable, "-B", str(JUDGE), str(log), "--level", "conflict", "--ignore", str(rulings)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert len(lines) == 10
    assert judged.returncode == 0, judged.stdout
    assert "issues {}" in judged.stdout
