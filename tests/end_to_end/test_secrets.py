"""Secrets with a recognisable text, used for real, and looked for in everything that a person or a service can read."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from provision.sandbox import seed
from provision.sandbox.github import RepositoryFile
from provision.sandbox.key_vault import KeyVault
from tests.end_to_end.scene import Scene

ADA, PACKAGE = seed.USERS[0], seed.CATALOGS[0].packages[0]
GITHUB_TOKEN = "ghp_" + "plantedplantedplantedplantedplanted0"
WRONG_PASSWORD, WRONG_SECRET = "Planted-bind-7!", "Planted~client~secret~7"
MAPPING = """mapping:
  source: github
  api: {url}
  repository: contoso/private
  path: mapping.json
  ref: main
  token_variable: PLANTED_GITHUB_TOKEN
  token: {{key_vault: "{url}/secrets/github"}}
"""
FAULTY = """
import sys
from provision.cli import main
from provision.commands.pipeline import connected
from provision.environment import Environment
from provision.options import group

program = group("A program with a fault that knows every secret.")

@program.callback()
def _options(): ...

@program.command()
def fail(file: str, password: str):
    def work(terminal):
        environment = Environment.load(file)
        with connected(environment) as azure:
            token = azure._signed_in.get_token(environment.cloud.arm_scope).token
        raise KeyError(f"unexpected: Authorization: Bearer {token}, password='{password}', {sys.argv}")
    return work

sys.exit(main(program=program))
"""


@pytest.fixture
def planted(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """The mapping lies in a private repository; the token for it is in Key Vault, and in a variable for the CLI."""
    monkeypatch.setenv("PLANTED_GITHUB_TOKEN", GITHUB_TOKEN)
    content = scene.mapping.encode()
    scene.sandbox.world.cloud.github.files = [
        RepositoryFile("contoso/private", "mapping.json", content, token=GITHUB_TOKEN)
    ]
    vault(scene)._secrets["github"] = ("github", GITHUB_TOKEN, "0" * 32)
    old = "mapping:\n  source: environment\n  file: sandbox.mapping.json\n"
    scene.change(old, MAPPING.format(url=scene.sandbox.url))
    scene.change("launch_and_wait_minutes: 15", "launch_and_wait_minutes: 60\n  on_failure: resume")
    return scene


def vault(scene: Scene) -> KeyVault:
    return next(found for found in scene.sandbox.world.cloud.services() if isinstance(found, KeyVault))


def secrets(scene: Scene) -> list[str]:
    """What must be read nowhere. All tokens of the sandbox have the same first part."""
    folder = scene.sandbox.folder
    tokens = [folder.deployer_token.read_text().partition(".")[0], folder.control_token.read_text()]
    return [seed.BIND_PASSWORD, GITHUB_TOKEN, WRONG_PASSWORD, WRONG_SECRET, scene.sandbox.client_secret, *tokens]


def leaked(scene: Scene, texts: dict[str, str]) -> list[tuple[str, str]]:
    assert all(len(secret) > 10 for secret in secrets(scene))
    return [(place, secret) for place, text in texts.items() for secret in secrets(scene) if secret in text]


def readable(scene: Scene) -> dict[str, str]:
    """Everything that the services keep and show: resources, variables, jobs, histories, requests."""
    world = scene.sandbox.world
    cloud, host = world.cloud, world.host
    texts = {"requests": json.dumps(world.entitlement.requests()), "Graph": str(world.entitlement.tenant._sets)}
    for workflow, resource in cloud.workflows._resources.items():
        texts[workflow] = json.dumps(resource)
        for run in host.runs(workflow):
            actions = host.run_actions(workflow, run["name"])
            contents = [
                host.contents(workflow, run["name"], action["name"], which)
                for action in actions
                for which in ("inputs", "outputs")
            ]
            texts[f"run {run['name']}"] = json.dumps([run, actions, contents])
    for variable in cloud.variables._variables.values():
        texts[variable.name] = variable.value or ""
    for job in cloud.jobs.all():
        envelope = base64.b64decode(job.parameters["envelope"].removeprefix("b64.")).decode()
        texts[f"job {job.name}"] = json.dumps([asdict(job), envelope], default=str)
    for runbook in cloud.runbooks.all():
        texts[runbook.name] = runbook.published or ""
    return texts


def test_nothing_shows_a_secret_that_was_used_and_no_history_shows_a_person(planted: Scene) -> None:
    texts = {}
    for arguments in (
        ("mapping", "check"),
        ("plan",),
        ("plan", "--json"),
        ("plan", "--format", "markdown"),
        ("render", "--catalog", "Finance"),
        ("render", "--format", "arm"),
        ("grant",),
        ("grant", "--json"),
        ("apply", "--yes", "--verbose"),
        ("--verbose", "plan"),
    ):
        done = planted.type(*arguments)
        assert done.code in {0, 2}, done.err
        texts[" ".join(arguments)] = done.out + done.err

    granted = planted.chain.grant(ADA.account, PACKAGE.package_id)
    vault(planted)._secrets[seed.BIND_SECRET] = (seed.BIND_SECRET, WRONG_PASSWORD, "0" * 32)
    failed = planted.chain.remove(ADA.account, PACKAGE.package_id)
    for later in (("status", "--json"), ("runs", "--json"), ("replay", "--user", ADA.object_id, "--yes")):
        done = planted.type(*later)
        texts[" ".join(later)] = done.out + done.err

    assert granted["groups"]["after"] == ["Finance_Readers", "Finance_Reports", "Staff_All"]
    assert "AD refused the bind account" in failed["callouts"][-1]["outcome"]["detail"]
    shown = readable(planted)
    assert len([place for place in shown if place.startswith(("run", "job"))]) == 4 + 2 + 1  # connection tests, replay
    histories = [text for place, text in shown.items() if place.startswith("run")]
    assert [who for who in (ADA.object_id, ADA.name, ADA.account) if any(who in text for text in histories)] == []
    assert leaked(planted, texts | shown | {"granted": str(granted), "failed": str(failed)}) == []


def test_a_failed_sign_in_shows_no_secret(planted: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    section = planted.environment.partition("credential:\n")[2].partition("\n\n")[0]
    planted.change(section, "  method: environment")
    for name, value in (("TENANT", seed.TENANT), ("CLIENT", seed.DEPLOYER_APP_ID)):
        monkeypatch.setenv(f"AZURE_{name}_ID", value)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", WRONG_SECRET)

    refused = planted.type("plan")
    monkeypatch.setenv("AZURE_CLIENT_SECRET", planted.sandbox.client_secret)
    accepted = planted.type("plan")

    assert (refused.code, accepted.code) == (1, 0)
    assert "AADSTS7000215" in refused.err
    assert leaked(planted, {"refused": refused.err, "accepted": accepted.out + accepted.err}) == []


def test_the_report_of_a_fault_holds_no_secret(planted: Scene, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAULTY, "fail", str(planted.file), WRONG_PASSWORD],
        env=os.environ | {"HOME": str(tmp_path), "BIND_PASSWORD": WRONG_PASSWORD},
        capture_output=True,
        text=True,
        check=False,
    )

    (report,) = (tmp_path / ".local/state/lockstep/reports").iterdir()
    text = report.read_text()
    assert done.returncode == 3
    assert str(report) in done.stderr
    assert "KeyError" in text
    assert "Authorization: Bearer ***" in text
    assert leaked(planted, {"report": text, "messages": done.stdout + done.stderr}) == []
