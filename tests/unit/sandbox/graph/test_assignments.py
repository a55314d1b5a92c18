from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provision.sandbox import seed

if TYPE_CHECKING:
    from tests.unit.sandbox.graph.conftest import Graph

URL = "/v1.0/identityGovernance/entitlementManagement/assignments"
ADA, GRACE = seed.USERS[0], seed.USERS[1]
ENGINEER = seed.CATALOGS[1].packages[0]
MINE = f"target/objectId eq '{ADA.object_id}'"


@pytest.fixture
def busy(graph: Graph) -> Graph:
    """Ada has two packages and had a third; Grace has one."""
    for user, package in (("ada.lovelace", "Engineer"), ("ada.lovelace", "On-call engineer")):
        graph.entitlement.grant(user, package)
    graph.entitlement.grant("ada.lovelace", "Finance manager")
    graph.entitlement.remove("ada.lovelace", "Finance manager")
    graph.entitlement.grant("grace.hopper", "Engineer")
    return graph


@pytest.mark.parametrize(
    ("condition", "packages"),
    [
        (MINE, ["Engineer", "On-call engineer", "Finance manager"]),
        (f"{MINE} and state eq 'Delivered'", ["Engineer", "On-call engineer"]),
        (f"state eq 'expired' and {MINE}", ["Finance manager"]),
        (f"accessPackage/id eq '{ENGINEER.package_id}'", ["Engineer", "Engineer"]),
        (f"{MINE} and accessPackage/id eq '{ENGINEER.package_id}' and state eq 'delivered'", ["Engineer"]),
        ("target/objectId eq 'nobody'", []),
    ],
)
def test_assignments_are_filtered(busy: Graph, condition: str, packages: list[str]) -> None:
    rows = busy.all(f"{URL}?$filter={condition}&$expand=accessPackage")
    assert [row["accessPackage"]["displayName"] for row in rows] == packages


def test_without_a_filter_everything_comes_in_pages_with_what_has_expired(busy: Graph) -> None:
    busy.entitlement.settings.page_size = 2
    rows = busy.all(f"{URL}?$expand=target($select=objectId)")
    assert [row["state"] for row in rows] == ["delivered", "delivered", "expired", "delivered"]
    assert [row["target"]["objectId"] for row in rows] == [ADA.object_id] * 3 + [GRACE.object_id]


def test_the_target_carries_the_sid_and_is_not_the_user_itself(busy: Graph) -> None:
    target = busy.all(f"{URL}?$filter={MINE}&$expand=target,accessPackage,assignmentPolicy")[0]["target"]
    assert target["onPremisesSecurityIdentifier"] == "S-1-5-21-7-8-9-1100"
    assert target["objectId"] == ADA.object_id != target["id"]


@pytest.mark.parametrize(
    "query",
    [
        "$filter=accessPackage/catalog/id eq 'x'",
        "$filter=state ne 'expired'",
        "$filter=state eq 'live'",
        "$filter=targetId eq 'x'",
        "$expand=accessPackage/catalog",
        "$expand=catalog",
    ],
)
def test_what_is_not_documented_is_refused(busy: Graph, query: str) -> None:
    assert busy.send("GET", f"{URL}?{query}").status == 400


def test_an_assignment_is_read_by_its_id(busy: Graph) -> None:
    row = busy.all(URL)[0]
    assert busy.get(f"{URL}/{row['id']}?$expand=accessPackage")["accessPackage"]["displayName"] == "Engineer"
    assert busy.send("GET", f"{URL}/nobody").status == 404


def test_an_assignment_that_is_not_listed_yet_is_not_read_by_its_id_either(graph: Graph) -> None:
    graph.entitlement.grant("ada.lovelace", "Engineer")
    tenant = graph.entitlement.tenant
    row = tenant.update(tenant.rows("accessPackageAssignment")[0], {}, hidden=True)
    assert graph.all(URL) == []
    assert graph.send("GET", f"{URL}/{row.id}").status == 404
