from __future__ import annotations

import pytest

from provision.errors import ProvisionError
from provision.listed_catalogs import logic_app_names, matches, whole
from provision.resource import GraphCollection, Json, Target
from tests.fakes import InMemoryAzure, guid
from tests.sample import environment


def test_catalogs_are_found_by_id_and_by_their_very_name() -> None:
    azure = InMemoryAzure()
    azure.add_catalog("c3", "O'Brien's {A} @ (B), \"C\"", {})
    listed = ["Finance", {"id": guid("c2")}, "O'Brien's {A} @ (B), \"C\"", "finance2"]

    found = matches(azure, environment(catalogs=listed))

    assert [[catalog["id"] for catalog in answers] for answers in found.values()] == [
        [guid("c1")],
        [guid("c2")],
        [guid("c3")],
        [],
    ]


def test_a_service_that_compares_names_without_their_case_is_corrected() -> None:
    class Lenient(InMemoryAzure):
        def read(self, target: Target) -> Json:
            if isinstance(target, GraphCollection) and target.noun == "catalogs":
                return [*self.catalogs.values(), {"id": "x", "displayName": "FINANCE"}]
            return super().read(target)

    assert len(matches(Lenient(), environment(catalogs=["Finance"]))["Finance"]) == 1


def test_logic_apps_are_named_for_catalogs_that_exist_once() -> None:
    azure = InMemoryAzure()
    azure.add_catalog("c9", "Twice", {})
    azure.add_catalog("c8", "Twice", {})
    sample = environment(catalogs=["Twice", "Nowhere", {"name": "Finance", "logic_app": "LA-Fin"}, "Engineering"])

    assert logic_app_names(sample, matches(azure, sample)) == {
        "la-fin": ("LA-Fin", guid("c1")),
        "lockstep-test-engineering": ("lockstep-test-engineering", guid("c2")),
    }


def test_a_collection_that_must_be_there_and_is_not_is_an_error() -> None:
    class Empty(InMemoryAzure):
        def read(self, target: Target) -> Json:
            del target

    with pytest.raises(ProvisionError, match="does not exist"):
        whole(Empty(), GraphCollection("policies"))
