from __future__ import annotations

from typing import Any

import pytest

from provision.change import ABSENT, Change, Difference, differences
from provision.resource import Address, ArmTarget, Resource

CASES: list[tuple[str, Any, Any, list[Difference]]] = [
    ("equal", {"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, []),
    ("a value", {"a": {"b": 1}}, {"a": {"b": 2}}, [Difference("a.b", 1, 2)]),
    ("a new key", {}, {"a": 1}, [Difference("a", ABSENT, 1)]),
    ("a key less", {"a": None}, {}, [Difference("a", None, ABSENT)]),
    ("null is not absent", {"a": None}, {"a": 0}, [Difference("a", None, 0)]),
    ("a longer list", {"a": [1]}, {"a": [1, 2]}, [Difference("a[1]", ABSENT, 2)]),
    ("a shorter list", {"a": [1, 2]}, {"a": [1]}, [Difference("a[1]", 2, ABSENT)]),
    (
        "what has names goes by them, whatever the order",
        {"claims": [{"name": "u", "value": 1}, {"name": "m", "value": 2}]},
        {"claims": [{"name": "m", "value": 2}, {"name": "u", "value": 3}]},
        [Difference("claims[u].value", 1, 3)],
    ),
    (
        "a name too few and one too many",
        {"c": [{"name": "a"}]},
        {"c": [{"name": "b"}]},
        [Difference("c[b]", ABSENT, {"name": "b"}), Difference("c[a]", {"name": "a"}, ABSENT)],
    ),
    (
        "the same name twice is no name",
        {"c": [{"name": "a"}, {"name": "a"}]},
        {"c": [{"name": "a"}]},
        [Difference("c[1]", {"name": "a"}, ABSENT)],
    ),
    ("another type", {"a": {}}, {"a": []}, [Difference("a", {}, [])]),
    ("true is not 1", {"a": 1}, {"a": True}, [Difference("a", before=1, after=True)]),
    ("a tuple is a list", {"a": (1,)}, {"a": [1]}, []),
    ("keys in order", {"b": 1, "a": 1}, {}, [Difference("a", 1, ABSENT), Difference("b", 1, ABSENT)]),
]


@pytest.mark.parametrize(("before", "after", "found"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_differences_are_told_by_place(before: Any, after: Any, found: list[Difference]) -> None:
    assert list(differences(before, after)) == found


def test_before_a_change_the_found_resource_is_looked_at_and_else_the_place_where_it_will_be() -> None:
    wanted = Resource(Address("k", "n"), ArmTarget("/collection", "v"), {})
    there = Resource(Address("k", "n"), ArmTarget("/collection/1", "v"), {})

    assert Change("create", wanted, "r").target == wanted.target
    assert Change("update", wanted, "r", there).target == there.target


def test_a_change_is_told_by_what_it_does_to_what() -> None:
    assert str(Change("delete", Resource(Address("runbook", "lockstep"), ArmTarget("/", "v"), {}), "r")) == (
        "delete runbook lockstep"
    )
