"""Secrets with a recognisable text, and all the places where a person or a service could read them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from provision.sandbox import seed
from provision.sandbox.github import RepositoryFile
from provision.sandbox.key_vault import KeyVault
from tests.end_to_end.recording import RecordedSandbox
from tests.end_to_end.scene import Scene

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


def plant(scene: Scene) -> None:
    """The mapping lies in a private repository; its token is in Key Vault, and in a variable for the CLI."""
    content = scene.mapping.encode()
    scene.sandbox.world.cloud.github.files = [
        RepositoryFile("contoso/private", "mapping.json", content, token=GITHUB_TOKEN)
    ]
    vault(scene)._secrets["github"] = ("github", GITHUB_TOKEN, "0" * 32)
    old = "mapping:\n  source: environment\n  file: sandbox.mapping.json\n"
    scene.change(old, MAPPING.format(url=scene.sandbox.url))


def vault(scene: Scene) -> KeyVault:
    """The sandbox's Key Vault."""
    return next(found for found in scene.sandbox.world.cloud.services() if isinstance(found, KeyVault))


def secrets(scene: Scene) -> list[str]:
    """What must be read nowhere. All tokens of the sandbox have the same first part."""
    folder, world = scene.sandbox.folder, scene.sandbox.world
    tokens = [folder.deployer_token.read_text().partition(".")[0], folder.control_token.read_text()]
    signatures = [world.host.signature(identifier) for identifier in world.cloud.workflows.ids()]
    found = [seed.BIND_PASSWORD, GITHUB_TOKEN, WRONG_PASSWORD, WRONG_SECRET, scene.sandbox.client_secret]
    found += [*tokens, *signatures]
    assert all(len(secret) > 10 for secret in found)
    return found


def leaked(texts: Mapping[str, str], found: list[str]) -> list[tuple[str, str]]:
    """Which of these secrets stand in which of these texts."""
    return [(place, secret) for place, text in texts.items() for secret in found if secret in text]


def readable(scene: Scene) -> dict[str, str]:
    """Everything that the services keep and show: resources, variables, jobs, histories, requests, activations."""
    world = scene.sandbox.world
    cloud, entitlement = world.cloud, world.entitlement
    texts = {"requests": json.dumps(entitlement.requests()), "Graph": str(entitlement.tenant._sets)}
    texts["activations"] = json.dumps(entitlement.activations())
    for workflow, resource in cloud.workflows._resources.items():
        texts[workflow] = json.dumps(resource)
        texts |= {f"run {name}": text for name, text in _histories(scene, workflow)}
    for variable in cloud.variables._variables.values():
        texts[f"variable {variable.name}"] = variable.value or ""
    for job in cloud.jobs.all():
        envelope = base64.b64decode(job.parameters["envelope"].removeprefix("b64.")).decode()
        texts[f"job {json.loads(envelope)['source']} {job.name}"] = json.dumps([asdict(job), envelope], default=str)
    for runbook in cloud.runbooks.all():
        texts[f"runbook {runbook.name}"] = f"{runbook.published}{runbook.draft}"
    return texts


def _histories(scene: Scene, workflow: str) -> Iterator[tuple[str, str]]:
    host = scene.sandbox.world.host
    for run in host.runs(workflow):
        actions = host.run_actions(workflow, run["name"])
        contents = [
            host.contents(workflow, run["name"], action["name"], which)
            for action in actions
            for which in ("inputs", "outputs")
        ]
        yield run["name"], json.dumps([run, actions, contents])


def exchanged(scene: Scene) -> dict[str, str]:
    """What clients sent, and what Resource Manager and Graph answered: without headers, sign-ins and signed URLs.

    Only the asked-for signature of a trigger may come back, and only while Azure lets signatures be used.
    """
    assert isinstance(scene.sandbox, RecordedSandbox)
    texts = {}
    for exchange in scene.sandbox.exchanges():
        url = exchange["url"]
        if "/oauth2/" in url:
            continue
        name = f"{exchange['n']} {exchange['method']} {url}"
        texts[f"sent {name}"] = f"{url} {_text(exchange['req_body'])}"
        shown = any(part in url for part in ("/subscriptions/", "/v1.0/", "/beta/"))
        if shown and "/listCallbackUrl" not in url:
            texts[f"answered {name}"] = _text(exchange["resp_body"])
    return texts


def _text(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body)
