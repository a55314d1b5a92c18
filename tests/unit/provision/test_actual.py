from __future__ import annotations

import pytest

from provision.actual import actual
from provision.resource import Owner
from tests.fakes import ACCOUNT, ASSIGNMENTS, WORKFLOWS, InMemoryAzure, guid
from tests.sample import carried_out, destroying, looked_at, planned, provisioned


def test_what_apply_made_is_found_again_in_the_order_of_creation() -> None:
    azure = provisioned()

    found = actual(looked_at(azure))

    made = [str(change.resource.address) for change in planned(InMemoryAzure()).changes]
    assert [str(resource.address) for resource in found] == made


def test_nothing_of_ours_is_found_where_nothing_was_made() -> None:
    assert actual(looked_at(InMemoryAzure())) == ()


def test_a_catalog_that_is_listed_no_more_is_found_by_the_tag_of_its_logic_app() -> None:
    azure = provisioned()

    plan = planned(azure, mapped=("p1",), catalogs=["Finance"])

    assert {change.resource.address.catalog for change in plan.changes if change.action == "delete"} == {
        guid("c2"),
        guid("c1"),
    }
    assert [str(c) for c in plan.changes if c.action == "delete"] == [
        "delete policy stages Engineer: Engineer for members",
        "delete custom extension Engineering",
        "delete catalog role access package assignment manager for lockstep-test-engineering",
        "delete role assignment Automation Operator for lockstep-test-engineering",
        "delete Logic App lockstep-test-engineering",
        "delete policy stages Manager: Manager for members",
    ]


def test_a_catalog_that_was_deleted_in_entra_leaves_only_what_is_in_azure_to_delete() -> None:
    azure = provisioned()
    for things in (azure.catalogs, azure.packages, azure.policies, azure.extensions, azure.roles):
        for key in [key for key, value in things.items() if guid("c2") in str(value)]:
            del things[key]

    plan = destroying(azure, catalogs=["Finance"])

    assert [str(c) for c in plan.changes if c.resource.address.catalog == guid("c2")] == [
        "delete role assignment Automation Operator for lockstep-test-engineering",
        "delete Logic App lockstep-test-engineering",
    ]


@pytest.mark.parametrize("name", ["te", "test-2"])
def test_an_environment_of_another_name_owns_nothing_here(name: str) -> None:
    azure = provisioned()

    assert destroying(azure, name=name).changes == ()
    assert [str(r).split(" exists")[0] for r in planned(azure, name=name).refusals] == ["runbook lockstep"]


def test_what_serves_another_environment_on_the_same_account_stays_until_that_one_goes() -> None:
    other = {"account": "aa-identity", "hybrid_worker_group": "onprem-workers", "runbook": "other"}
    azure = provisioned()
    carried_out(azure, planned(azure, name="other", automation=other))

    carried_out(azure, destroying(azure))
    assert planned(azure, name="other", automation=other).changes == ()
    carried_out(azure, destroying(azure, name="other", automation=other))

    assert azure.state() == InMemoryAzure().state()


def test_a_former_runbook_is_found_by_its_tags() -> None:
    azure = provisioned()

    plan = planned(
        azure, automation={"account": "aa-identity", "hybrid_worker_group": "onprem-workers", "runbook": "new"}
    )

    assert [str(change) for change in plan.changes if "runbook" in change.resource.address.kind] == [
        "create runbook new",
        "create runbook content new",
        "delete runbook lockstep",
    ]


def test_a_logic_app_that_was_made_anew_by_hand_leads_to_new_roles_and_the_old_ones_are_deleted() -> None:
    azure = provisioned()
    app = azure.arm[f"{WORKFLOWS}/lockstep-test-finance".lower()]
    app["identity"]["principalId"] = guid("another")
    azure._principals[guid("another")] = 0

    plan = planned(azure)
    carried_out(azure, plan)

    assert "create role assignment Automation Operator for lockstep-test-finance" in [str(c) for c in plan.changes]
    assert any("the former identity" in str(change) for change in plan.changes if change.action == "delete")
    assert planned(azure).changes == ()


def test_a_role_assignment_that_somebody_else_made_is_as_good_and_stays() -> None:
    azure = provisioned()
    key = next(key for key in azure.arm if key.startswith(ASSIGNMENTS.lower()))
    azure.arm[key]["properties"]["description"] = "by hand"

    assert planned(azure).changes == ()
    carried_out(azure, destroying(azure))
    assert key in azure.arm


@pytest.mark.parametrize(
    ("place", "name", "remedy"),
    [
        (f"{ACCOUNT}/runbooks/lockstep", "runbook lockstep", "`automation.runbook`"),
        (f"{ACCOUNT}/variables/lockstep-test-settings", "variable lockstep-test-settings", "`name`"),
        (f"{WORKFLOWS}/lockstep-test-finance", "Logic App lockstep-test-finance", "`logic_app:`"),
    ],
)
def test_what_others_have_under_our_names_is_refused_with_the_remedy_and_never_deleted(
    place: str, name: str, remedy: str
) -> None:
    azure = InMemoryAzure()
    azure.put_arm(place, tags={"managed-by": "somebody"}, properties={"value": "1", "description": "not ours"})

    plan = planned(azure)

    told = [str(refusal) for refusal in plan.refusals]
    assert [refusal for refusal in told if refusal.startswith(f"{name} exists, not ours") and remedy in refusal]
    assert destroying(azure).changes == ()


def test_a_foreign_custom_extension_of_our_name_is_refused() -> None:
    azure = InMemoryAzure()
    azure.extensions["99999999-9999-4999-8999-999999999901"]["displayName"] = "Lockstep test: Finance"

    (refusal,) = map(str, planned(azure).refusals)
    assert refusal.startswith("custom extension Finance exists, not ours: take it over with --adopt, or rename it")


def test_a_duplicate_of_our_extension_is_deleted_and_policies_use_the_other() -> None:
    azure = provisioned()
    ours = next(e for e in azure.extensions.values() if e["displayName"] == "Lockstep test: Engineering")
    azure.extensions["00000000-duplicate"] = {**ours, "id": "00000000-duplicate"}

    carried_out(azure, planned(azure))

    named = [e["id"] for e in azure.extensions.values() if e["displayName"] == "Lockstep test: Engineering"]
    assert len(named) == 1
    assert planned(azure).changes == ()


def test_owners_are_told_apart() -> None:
    owners = {str(r.address): r.owner for r in actual(looked_at(provisioned()))}

    assert owners["runbook content lockstep"] is Owner.KEPT
    assert owners["runbook lockstep"] is Owner.OURS
