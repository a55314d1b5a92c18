from __future__ import annotations

import json

from provision.sandbox import seed
from provision.sandbox.directory.population import SEED
from provision.sandbox.multitude import many, mapping_text, population_with


def test_every_catalog_has_ids_and_names_of_its_own() -> None:
    made = [*seed.CATALOGS, *many(150)]
    packages = [package for catalog in made for package in catalog.packages]
    assert len({catalog.catalog_id for catalog in made}) == len({catalog.name for catalog in made}) == 153
    assert len({package.package_id for package in packages}) == len({package.policy_id for package in packages}) == 154
    assert list(many(3)) == list(many(150))[:3]


def test_the_directory_has_the_groups_of_every_package_once() -> None:
    made = [*seed.CATALOGS, *many(2)]
    population = population_with(made)
    accounts = [group.account for group in population.groups]
    assert accounts[: len(SEED.groups)] == [group.account for group in SEED.groups]
    assert accounts[len(SEED.groups) :] == ["Many_001_Read", "Many_001_Write", "Many_002_Read", "Many_002_Write"]
    assert population_with(seed.CATALOGS) == SEED


def test_the_mapping_names_every_package() -> None:
    [entry] = json.loads(mapping_text(list(many(1))))["AccessPackages"]
    assert entry == {
        "AccessPackageID": "77777777-7777-4777-8777-000000000001",
        "ADGroups": ["Many_001_Read", "Many_001_Write"],
    }
