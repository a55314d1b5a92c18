from __future__ import annotations

import json
import sys
from pathlib import Path
from subprocess import run
from typing import Any

import pytest

from runbook.mapping import MappingInvalid, json_schema, parse_mapping

PACKAGE = "12345678-1234-1234-1234-1234567890AB"
SEED = Path(__file__).parents[3] / "environments" / "sandbox.mapping.json"


def entry(**changes: Any) -> dict[str, Any]:
    return {"AccessPackageID": PACKAGE, "ADGroups": ["Group_A"], **changes}


def text(*entries: Any, **more: Any) -> str:
    return json.dumps({"AccessPackages": list(entries), **more}, indent=1)


PROBLEMS = [
    ("", (1, 1), "the mapping is empty"),
    ("\ufeff \n", (1, 1), "the mapping is empty"),
    ("AccessPackages:", (1, 1), "not JSON"),
    ("[]", (1, 1), "must be an object, not array"),
    ("{}", (1, 1), '"AccessPackages" is missing'),
    ('{"AccessPackages": []}', (1, 20), "is empty; list at least one access package"),
    ('{"AccessPackages": {}}', (1, 20), "must be an array, not object"),
    ('{"AccessPackages": [5]}', (1, 21), "must be an object, not number"),
    (
        text(entry(Groups=[])),
        (8, 4),
        'unknown key "Groups" in an access package; known: AccessPackageID, ADGroups, Mode',
    ),
    (text(entry(Mode="strict")), (8, 12), "'strict' is not one of additive, managed, authoritative"),
    (text(entry(Mode=None)), (8, 12), '"Mode" must be a string, not null'),
    (text(entry(), Mode="managed"), (10, 2), 'unknown key "Mode" in the mapping; known: AccessPackages, RetiredGroups'),
    (text(entry(), RetiredGroups="Group_B"), (10, 19), '"RetiredGroups" must be an array, not string'),
    (text(entry(), RetiredGroups=["a*"]), (11, 3), "which no AD account name can have"),
    (text(entry(), RetiredGroups=["B", "b"]), (12, 3), "group 'b' is listed twice in \"RetiredGroups\"; remove one"),
    (text(entry(), RetiredGroups=["group_a"]), (11, 3), "'group_a' is retired, and the access package in line 3 gives"),
    (text({"ADGroups": ["a"]}), (3, 3), '"AccessPackageID" is missing'),
    (text({"AccessPackageID": PACKAGE}), (3, 3), '"ADGroups" is missing'),
    (text(entry(AccessPackageID="abc")), (4, 23), "'abc' is not a GUID"),
    (text(entry(AccessPackageID=None)), (4, 23), "must be a string, not null"),
    (text(entry(ADGroups="Group_A")), (5, 16), "must be an array, not string"),
    (text(entry(ADGroups=[])), (5, 16), "list at least one group"),
    (text(entry(ADGroups=["Group_A", 7])), (7, 5), "a group must be a string, not number"),
    (text(entry(ADGroups=["Group_A", ""])), (7, 5), "is empty"),
    (text(entry(ADGroups=["Group_A", "group_a"])), (7, 5), "listed twice"),
    (text(entry(ADGroups=["CN=a,DC=x", "cn=A, dc=x"])), (7, 5), "listed twice"),
    (text(entry(), entry(AccessPackageID=PACKAGE.lower())), (9, 3), "already mapped in line 3"),
    ('{"AccessPackages": [], "AccessPackages": []}', (1, 24), "there twice"),
]


@pytest.mark.parametrize(("source", "place", "message"), PROBLEMS)
def test_each_problem_is_named_where_it_is(source: str, place: tuple[int, int], message: str) -> None:
    with pytest.raises(MappingInvalid) as refusal:
        parse_mapping(source, "map.json")

    found = [((p.line, p.column), p.message) for p in refusal.value.problems]
    assert any(where == place and message in said for where, said in found), found
    assert f"map.json:{place[0]}:{place[1]}: " in str(refusal.value)


def test_all_problems_are_told_at_once_and_in_order() -> None:
    with pytest.raises(MappingInvalid) as refusal:
        parse_mapping(text({"ADGroups": [""], "X": 1}, entry(AccessPackageID="?")), "m")

    lines = [problem.line for problem in refusal.value.problems]
    assert len(lines) == 4
    assert lines == sorted(lines)


def test_the_seed_is_read_with_ids_in_lower_case() -> None:
    mapping = parse_mapping(SEED.read_text("utf-8"), "seed")

    assert [len(package.groups) for package in mapping.packages] == [2, 2, 3, 3]
    assert parse_mapping(text(entry()), "m").packages[0].package_id == PACKAGE.lower()


def test_a_package_is_found_in_any_case() -> None:
    mapping = parse_mapping(text(entry()), "m")

    found = mapping.package(PACKAGE)
    assert found is mapping.packages[0]
    assert mapping.package("00000000-0000-0000-0000-000000000000") is None


def test_a_package_may_have_a_mode_and_groups_may_be_retired() -> None:
    mapping = parse_mapping(text(entry(Mode="managed"), RetiredGroups=["Group_B", "CORP\\Group_A"]), "m")

    assert mapping.packages[0].mode == "managed"
    assert [str(name) for name in mapping.retired] == ["Group_B", "CORP\\Group_A"]


@pytest.mark.parametrize("more", [{}, {"RetiredGroups": []}])
def test_without_them_the_environments_mode_holds_and_nothing_is_retired(more: dict[str, Any]) -> None:
    mapping = parse_mapping(text(entry(), **more), "m")

    assert (mapping.packages[0].mode, mapping.retired) == ("", ())


def test_the_schema_names_the_keys_that_the_parser_wants() -> None:
    schema = json_schema()
    package = schema["properties"]["AccessPackages"]["items"]

    assert package["required"] == ["AccessPackageID", "ADGroups"]
    assert set(package["properties"]) == {"AccessPackageID", "ADGroups", "Mode"}
    assert set(schema["properties"]) == {"$schema", "AccessPackages", "RetiredGroups"}
    assert schema["additionalProperties"] is package["additionalProperties"] is False
    parse_mapping('{"$schema": "x", ' + text(entry())[1:], "m")


def test_the_parser_needs_nothing_but_the_standard_library() -> None:
    root = Path(__file__).parents[3]
    code = f"import sys; sys.path.insert(0, {str(root)!r}); import runbook.mapping; print(*sys.modules)"
    done = run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)

    loaded = set(done.stdout.split())
    assert {name for name in loaded if name.partition(".")[0] in {"ldap3", "pyasn1", "provision"}} == set()
    assert "runbook.https" not in loaded
