from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from provision import preflight
from provision.errors import ProvisionError
from provision.mapping_source import MappingText
from runbook.mapping import parse_mapping
from tests.fakes import ACCOUNT, InMemoryAzure, guid
from tests.sample import MAPPED, NOW, looked_at, mapping_text

GROUP = f"{ACCOUNT}/hybridRunbookWorkerGroups/onprem-workers".lower()
WORKER = f"{GROUP}/hybridrunbookworkers/one"


def checked(azure: InMemoryAzure, mapped: tuple[str, ...] = MAPPED, **changes: Any) -> list[str]:
    """The problems, one a line."""
    text = mapping_text(*mapped)
    mapping = parse_mapping(text, "mapping.json")
    try:
        preflight.check(looked_at(azure, **changes), MappingText(text, "mapping.json"), mapping, NOW)
    except ProvisionError as error:
        return str(error).splitlines()[1:]
    return []


def test_a_sound_environment_passes() -> None:
    assert checked(InMemoryAzure()) == []


def _no_account(azure: InMemoryAzure) -> None:
    del azure.arm[ACCOUNT.lower()]


def _no_identity(azure: InMemoryAzure) -> None:
    del azure.arm[ACCOUNT.lower()]["identity"]


def _no_group(azure: InMemoryAzure) -> None:
    del azure.arm[GROUP]


def _no_worker(azure: InMemoryAzure) -> None:
    del azure.arm[WORKER]


def _silent(azure: InMemoryAzure) -> None:
    azure.arm[WORKER]["properties"]["lastSeenDateTime"] = "2026-01-01T11:29:59.9999999Z"


def _never_seen(azure: InMemoryAzure) -> None:
    azure.arm[WORKER]["properties"] = {}


def _twin(azure: InMemoryAzure) -> None:
    azure.add_catalog("c9", "Finance", {})


@pytest.mark.parametrize(
    ("break_it", "problem", "remedy"),
    [
        (_no_account, "Automation account aa-identity does not exist in resource group rg-identity", "Create it"),
        (_no_identity, "aa-identity has no system-assigned identity", "Switch it on under Account settings, Identity"),
        (_no_group, "there is no hybrid worker group onprem-workers", "Create it, or correct the name"),
        (_no_worker, "hybrid worker group onprem-workers has no worker", "Add a machine"),
        (_silent, "silent since 2026-01-01 11:29 UTC", "Start the machine"),
        (_never_seen, "silent ever since they were registered", "Start the machine"),
        (_twin, "2 catalogs are called Finance", f"Write the id of the one you mean: {guid('c1')}, {guid('c9')}"),
    ],
)
def test_each_problem_is_named_with_its_remedy(
    break_it: Callable[[InMemoryAzure], None], problem: str, remedy: str
) -> None:
    azure = InMemoryAzure()
    break_it(azure)

    problems = checked(azure)

    assert len(problems) == 1
    assert problem in problems[0]
    assert remedy in problems[0]


@pytest.mark.parametrize("seen", ["2026-01-01T11:30:00.0000000Z", "2026-01-01T11:59:59+00:00", "2026-01-01T11:45:00"])
def test_a_worker_that_was_seen_within_half_an_hour_is_alive(seen: str) -> None:
    azure = InMemoryAzure()
    azure.arm[WORKER]["properties"]["lastSeenDateTime"] = seen

    assert checked(azure) == []


def test_one_live_worker_is_enough() -> None:
    azure = InMemoryAzure()
    _silent(azure)
    azure.put_arm(WORKER.replace("/one", "/two"), properties={"lastSeenDateTime": "2026-01-01T11:59:00Z"})

    assert checked(azure) == []


def test_a_catalog_that_does_not_exist_is_named_with_its_line() -> None:
    problems = checked(InMemoryAzure(), catalogs=["Finance", "Finanz", {"id": guid("none")}])

    assert [problem.split(":")[0].strip(" -") for problem in problems] == ["test.yaml", "test.yaml"]
    assert "there is no catalog Finanz" in problems[0]
    assert f"there is no catalog {guid('none')}" in problems[1]


def test_one_catalog_listed_by_name_and_by_id_is_a_problem() -> None:
    problems = checked(InMemoryAzure(), mapped=("p1",), catalogs=["Finance", {"id": guid("c1")}])

    assert f"Finance and {guid('c1')} are the same catalog" in problems[0]


def test_an_access_package_in_no_listed_catalog_is_named_with_its_place_in_the_mapping() -> None:
    problems = checked(InMemoryAzure(), mapped=("p1", "p3", "unknown"), catalogs=["Finance"])

    assert len(problems) == 2
    assert problems[0].startswith(
        f"  - mapping.json:9:5: access package {guid('p3')} is in none of the catalogs Finance"
    )
    assert guid("unknown") in problems[1]


def test_names_that_are_too_long_or_meet_are_problems() -> None:
    azure = InMemoryAzure()
    azure.add_catalog("c8", "A catalog with a really long name indeed", {})
    catalogs = [
        "A catalog with a really long name indeed",
        {"name": "Finance", "logic_app": "lockstep-test-engineering"},
    ]

    problems = checked(azure, catalogs=[*catalogs, "Engineering"])

    assert "has 54 characters, Azure allows 43" in problems[0]
    assert "`logic_app:`" in problems[0]
    assert "would share its Logic App with another one" in problems[1]


def test_all_problems_are_told_at_once() -> None:
    azure = InMemoryAzure()
    _no_identity(azure)
    _silent(azure)

    assert len(checked(azure, mapped=("unknown",), catalogs=["Finance", "Nowhere"])) == 3


def test_what_works_and_is_probably_not_meant_is_a_warning() -> None:
    azure = InMemoryAzure()
    del azure.policies[guid("q-p1")]
    mapping = parse_mapping(mapping_text("p1"), "mapping.json")

    assert list(preflight.warnings(looked_at(azure), mapping)) == [
        "access package Analyst (Finance) has no assignment policy to bind to",
        "the mapping names no access package of catalog Engineering; nothing there will call Lockstep",
    ]
