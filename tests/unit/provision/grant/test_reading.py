"""Who holds what: what is there, what is missing, and what nobody could read."""

from __future__ import annotations

import pytest

from provision.environment import Environment
from provision.errors import ProvisionError
from provision.grant.reading import seen
from provision.grant.standing import Standing, standings
from provision.grant.table import AZURE_ROLES
from tests.fakes import ACCOUNT, ACCOUNT_PRINCIPAL, GROUP
from tests.sample import document, environment
from tests.unit.provision.grant.directory import DEPLOYER, DEPLOYER_APP, VAULT, Tenant

AZURE = ("Logic App Contributor", "Automation Contributor", "Key Vault Secrets User")
GRAPH = {"EntitlementManagement.ReadWrite.All", "Application.Read.All", "User.Read.All"}
SECRET = "https://kv-identity.vault.azure.net/secrets/ad-bind"


def with_secret(url: str = SECRET, **more: object) -> Environment:
    bind = {"method": "simple", "user": "svc@corp.example", "password": {"key_vault": url}}
    return environment(
        credential={"method": "workload_identity", "client_id": DEPLOYER_APP},
        directory={**document()["directory"], "bind": bind},
        lifecycle_workflows={"workflows": ["Onboard"]},
        **more,
    )


def states(tenant: Tenant, wanted: Environment, deployer: str | None = None) -> dict[tuple[str, str], str]:
    return {key(one): one.state for one in standings(wanted, seen(tenant, wanted, deployer))}


def key(standing: Standing) -> tuple[str, str]:
    return standing.item.holder, standing.item.permission


def test_everything_is_missing_in_a_new_tenant_and_named_once() -> None:
    found = states(Tenant(), with_secret())

    assert set(found.values()) == {"missing"}
    assert list(found) == [
        ("deployer", "Logic App Contributor"),
        ("deployer", "Automation Contributor"),
        ("deployer", "Role Based Access Control Administrator"),
        ("deployer", "EntitlementManagement.ReadWrite.All"),
        ("deployer", "Application.Read.All"),
        ("deployer", "LifecycleWorkflows-CustomExt.ReadWrite.All"),
        ("deployer", "LifecycleWorkflows-Workflow.ReadWrite.All"),
        ("runbook", "EntitlementManagement.Read.All"),
        ("runbook", "User.Read.All"),
        ("runbook", "Key Vault Secrets User"),
    ]


def test_without_lifecycle_workflows_and_without_a_secret_less_is_needed() -> None:
    found = states(Tenant(), environment(), DEPLOYER_APP)

    assert [permission for _, permission in found if "Lifecycle" in permission or "Vault" in permission] == []


def test_what_is_there_is_there_also_through_a_wider_permission_or_from_above() -> None:
    tenant = Tenant()
    tenant.held[ACCOUNT_PRINCIPAL] = {"EntitlementManagement.Read.All", "Directory.Read.All"}
    tenant.held[DEPLOYER] = {"LifecycleWorkflows.ReadWrite.All"}
    tenant.roles = {
        (GROUP.lower(), AZURE_ROLES["Contributor"], DEPLOYER),
        (f"{VAULT}/secrets/ad-bind".lower(), AZURE_ROLES["Key Vault Secrets User"], ACCOUNT_PRINCIPAL),
        (ACCOUNT.lower(), AZURE_ROLES["Owner"], ACCOUNT_PRINCIPAL),
    }

    found = states(tenant, with_secret())

    assert [permission for (_, permission), state in found.items() if state == "missing"] == [
        "Role Based Access Control Administrator",
        "EntitlementManagement.ReadWrite.All",
        "Application.Read.All",
    ]
    assert set(found.values()) == {"there", "missing"}


def test_the_deployer_may_be_named_by_object_id() -> None:
    assert seen(Tenant(), environment(), DEPLOYER).principals["deployer"] == DEPLOYER
    assert seen(Tenant(), environment(), DEPLOYER_APP).principals["deployer"] == DEPLOYER


@pytest.mark.parametrize("typed", ["svc-deploy", "", f"{DEPLOYER}' or 1 eq 1", "' or appId ne '"])
def test_a_deployer_that_is_no_guid_reaches_no_service(typed: str) -> None:
    with pytest.raises(ProvisionError, match=r"--deployer: .* is no GUID"):
        seen(Tenant(), environment(), typed)


def test_a_deployer_that_entra_does_not_have_is_told_with_the_remedy() -> None:
    with pytest.raises(ProvisionError, match=r"Entra has no service principal .*az ad sp create --id 12345678"):
        seen(Tenant(), environment(), "12345678-1234-1234-1234-1234567890ab")


def test_a_client_id_that_entra_does_not_have_is_a_note_with_its_place() -> None:
    tenant = Tenant()
    tenant.applications.clear()

    found = seen(tenant, with_secret(), None)

    assert "deployer" not in found.principals
    assert any("test.yaml:1:" in note and "az ad sp create" in note for note in found.notes)


def test_without_a_client_id_nobody_is_guessed() -> None:
    found = seen(Tenant(), environment(), None)

    assert [*found.principals] == ["runbook"]
    assert len(found.notes) == 1
    assert "names no application. Name it with --deployer" in found.notes[0]


@pytest.mark.parametrize(
    ("closed", "known"),
    [
        ("service principals", {"Key Vault Secrets User"}),
        ("app roles", set(AZURE)),
        ("roleAssignments", GRAPH),
        (ACCOUNT, {"EntitlementManagement.ReadWrite.All", "Application.Read.All", "Logic App Contributor"}),
        ("/resources", {*GRAPH, *AZURE} - {"Key Vault Secrets User"}),
    ],
)
def test_what_may_not_be_read_is_unknown_never_missing(closed: str, known: set[str]) -> None:
    tenant = Tenant()
    tenant.closed = [closed]

    wanted = with_secret()
    found = seen(tenant, wanted, None)
    told = {standing.item.permission: standing.state for standing in standings(wanted, found)}

    assert {permission for permission, state in told.items() if state == "missing"} >= known
    assert "unknown" in told.values()
    assert "there" not in told.values()
    assert any("your sign-in may not" in note for note in found.notes)


@pytest.mark.parametrize("account", [None, {}, {"identity": None}, {"identity": {"type": "UserAssigned"}}])
def test_an_account_without_identity_is_told(account: dict[str, object] | None) -> None:
    tenant = Tenant()
    tenant.account = account

    found = seen(tenant, environment(), None)

    assert "runbook" not in found.principals
    assert any("Automation account aa-identity" in note for note in found.notes)


def test_a_vault_elsewhere_is_not_guessed() -> None:
    tenant = Tenant()
    tenant.vaults = []

    assert seen(tenant, with_secret(), None).vaults == {}
    elsewhere = with_secret("https://127.0.0.1:18443/secrets/ad-bind", cloud={"arm": "https://127.0.0.1:18443"})
    assert seen(Tenant(), elsewhere, None).vaults == {}
