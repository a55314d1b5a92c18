from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provision.sandbox import seed

if TYPE_CHECKING:
    from tests.unit.sandbox.graph.conftest import Graph

EM = "/v1.0/identityGovernance/entitlementManagement"
FINANCE = seed.CATALOGS[0]


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("displayName eq 'Finance'", ["Finance"]),
        ("displayName eq 'finance'", ["Finance"]),
        ("displayName eq 'Fin'", []),
        ("contains(tolower(displayName),'n')", ["Finance", "Engineering", "General"]),
        ("displayName eq 'Finance' or displayName eq 'General'", ["Finance", "General"]),
    ],
)
def test_catalogs_are_found_by_name(graph: Graph, condition: str, names: list[str]) -> None:
    assert [row["displayName"] for row in graph.all(f"{EM}/catalogs?$filter={condition}")] == names


def test_a_catalog_shows_its_packages_and_extensions_when_expanded(graph: Graph) -> None:
    catalog = graph.get(
        f"{EM}/catalogs/{FINANCE.catalog_id}?$expand=accessPackages($select=id),customWorkflowExtensions"
    )
    assert catalog["accessPackages"] == [{"id": package.package_id} for package in FINANCE.packages]
    assert [row["id"] for row in catalog["customWorkflowExtensions"]] == [seed.FOREIGN_EXTENSION_ID]


def test_packages_are_found_by_their_catalog(graph: Graph) -> None:
    url = f"{EM}/accessPackages?$filter=catalog/id eq '{FINANCE.catalog_id}'&$expand=catalog,assignmentPolicies"
    rows = graph.all(url)
    assert [row["id"] for row in rows] == [package.package_id for package in FINANCE.packages]
    assert {row["catalog"]["displayName"] for row in rows} == {"Finance"}
    assert [row["assignmentPolicies"][0]["id"] for row in rows] == [package.policy_id for package in FINANCE.packages]


@pytest.mark.parametrize("path", ["catalogs/nobody", "accessPackages/nobody"])
def test_an_unknown_one_is_not_found(graph: Graph, path: str) -> None:
    assert graph.send("GET", f"{EM}/{path}").status == 404


@pytest.mark.parametrize("query", ["$filter=state eq 'published'", "$filter=catalogType eq 'x'", "name=Finance"])
def test_a_query_that_would_be_ignored_is_refused(graph: Graph, query: str) -> None:
    assert graph.send("GET", f"{EM}/catalogs?{query}").status == 400
