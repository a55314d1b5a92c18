from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provision.sandbox import seed

if TYPE_CHECKING:
    from tests.unit.sandbox.graph.conftest import Graph

EM = "/v1.0/identityGovernance/entitlementManagement"
PACKAGES = [package.name for catalog in seed.CATALOGS for package in catalog.packages]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 50])
def test_pages_hold_every_row_once_whatever_their_size(graph: Graph, size: int) -> None:
    graph.entitlement.settings.page_size = size
    first = graph.get(f"{EM}/accessPackages?$select=displayName")
    assert len(first["value"]) == min(size, len(PACKAGES))
    assert ("@odata.nextLink" in first) == (size < len(PACKAGES))
    assert [row["displayName"] for row in graph.all(f"{EM}/accessPackages?$select=displayName")] == PACKAGES


def test_top_is_the_size_of_a_page(graph: Graph) -> None:
    first = graph.get(f"{EM}/accessPackages?$top=1")
    assert len(first["value"]) == 1
    assert len(graph.all(f"{EM}/accessPackages?$top=1")) == len(PACKAGES)


def test_the_next_link_is_absolute_and_keeps_the_query(graph: Graph) -> None:
    graph.entitlement.settings.page_size = 1
    query = f"$filter=catalog/id eq '{seed.CATALOGS[0].catalog_id}'&$expand=catalog($select=id)"
    following = graph.get(f"{EM}/accessPackages?{query}")["@odata.nextLink"]
    assert following.startswith("https://127.0.0.1:18443/v1.0/")
    assert " " not in following
    page = graph.get(following)
    assert [row["displayName"] for row in page["value"]] == ["Finance manager"]
    assert page["value"][0]["catalog"] == {"id": seed.CATALOGS[0].catalog_id}


def test_a_row_that_goes_between_two_pages_hides_no_other(graph: Graph) -> None:
    graph.entitlement.settings.page_size = 2
    first = graph.get(f"{EM}/accessPackages")
    gone = graph.entitlement.tenant.require("accessPackage", first["value"][0]["id"])
    graph.entitlement.tenant.remove(gone)
    rest = graph.all(first["@odata.nextLink"])
    assert [row["displayName"] for row in rest] == PACKAGES[2:]


def test_counting_counts_all_pages(graph: Graph) -> None:
    graph.entitlement.settings.page_size = 1
    page = graph.get(f"{EM}/accessPackages?$count=true&$filter=catalog/id eq '{seed.CATALOGS[0].catalog_id}'")
    assert page["@odata.count"] == 2


def test_navigations_are_absent_unless_expanded(graph: Graph) -> None:
    url = f"{EM}/accessPackages/{seed.CATALOGS[0].packages[0].package_id}"
    plain = graph.get(url)
    assert "catalog" not in plain
    assert "assignmentPolicies" not in plain
    policy = graph.get(f"{url}?$expand=assignmentPolicies($expand=customExtensionStageSettings)")["assignmentPolicies"]
    assert [row["stage"] for row in policy[0]["customExtensionStageSettings"]] == ["assignmentRequestGranted"]


def test_rows_below_an_abstract_type_name_their_own(graph: Graph) -> None:
    extension = graph.get(f"{EM}/catalogs/{seed.CATALOGS[0].catalog_id}/customWorkflowExtensions")["value"][0]
    assert extension["@odata.type"] == "#microsoft.graph.accessPackageAssignmentRequestWorkflowExtension"
    assert "@odata.type" not in graph.get(f"{EM}/catalogs")["value"][0]


def test_a_refusal_has_the_shape_of_graph(graph: Graph) -> None:
    answer = graph.send("GET", f"{EM}/catalogs/nobody")
    assert answer.status == 404
    assert answer.body["error"]["code"] == "ResourceNotFound"
    assert set(answer.body["error"]["innerError"]) == {"date", "request-id", "client-request-id"}


def test_an_unknown_path_and_a_wrong_method_have_that_shape_too(graph: Graph) -> None:
    assert graph.send("GET", f"{EM}/catalog").body["error"]["innerError"]
    answer = graph.send("PATCH", f"{EM}/assignmentPolicies/x", {})
    assert answer.status == 405
    assert answer.body["error"]["innerError"]
