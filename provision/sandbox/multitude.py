"""Many catalogs for one sandbox, to see how something grows: each with one package, one policy and two groups in AD."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from provision.sandbox.directory.population import SEED, Group, Population
from provision.sandbox.seed import SeedCatalog, SeedPackage


def many(count: int) -> Iterator[SeedCatalog]:
    """`Catalog 001`, `Catalog 002`, ... with the package `Package 001` and the groups `Many_001_Read`, `_Write`.

    The same number always gives the same names and ids.
    """
    for number in range(1, count + 1):
        package = SeedPackage(
            f"77777777-7777-4777-8777-{number:012d}",
            f"Package {number:03d}",
            f"88888888-8888-4888-8888-{number:012d}",
            (f"Many_{number:03d}_Read", f"Many_{number:03d}_Write"),
        )
        yield SeedCatalog(f"33333333-3333-4333-8333-{number:012d}", f"Catalog {number:03d}", (package,))


def population_with(catalogs: Iterable[SeedCatalog]) -> Population:
    """The seed's directory, with the groups of these catalogs that it has not."""
    known = {group.account for group in SEED.groups}
    wanted = dict.fromkeys(group for catalog in catalogs for package in catalog.packages for group in package.groups)
    return replace(SEED, groups=(*SEED.groups, *(Group(account) for account in wanted if account not in known)))


def mapping_text(catalogs: Sequence[SeedCatalog]) -> str:
    """The mapping of all packages of these catalogs, in the format that the runbook reads."""
    entries: list[dict[str, Any]] = [
        {"AccessPackageID": package.package_id, "ADGroups": list(package.groups)}
        for catalog in catalogs
        for package in catalog.packages
    ]
    return json.dumps({"AccessPackages": entries}, indent=2, ensure_ascii=False) + "\n"
