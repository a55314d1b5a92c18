from __future__ import annotations

import pytest

from provision.errors import ProvisionError, ServiceRefusal
from provision.kinds import catalog_role
from provision.resource import Request
from tests.fakes import WORKFLOWS, InMemoryAzure, guid
from tests.sample import carried_out, destroying, planned, provisioned


def posts(azure: InMemoryAzure) -> list[Request]:
    return [request for request in azure.writes if "catalog role" in str(request.target)]


def test_each_logic_app_becomes_assignment_manager_of_its_one_catalog() -> None:
    azure = InMemoryAzure()
    carried_out(azure, planned(azure))

    finance = azure.arm[f"{WORKFLOWS}/lockstep-test-finance".lower()]["identity"]["principalId"]
    assert [request.body["appScopeId"] for request in posts(azure)] == [
        f"/AccessPackageCatalog/{guid('c1')}",
        f"/AccessPackageCatalog/{guid('c2')}",
    ]
    assert posts(azure)[0].body == {
        "principalId": finance,
        "roleDefinitionId": "e2182095-804a-4656-ae11-64734e9b7ae5",
        "appScopeId": f"/AccessPackageCatalog/{guid('c1')}",
    }


def test_roles_are_listed_by_their_definition_as_graph_documents_it() -> None:
    assert catalog_role.COLLECTION.filter == f"roleDefinitionId eq '{catalog_role.ASSIGNMENT_MANAGER}'"


def test_a_role_that_was_given_twice_is_taken_once() -> None:
    azure = provisioned()
    first = next(iter(azure.roles.values()))
    azure.roles["zz-second"] = {**first, "id": "zz-second"}

    carried_out(azure, planned(azure))

    assert len(azure.roles) == 2
    assert planned(azure).changes == ()


def test_the_case_of_ids_is_no_difference() -> None:
    azure = provisioned()
    for role in azure.roles.values():
        role["appScopeId"] = role["appScopeId"].upper()

    assert planned(azure).changes == ()


def test_roles_of_others_are_neither_seen_nor_deleted() -> None:
    azure = provisioned()
    first = next(iter(azure.roles.values()))
    azure.roles["theirs"] = {**first, "id": "theirs", "principalId": "somebody"}
    azure.roles["more"] = {**first, "id": "more", "roleDefinitionId": "ae79f266-94d4-4dab-b730-feca7e132178"}
    assert planned(azure).changes == ()

    carried_out(azure, destroying(azure))

    assert {*azure.roles} == {"theirs", "more"}


def test_a_role_that_appeared_since_the_plan_is_not_given_again() -> None:
    azure = InMemoryAzure()
    plan = planned(azure)
    carried_out(azure, plan)
    azure.writes.clear()

    with pytest.raises(
        ProvisionError, match="custom extension Finance appeared since the plan"
    ):  # comes after the role
        carried_out(azure, plan)

    assert posts(azure) == []


@pytest.mark.parametrize(
    ("refusal", "verdict"),
    [
        (
            ServiceRefusal("A role assignment with these properties already exists.", 400, "RoleAssignmentExists"),
            "done",
        ),
        (ServiceRefusal("The role assignment already exist", 409, "Conflict"), "done"),
        (ServiceRefusal("The principal with id 'x' was not found.", 404, "ResourceNotFound"), "wait"),
        (ServiceRefusal("Principal x does not exist", 400, "BadRequest"), "wait"),
        (ServiceRefusal("Insufficient privileges", 403, "Authorization_RequestDenied"), "failed"),
        (ServiceRefusal("appScopeId is required.", 400, "BadRequest"), "failed"),
    ],
)
def test_a_refusal_is_waited_out_or_done_or_final(refusal: ServiceRefusal, verdict: str) -> None:
    assert catalog_role.verdict(refusal) == verdict
