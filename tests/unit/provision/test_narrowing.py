from __future__ import annotations

import pytest

from provision.actual import actual
from provision.errors import ProvisionError
from provision.narrowing import chosen, narrowed
from tests.fakes import InMemoryAzure, guid
from tests.sample import LIFECYCLE, looked_at, provisioned


@pytest.mark.parametrize("label", ["Finance", guid("c1")])
def test_a_catalog_is_chosen_by_name_or_id(label: str) -> None:
    assert chosen(looked_at(InMemoryAzure()), [label]) == [guid("c1")]


@pytest.mark.parametrize("label", ["Engineering", guid("c2")])
def test_a_catalog_that_is_listed_no_more_can_be_chosen_while_its_logic_app_is_there(label: str) -> None:
    assert chosen(looked_at(provisioned(), catalogs=["Finance"]), [label]) == [guid("c2")]
    with pytest.raises(ProvisionError, match=f"--catalog: {label} is none of them. Environment test has Finance"):
        chosen(looked_at(InMemoryAzure(), catalogs=["Finance"]), [label])


def test_a_name_that_stands_for_two_catalogs_is_refused() -> None:
    azure = InMemoryAzure()
    azure.add_catalog("c9", "Finance", {})

    with pytest.raises(ProvisionError, match="2 catalogs are called Finance; name the id"):
        chosen(looked_at(azure), ["Finance"])


def test_narrowing_keeps_the_chosen_catalogs_and_the_shared_resources_only_when_asked() -> None:
    found = actual(looked_at(provisioned()))

    with_shared = narrowed(found, [guid("c2")], shared=True)
    without = narrowed(found, [guid("c2")], shared=False)

    assert {resource.address.catalog for resource in with_shared} == {"", guid("c2")}
    assert {resource.address.catalog for resource in without} == {guid("c2")}
    assert [r for r in with_shared if r.address.catalog] == [*without]


def test_narrowing_leaves_lifecycle_workflows_out() -> None:
    found = actual(looked_at(provisioned(**LIFECYCLE), **LIFECYCLE))

    with_shared = narrowed(found, [guid("c1"), guid("c2")], shared=True)

    assert {r.address.kind for r in found if r not in with_shared} == {
        "Logic App",
        "role assignment",
        "custom task extension",
        "workflow task",
    }
