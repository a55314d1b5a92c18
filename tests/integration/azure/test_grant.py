"""`lockstep grant` over the real SDKs: the sandbox's administrator gives, the deployer may not."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provision.commands.grant import Wishes, grant
from provision.errors import ProvisionError
from provision.sandbox import seed
from provision.sandbox.sandbox import Sandbox
from provision.terminal import Terminal
from tests.integration.azure_world import break_at

RUNBOOK = {"EntitlementManagement.Read.All", "User.Read.All"}


@pytest.fixture
def sandbox(sandbox: Sandbox) -> Iterator[Sandbox]:
    """The sandbox, but nobody has given the runbook anything yet."""
    sandbox.world.principals.assign(seed.AUTOMATION_OBJECT_ID, [])
    yield sandbox
    assert sandbox.journal.failures() == []


@pytest.fixture
def administrator(sandbox: Sandbox, tmp_path: Path) -> str:
    """The environment as the administrator signs in to it."""
    return str(sandbox.environment_file(tmp_path / "administrator.yaml", administrator=True))


@pytest.fixture
def deployer(sandbox: Sandbox, tmp_path: Path) -> str:
    """The environment as it is."""
    return str(sandbox.environment_file(tmp_path / "sandbox.yaml"))


def typed(reference: str, **wishes: Any) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    out, err = io.StringIO(), io.StringIO()
    code = grant(reference, Wishes(**wishes), Terminal(out, err, io.StringIO(), {}))
    return code, out.getvalue(), err.getvalue()


def results(text: str, key: str) -> dict[str, str]:
    found = json.loads(text)["permissions"]
    return {f"{one['holder']}: {one['permission']}": one[key] for one in found}


def roles(sandbox: Sandbox) -> set[str]:
    found = sandbox.world.principals.get(seed.AUTOMATION_OBJECT_ID)
    assert found is not None
    return set(found.app_roles)


def writes(sandbox: Sandbox) -> list[str]:
    silent = "/oauth2/"
    return [e.method for e in sandbox.journal.exchanges() if e.method != "GET" and silent not in e.path]


def test_without_yes_it_only_looks(sandbox: Sandbox, administrator: str) -> None:
    code, out, _ = typed(administrator, deployer=seed.DEPLOYER_APP_ID, form="json")

    assert code == 0
    assert results(out, "state") == {
        "deployer: Logic App Contributor": "there",
        "deployer: Automation Contributor": "there",
        "deployer: Role Based Access Control Administrator": "there",
        "deployer: EntitlementManagement.ReadWrite.All": "there",
        "deployer: Application.Read.All": "there",
        "deployer: LifecycleWorkflows-CustomExt.ReadWrite.All": "there",
        "deployer: LifecycleWorkflows-Workflow.ReadWrite.All": "there",
        "runbook: EntitlementManagement.Read.All": "missing",
        "runbook: User.Read.All": "missing",
        "runbook: Key Vault Secrets User": "unknown",
    }
    assert results(out, "through")["deployer: Logic App Contributor"] == "Contributor"
    assert set(json.loads(out)["scripts"]) == {"azure", "windows", "samba"}
    assert writes(sandbox) == []


def test_the_administrator_gives_what_is_missing_once(sandbox: Sandbox, administrator: str) -> None:
    code, out, _ = typed(administrator, deployer=seed.DEPLOYER_APP_ID, yes=True, form="json")

    assert code == 0
    assert {name for name, result in results(out, "result").items() if result == "given"} == {
        f"runbook: {permission}" for permission in RUNBOOK
    }
    assert roles(sandbox) == RUNBOOK
    assert writes(sandbox) == ["POST", "POST"]
    again = typed(administrator, deployer=seed.DEPLOYER_OBJECT_ID, yes=True, form="json")[1]
    assert set(results(again, "result").values()) == {"there", "unknown"}
    assert writes(sandbox) == ["POST", "POST"]
    assert "permit " not in json.loads(again)["scripts"]["azure"]


def test_roles_of_azure_are_given_at_their_scope(sandbox: Sandbox, administrator: str) -> None:
    access = sandbox.world.cloud.access
    for assignment in access.all():
        if assignment.principal == seed.DEPLOYER_OBJECT_ID:
            access.remove(assignment.scope, assignment.name)

    code, _, _ = typed(administrator, deployer=seed.DEPLOYER_APP_ID, yes=True)

    held = {(a.role.name, a.scope.rsplit("/", 1)[1]) for a in access.all() if a.principal == seed.DEPLOYER_OBJECT_ID}
    assert code == 0
    assert held == {
        ("Logic App Contributor", "rg-identity"),
        ("Automation Contributor", "aa-identity"),
        ("Role Based Access Control Administrator", "aa-identity"),
    }


def test_the_deployer_is_refused_and_told_what_it_takes(sandbox: Sandbox, deployer: str) -> None:
    code, out, err = typed(deployer, yes=True)

    assert code == 1
    assert "refused" in out
    assert "AppRoleAssignment.ReadWrite.All and Application.Read.All" in out
    assert 'permit "$RUNBOOK" User.Read.All' in out
    assert "2 permissions were not given" in err
    assert roles(sandbox) == set()


def test_another_sign_in_may_be_chosen_for_this_once(
    sandbox: Sandbox, deployer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_CLIENT_ID", seed.ADMINISTRATOR_APP_ID)
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(sandbox.folder.administrator_token))

    code, _, _ = typed(deployer, yes=True, credential="workload_identity")

    assert code == 0
    assert roles(sandbox) == RUNBOOK


def test_one_refusal_does_not_keep_the_rest_from_being_given(sandbox: Sandbox, administrator: str) -> None:
    break_at(sandbox, {"method": "POST", "path": "appRoleAssignments", "status": 403, "times": 1})

    code, out, _ = typed(administrator, deployer=seed.DEPLOYER_APP_ID, yes=True, form="json")

    told = list(results(out, "result").values())
    assert code == 1
    assert (told.count("refused"), told.count("given")) == (1, 1)
    assert len(roles(sandbox)) == 1


def test_a_sign_in_that_may_read_nothing_still_gets_the_commands(sandbox: Sandbox, deployer: str) -> None:
    break_at(sandbox, {"method": "GET", "path": ".", "status": 403, "times": 999})

    code, out, err = typed(deployer, form="json")

    assert code == 0
    assert set(results(out, "state").values()) == {"unknown"}
    assert "Cannot read" in err
    assert "az role assignment create" in json.loads(out)["scripts"]["azure"]


def test_without_any_sign_in_the_commands_are_printed_but_nothing_can_be_given(
    deployer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"):
        monkeypatch.delenv(variable, raising=False)
    code, out, err = typed(deployer, credential="workload_identity", deployer=seed.DEPLOYER_APP_ID)

    assert code == 0
    assert "Nothing could be read: No sign-in" in err
    assert f"DEPLOYER=$(az ad sp show --id {seed.DEPLOYER_APP_ID} --query id -o tsv)" in out
    with pytest.raises(ProvisionError, match="No sign-in"):
        typed(deployer, credential="workload_identity", yes=True)
    with pytest.raises(ProvisionError, match="is no GUID"):
        typed(deployer, credential="workload_identity", deployer="$(id)")


def test_one_script_is_printed_alone(deployer: str) -> None:
    for script, beginning in (("azure", "# Environment sandbox"), ("windows", "# Env"), ("samba", "# Env")):
        assert typed(deployer, script=script)[1].startswith(beginning)
    assert "Finance_Readers" in typed(deployer, script="windows")[1]


def test_an_unknown_deployer_changes_nothing(sandbox: Sandbox, administrator: str) -> None:
    with pytest.raises(ProvisionError, match="Entra has no service principal"):
        typed(administrator, deployer="12345678-1234-1234-1234-1234567890ab", yes=True)
    assert writes(sandbox) == []


def test_no_token_is_printed(sandbox: Sandbox, administrator: str) -> None:
    token = sandbox.folder.administrator_token.read_text(encoding="utf-8")
    said = "".join(typed(administrator, deployer=seed.DEPLOYER_APP_ID, yes=True)[1:])

    assert token not in said
    assert "eyJ" not in said
    assert seed.BIND_PASSWORD not in said
