from __future__ import annotations

from provision.reference import resolve, unresolved
from provision.resource import Address, Reference

APP = Address("Logic App", "la")
PRINCIPAL = Reference(APP, ("identity", "principalId"))
ANSWERS = {APP: {"identity": {"principalId": "p-1"}}}


def test_references_are_resolved_wherever_they_stand() -> None:
    assert resolve({"a": [PRINCIPAL, {"b": PRINCIPAL}], "c": 1}, ANSWERS) == {"a": ["p-1", {"b": "p-1"}], "c": 1}


def test_what_no_answer_tells_stays_a_reference() -> None:
    body = {
        "unknown": Reference(Address("Logic App", "other"), ("id",)),
        "missing": Reference(APP, ("identity", "x", "y")),
    }

    assert resolve(body, ANSWERS) == body
    assert list(unresolved(body)) == [body["unknown"], body["missing"]]


def test_a_resource_without_an_answer_tells_nothing() -> None:
    assert resolve(PRINCIPAL, {APP: None}) == PRINCIPAL


def test_values_without_references_have_none_left() -> None:
    assert list(unresolved({"a": ["x", None, 1]})) == []
    assert list(unresolved([{"a": PRINCIPAL}])) == [PRINCIPAL]
