"""The script of az commands, run by bash against an `az` that writes down what it is told."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from provision.environment import Environment
from provision.grant.azure_script import script
from provision.grant.giving import condition
from provision.grant.reading import seen
from provision.grant.standing import Seen, standings
from tests.fakes import ACCOUNT, ACCOUNT_PRINCIPAL, GROUP
from tests.sample import environment
from tests.unit.provision.grant.directory import DEPLOYER, DEPLOYER_APP, VAULT, Tenant
from tests.unit.provision.grant.test_reading import with_secret

AZ = r"""#!/bin/bash
printf '%s\0' "$@" >> "$LOG"; printf '\1' >> "$LOG"
while IFS=$'\t' read -r part answer; do
  if [[ "$*" == *"$part"* ]]; then echo "$answer"; exit; fi
done <<< "$ANSWERS"
"""
ANSWERS = {
    "appRoles[": "role-id",
    "ad sp show": "object-id",
    "keyvault show": VAULT,
    "identity.type": "SystemAssigned",
    "identity.principalId": ACCOUNT_PRINCIPAL,
}


def run(text: str, folder: Path, answers: dict[str, str], **variables: str) -> tuple[int, str, list[list[str]]]:
    """The script's exit code, its stderr, and the calls of az that write."""
    program, log = folder / "az", folder / "log"
    program.write_text(AZ)
    program.chmod(0o755)
    log.write_text("")
    path = {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "LOG": str(log),
        "ANSWERS": "\n".join(f"{part}\t{answer}" for part, answer in answers.items()),
    }
    done = subprocess.run(
        ["/bin/bash", "-c", text], env={**path, **variables}, capture_output=True, text=True, check=False, timeout=60
    )
    calls = [call.split("\0") for call in log.read_text(encoding="utf-8").split("\1")]
    return done.returncode, done.stderr, [call for call in calls if {"post", "patch", "create"} & set(call)]


def rendered(wanted: Environment, found: Seen, deployer: str | None = DEPLOYER_APP) -> str:
    return script(wanted, standings(wanted, found), found, deployer)


def value(call: list[str], option: str) -> Any:
    return call[call.index(option) + 1]


def test_with_nothing_known_the_script_looks_everything_up(tmp_path: Path) -> None:
    code, err, calls = run(rendered(with_secret(), Seen()), tmp_path, ANSWERS)

    assert (code, err) == (0, "")
    assigned = {(value(c, "--role"), value(c, "--scope")): c for c in calls if "create" in c}
    assert set(assigned) == {
        ("Logic App Contributor", GROUP),
        ("Automation Contributor", ACCOUNT),
        ("Role Based Access Control Administrator", ACCOUNT),
        ("Key Vault Secrets User", f"{VAULT}/secrets/ad-bind"),
    }
    assert value(assigned["Role Based Access Control Administrator", ACCOUNT], "--condition") == condition()
    assert "--condition" not in assigned["Automation Contributor", ACCOUNT]
    bodies = [json.loads(value(call, "--body")) for call in calls if "post" in call]
    assert {body["principalId"] for body in bodies} == {"object-id", ACCOUNT_PRINCIPAL}
    assert all(body["appRoleId"] == "role-id" for body in bodies)
    assert len(bodies) == 6


def test_what_is_there_is_left_out_and_known_ids_are_written(tmp_path: Path) -> None:
    tenant, wanted = Tenant(), with_secret()
    tenant.held[ACCOUNT_PRINCIPAL] = {"EntitlementManagement.Read.All", "User.Read.All"}
    text = rendered(wanted, seen(tenant, wanted, None))

    code, _, calls = run(text, tmp_path, ANSWERS)

    assert code == 0
    assert "User.Read.All" not in text
    assert f"DEPLOYER={DEPLOYER}\n" in text
    assert len(calls) == 8


def test_when_everything_is_there_nothing_is_printed() -> None:
    wanted = environment()
    found = Seen(
        held={
            "runbook": frozenset({"EntitlementManagement.Read.All", "User.Read.All"}),
            "deployer": frozenset({"EntitlementManagement.ReadWrite.All", "Application.Read.All"}),
        },
        roles={("deployer", GROUP): frozenset({"Owner"}), ("deployer", ACCOUNT): frozenset({"Owner"})},
    )

    assert rendered(wanted, found) == ""


def test_a_permission_that_is_there_already_is_not_posted_again(tmp_path: Path) -> None:
    code, _, calls = run(rendered(environment(), Seen()), tmp_path, {"value[?appRoleId": "held", **ANSWERS})

    assert code == 0
    assert [call for call in calls if "post" in call] == []


def test_an_unknown_deployer_stops_the_script_before_it_changes_anything(tmp_path: Path) -> None:
    text = rendered(environment(), Seen(), None)

    code, err, calls = run(text, tmp_path, ANSWERS)
    assert code != 0
    assert "set it to the object id of the service principal that runs lockstep" in err
    assert calls == []
    assert run(text, tmp_path, ANSWERS, DEPLOYER=DEPLOYER)[0] == 0


@pytest.mark.parametrize(("kind", "code", "patched"), [("", 0, True), ("None", 0, True), ("UserAssigned", 1, False)])
def test_the_accounts_identity_is_switched_on_but_never_in_place_of_another(
    tmp_path: Path, kind: str, code: int, *, patched: bool
) -> None:
    ended, _, calls = run(rendered(environment(), Seen()), tmp_path, {**ANSWERS, "identity.type": kind})

    assert ended == code
    assert any("patch" in call for call in calls) == patched


def test_a_permission_that_graph_does_not_have_is_told(tmp_path: Path) -> None:
    code, err, _ = run(rendered(environment(), Seen()), tmp_path, {**ANSWERS, "appRoles[": ""})

    assert code != 0
    assert "Microsoft Graph has no application permission EntitlementManagement.ReadWrite.All" in err


@pytest.mark.parametrize(("cloud", "name"), [("usgov", "AzureUSGovernment"), ("china", "AzureChinaCloud")])
def test_another_cloud_is_chosen_first(cloud: str, name: str) -> None:
    text = rendered(environment(cloud=cloud), Seen())

    assert f"az cloud set --name {name}" in text
    assert "graph.microsoft.com" not in text
    assert "management.azure.com" not in text


def test_a_vault_that_is_not_of_the_cloud_must_be_named(tmp_path: Path) -> None:
    wanted = with_secret("https://127.0.0.1:18443/secrets/ad-bind", cloud={"arm": "https://127.0.0.1:18443"})
    text = rendered(wanted, Seen())

    assert "resource id of the vault of https://127.0.0.1:18443/secrets/ad-bind" in run(text, tmp_path, ANSWERS)[1]
    code, _, calls = run(text, tmp_path, ANSWERS, VAULT=VAULT)
    assert code == 0
    assert f"{VAULT}/secrets/ad-bind" in calls[-1]
