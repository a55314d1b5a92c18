from __future__ import annotations

from typing import Any

import pytest

from provision.sandbox.graph.query_filter import parse
from provision.sandbox.service import Refusal

ASSIGNMENT = "accessPackageAssignment"
FILTERS = {"state": "eq ne", "target/objectId": "eq", "accessPackage/id": "eq", "status": "eq contains startswith"}


def holds(text: str, **row: Any) -> bool:
    return parse(text, ASSIGNMENT, FILTERS).holds(lambda path: row.get(path.replace("/", "_")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("state eq 'delivered'", True),
        ("state eq 'Delivered'", True),
        ("state ne 'delivered'", False),
        ("state eq 'expired'", False),
        ("target/objectId eq 'USER'", True),
        ("target/objectId eq 'user' and state eq 'delivered'", True),
        ("target/objectId eq 'user' and state eq 'expired'", False),
        ("target/objectId eq 'user'and(state eq 'expired' or state eq 'delivered')", True),
        ("state eq 'expired' or state eq 'delivered' and target/objectId eq 'nobody'", False),
        ("accessPackage/id eq null", True),
        ("contains(tolower(status),'o''brien')", True),
        ("contains(status,'nobody')", False),
        ("startswith(status, 'Mr')", True),
        ("startswith(status,'Brien')", False),
        ("  state   eq\t'delivered'  ", True),
    ],
)
def test_a_row_is_judged(text: str, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    assert holds(text, state="delivered", target_objectId="user", status="Mr O'Brien") is expected


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "ends too early"),
        ("state", "ends too early"),
        ("state eq", "ends too early"),
        ("state eq 'delivered", "a quote is missing"),
        ("state eq 'delivered' and", "ends too early"),
        ("state eq 'delivered' state", "stands after the end"),
        ("(state eq 'delivered'", "')' is missing"),
        ("state EQ 'delivered'", "no operator 'EQ'"),
        ("state == 'delivered'", "no operator '=='"),
        ("state gt 'delivered'", "no operator 'gt'"),
        ("state eq 'deliverd'", "not a member of accessPackageAssignmentState"),
        ("state eq delivered", "must stand in single quotes"),
        ("target/objectId eq 66666666-6666-4666-8666-666666666601", "must stand in single quotes"),
        ("target/objectId ne 'x'", "not supported by this list"),
        ("contains(target/objectId,'x')", "not supported by this list"),
        ("accessPackageId eq 'x'", "Could not find a property named 'accessPackageId'"),
        ("accessPackage/catalog/id eq 'x'", "not supported by this list"),
        ("target/objectid eq 'x'", "Could not find a property named 'objectid'"),
        ("state/x eq 'y'", "Could not find a property named 'x'"),
        ("endswith(status,'x')", "no operator '('"),
        ("not state eq 'delivered'", "no operator 'state'"),
        ("contains(status 'x')", "',' is missing"),
    ],
)
def test_a_malformed_or_unsupported_filter_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(Refusal) as refused:
        holds(text)
    assert refused.value.status == 400
    assert complaint in refused.value.message


@pytest.mark.parametrize(
    ("text", "demanded"),
    [
        ("accessPackage/id eq 'one'", "one"),
        ("state eq 'delivered' and accessPackage/id eq 'one'", "one"),
        ("state eq 'delivered' or accessPackage/id eq 'one'", None),
        ("state eq 'delivered'", None),
        ("accessPackage/id eq null", None),
    ],
)
def test_what_every_row_must_have_is_known(text: str, demanded: str | None) -> None:
    assert parse(text, ASSIGNMENT, FILTERS).demanded("accessPackage/id") == demanded


def test_booleans_are_written_without_quotes() -> None:
    condition = parse("isHidden eq true", "accessPackage", {"isHidden": "eq"})
    assert condition.holds(lambda _: True)
    assert not condition.holds(lambda _: False)
    with pytest.raises(Refusal):
        parse("isHidden eq 'true'", "accessPackage", {"isHidden": "eq"})
