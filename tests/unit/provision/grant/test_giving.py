"""Giving: exactly what is missing, and what is refused says what it takes."""

from __future__ import annotations

from typing import Any

import pytest

from provision.errors import ProvisionError, ServiceRefusal
from provision.grant.giving import GRAPH_NEEDS, Given, condition, give
from provision.grant.reading import seen
from provision.grant.standing import standings
from provision.grant.table import AZURE_ROLES
from provision.kinds.role_assignment import AUTOMATION_ROLES, READER
from provision.resource import ArmTarget, GraphCollection
from tests.fakes import ACCOUNT, ACCOUNT_PRINCIPAL
from tests.unit.provision.grant.directory import DEPLOYER, GRAPH, PERMISSIONS, VAULT, Tenant, permission
from tests.unit.provision.grant.test_reading import with_secret


def given(tenant: Tenant) -> list[Given]:
    wanted = with_secret()
    found = seen(tenant, wanted, None)
    return [give(one, found, wanted, tenant) for one in standings(wanted, found)]


def test_what_is_missing_is_given_and_nothing_is_deleted() -> None:
    tenant = Tenant()

    assert {one.result for one in given(tenant)} == {"given"}
    assert {request.verb for request in tenant.writes} == {"put", "post"}
    assert len(tenant.writes) == 10


def test_a_permission_of_graph_is_named_by_the_id_of_this_tenant() -> None:
    tenant = Tenant()
    given(tenant)

    request = next(r for r in tenant.writes if isinstance(r.target, GraphCollection) and r.target.keys != (DEPLOYER,))

    assert request.target == GraphCollection("app roles", (ACCOUNT_PRINCIPAL,))
    assert request.body == {
        "principalId": ACCOUNT_PRINCIPAL,
        "resourceId": GRAPH,
        "appRoleId": permission("EntitlementManagement.Read.All"),
    }


def test_roles_of_azure_go_to_their_own_scope_and_always_under_the_same_name() -> None:
    one, two = Tenant(), Tenant()
    given(one)
    given(two)

    assert one.writes == two.writes
    secret = dict(_assigned(one))[f"{VAULT}/secrets/ad-bind"]
    assert secret["principalId"] == ACCOUNT_PRINCIPAL
    assert secret["roleDefinitionId"].endswith(AZURE_ROLES["Key Vault Secrets User"])
    assert "condition" not in secret


def test_who_may_assign_roles_may_assign_only_those_that_apply_assigns() -> None:
    tenant = Tenant()
    given(tenant)

    bounds = [body["condition"] for scope, body in _assigned(tenant) if "condition" in body and scope == ACCOUNT]

    assert bounds == [condition()]
    assert all(bounds[0].count(role) == 2 for role in (READER, *AUTOMATION_ROLES.values()))
    assert bounds[0].count("(") == bounds[0].count(")")


def test_what_is_there_is_not_given_again() -> None:
    tenant = Tenant()
    tenant.held[ACCOUNT_PRINCIPAL] = {"EntitlementManagement.Read.All", "Directory.Read.All"}

    found = {one.item.permission: one for one in given(tenant) if one.item.holder == "runbook"}

    assert found["EntitlementManagement.Read.All"].result == "there"
    assert (found["User.Read.All"].result, found["User.Read.All"].said) == ("there", "by Directory.Read.All")


@pytest.mark.parametrize(
    ("refused", "error", "result", "said"),
    [
        ("app roles", ServiceRefusal("no", 403, "Authorization_RequestDenied"), "refused", GRAPH_NEEDS),
        ("roleAssignments", ServiceRefusal("no", 403, "AuthorizationFailed"), "refused", "assigning roles needs Role"),
        ("roleAssignments", ServiceRefusal("x", 400, "PrincipalNotFound"), "refused", "in a minute"),
        ("roleAssignments", ServiceRefusal("x", 409, "RoleAssignmentExists"), "there", "meanwhile"),
        (
            "app roles",
            ServiceRefusal("Permission being assigned already exists on the object", 400, "Request_BadRequest"),
            "there",
            "meanwhile",
        ),
        ("app roles", ProvisionError("nobody answered"), "refused", "nobody answered"),
        ("app roles", ServiceRefusal("odd", 400, "Odd"), "refused", "odd"),
    ],
)
def test_a_refusal_ends_one_permission_and_the_others_are_given(
    refused: str, error: ProvisionError, result: str, said: str
) -> None:
    tenant = Tenant()
    tenant.refusals[refused] = error

    found = given(tenant)

    hit = [one for one in found if one.item.azure == (refused == "roleAssignments")]
    assert {one.result for one in hit} == {result}
    assert all(said in one.said for one in hit)
    assert {one.result for one in found if one not in hit} == {"given"}


def test_what_cannot_be_known_is_left_to_a_person_with_the_reason() -> None:
    tenant = Tenant()
    tenant.applications.clear()
    tenant.vaults = []
    tenant.permissions = [name for name in PERMISSIONS if name != "User.Read.All"]

    found = {(one.item.holder, one.item.permission): one for one in given(tenant)}

    assert found["deployer", "Logic App Contributor"].said == "the identity is not known"
    assert found["runbook", "Key Vault Secrets User"].result == "unknown"
    assert "has no application permission User.Read.All" in found["runbook", "User.Read.All"].said
    assert found["runbook", "EntitlementManagement.Read.All"].result == "given"
    assert {one.result for one in found.values()} == {"left", "given", "unknown"}


def test_nothing_of_graph_is_given_by_a_guessed_id() -> None:
    tenant = Tenant()
    tenant.closed = ["00000003"]

    found = [one for one in given(tenant) if not one.item.azure]

    assert {one.result for one in found} == {"left"}


def _assigned(tenant: Tenant) -> list[tuple[str, dict[str, Any]]]:
    """Scope and properties of every role assignment that was written."""
    return [
        (request.target.id.split("/providers/Microsoft.Authorization")[0], request.body["properties"])
        for request in tenant.writes
        if isinstance(request.target, ArmTarget)
    ]
