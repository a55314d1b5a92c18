from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from provision import ownership
from provision.dropped import Dropped, deployed_mapping, dropped, warnings
from provision.kinds import variable
from provision.resource import ArmTarget
from runbook.mapping import Mapping, MappingInvalid, parse_mapping
from tests.fakes import InMemoryAzure
from tests.sample import environment, looked_at, mapping_text, provisioned

A, B = (f"77777777-7777-4777-8777-77777777770{n}" for n in (1, 2))


def text(*retired: str, **packages: list[str]) -> str:
    entries = [{"AccessPackageID": {"a": A, "b": B}[key], "ADGroups": groups} for key, groups in packages.items()]
    return json.dumps({"AccessPackages": entries, "RetiredGroups": retired})


def mapped(*retired: str, **packages: list[str]) -> Mapping:
    return parse_mapping(text(*retired, **packages), "m")


def shown(found: Dropped) -> tuple[list[str], list[str], list[str]]:
    return [p.package_id for p in found.packages], [*map(str, found.left)], [*map(str, found.retired)]


DEPLOYED = mapped(a=["One", "CORP\\Two"], b=["Two", "Three"])


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (DEPLOYED, ([], [], [])),
        (mapped(a=["corp\\one", "two", "THREE", "New"]), ([B], [], [])),
        (mapped(a=["One"]), ([B], ["CORP\\Two", "Three"], [])),
        (mapped("CORP\\three", a=["One"]), ([B], ["CORP\\Two"], ["Three"])),
        (mapped("Two", "Three", a=["One"]), ([B], [], ["CORP\\Two", "Three"])),
        (mapped(a=["One", "EMEA\\Two", "Three"]), ([B], ["CORP\\Two"], [])),
    ],
    ids=["the same", "other spellings", "two dropped", "one of them retired", "both retired", "of another domain"],
)
def test_what_is_dropped_is_told_and_whether_it_is_retired(
    wanted: Mapping, expected: tuple[list[str], list[str], list[str]]
) -> None:
    assert shown(dropped(DEPLOYED, wanted, "Corp")) == expected


def test_people_and_scripts_are_told_the_same() -> None:
    found = dropped(DEPLOYED, mapped("Three", a=["One"]), "CORP")

    assert list(found.told()) == [
        f"access package {B} is not in the mapping any more (it gave Two, Three)",
        "group Three is retired: a sweep takes everybody out of it, within the budgets",
        "group CORP\\Two is in no access package any more: its members would stay for ever",
    ]
    assert found.document() == {
        "access_packages": [{"id": B, "groups": ["Two", "Three"]}],
        "groups": ["CORP\\Two"],
        "retired_groups": ["Three"],
    }


def answer(value: Any, description: str | None = None) -> dict[str, Any]:
    described = ownership.description("test", "x") if description is None else description
    request = variable.put(ArmTarget("x", "1"), "lockstep-test-mapping", value, described)
    return {"name": "lockstep-test-mapping", "properties": request.body["properties"]}


def test_the_deployed_mapping_is_read_only_where_it_is_ours() -> None:
    found = deployed_mapping(environment(), answer(text(a=["One"])))

    assert found is not None
    assert [str(name) for name in found.packages[0].groups] == ["One"]
    assert deployed_mapping(environment(), None) is None
    assert deployed_mapping(environment(), answer(text(a=["One"]), "of somebody else")) is None


@pytest.mark.parametrize("value", ["", "{}", 7, None])
def test_what_is_no_mapping_is_an_error_and_not_an_empty_mapping(value: Any) -> None:
    with pytest.raises(MappingInvalid, match="lockstep-test-mapping"):
        deployed_mapping(environment(), answer(value))


def test_a_plan_is_warned_of_groups_that_it_would_leave_to_themselves() -> None:
    azure = provisioned()

    (warning,) = warnings(looked_at(azure), parse_mapping(mapping_text("p1"), "m"))

    assert warning.startswith("no access package in the mapping gives Group_p2, Group_p3 any more: members would stay")
    assert "RetiredGroups" in warning
    assert list(warnings(looked_at(azure), parse_mapping(mapping_text("p1", "p2", "p3"), "m"))) == []


def test_nothing_is_said_of_what_is_not_deployed_or_not_readable() -> None:
    wanted, found = parse_mapping(mapping_text("p1"), "m"), looked_at(InMemoryAzure())

    assert list(warnings(found, wanted)) == []
    assert list(warnings(replace(found, variables=(answer("{}"),)), wanted)) == []


def test_of_very_many_groups_the_first_are_named() -> None:
    before = answer(text(a=[f"G{n:02}" for n in range(15)]))

    (warning,) = warnings(replace(looked_at(InMemoryAzure()), variables=(before,)), mapped(a=["One"]))

    assert "G09 and 5 more any more" in warning
