from __future__ import annotations

from typing import Any

import pytest

from provision.change import Difference
from provision.errors import ProvisionError
from provision.plan import ADOPTION, checksum, plan, refuse_unsafe
from provision.resource import Address, ArmTarget, Owner, Reference, Resource


def resource(name: str, body: Any = None, owner: Owner = Owner.OURS, **more: Any) -> Resource:
    return Resource(Address("thing", name), ArmTarget(f"/{name}", "v"), body or {"a": 1}, owner=owner, **more)


def told(desired: list[Resource], found: list[Resource]) -> list[str]:
    return [f"{change}: {change.reason}" for change in plan("e", desired, found, gone="not wanted").changes]


TABLE: list[tuple[str, list[Resource], list[Resource], list[str]]] = [
    ("nothing wanted, nothing there", [], [], []),
    ("as it should be", [resource("x")], [resource("x")], []),
    ("missing", [resource("x")], [], ["create thing x: does not exist"]),
    ("different", [resource("x")], [resource("x", {"a": 2})], ["update thing x: differs in a"]),
    (
        "very different",
        [resource("x", {"a": 1, "b": 1, "c": 1, "d": 1})],
        [resource("x", {"a": 2})],
        ["update thing x: differs in a, b, c and 1 more"],
    ),
    ("incomplete", [resource("x", {"a": 1, "b": 2})], [resource("x", {"a": 1})], ["update thing x: is missing b"]),
    (
        "incomplete in what people have a word for",
        [resource("x", {"granted": 1, "removed": 2}, part="stage")],
        [resource("x", {"granted": 1})],
        ["update thing x: is missing at stage removed"],
    ),
    ("not wanted", [], [resource("x")], ["delete thing x: not wanted"]),
    ("not wanted, part of something", [], [resource("x", owner=Owner.KEPT)], []),
    ("not wanted, not ours", [], [resource("x", owner=Owner.FOREIGN)], []),
    ("kept and right", [resource("x")], [resource("x", owner=Owner.KEPT)], []),
    ("kept and different", [resource("x")], [resource("x", {"a": 2}, Owner.KEPT)], ["update thing x: differs in a"]),
    ("in the way", [resource("x")], [resource("x", {"a": 2}, Owner.FOREIGN)], []),
    (
        "creation in order, deletion backwards and last",
        [resource("b"), resource("a")],
        [resource("y"), resource("z")],
        [
            "create thing b: does not exist",
            "create thing a: does not exist",
            "delete thing z: not wanted",
            "delete thing y: not wanted",
        ],
    ),
]


@pytest.mark.parametrize(("desired", "found", "changes"), [c[1:] for c in TABLE], ids=[c[0] for c in TABLE])
def test_a_plan_is_what_makes_actual_equal_to_desired(
    desired: list[Resource], found: list[Resource], changes: list[str]
) -> None:
    assert told(desired, found) == changes


def test_an_update_names_every_difference() -> None:
    made = plan("e", [resource("x", {"a": 1, "b": 2})], [resource("x", {"a": 1, "b": 3})], gone="")

    assert made.changes[0].differences == (Difference("b", 3, 2),)
    assert (made.count("update"), made.count("create"), made.unchanged) == (1, 0, 0)


def test_a_reference_to_something_that_is_there_is_compared_by_its_value() -> None:
    app = resource("app", answer={"id": "7"})
    wanted = resource("user", {"app": Reference(app.address, ("id",))})

    assert told([app, wanted], [app, resource("user", {"app": "7"})]) == []
    assert told([app, wanted], [app, resource("user", {"app": "8"})]) == ["update thing user: differs in app"]


def test_what_is_in_the_way_is_refused_by_name_with_the_remedy() -> None:
    there = [resource(name, owner=Owner.FOREIGN, note=f"rename {name}") for name in ("x", "y", "unwanted")]
    made = plan("prod", [resource("x"), resource("y")], there, gone="")

    with pytest.raises(ProvisionError) as refused:
        refuse_unsafe(made)

    assert str(refused.value) == (
        "Environment prod: nothing was changed, because of\n"
        "  - thing x exists, not ours: take it over with --adopt, or rename x\n"
        "  - thing y exists, not ours: take it over with --adopt, or rename y"
    )


def test_what_is_in_the_way_is_no_change_and_not_counted_as_unchanged() -> None:
    made = plan(
        "prod", [resource("x"), resource("y")], [resource("x", {"a": 2}, Owner.FOREIGN), resource("y")], gone=""
    )

    assert (made.changes, made.unchanged) == ((), 1)
    assert made.refusals[0].differences == (Difference("a", 2, 1),)


def test_with_adopt_it_is_an_update_even_when_nothing_differs() -> None:
    there = [resource("x", {"a": 2}, Owner.FOREIGN), resource("y", owner=Owner.FOREIGN)]
    made = plan("prod", [resource("x"), resource("y")], there, gone="", adopt=True)

    assert [(str(change), change.adopts, change.reason) for change in made.changes] == [
        ("adopt thing x", True, ADOPTION),
        ("adopt thing y", True, ADOPTION),
    ]
    assert made.changes[0].differences == (Difference("a", 2, 1),)
    assert made.refusals == ()


def test_what_can_never_be_adopted_is_refused_also_with_adopt() -> None:
    there = [resource("x", owner=Owner.FOREIGN, note="rename it", unadoptable="its type is fixed")]
    made = plan("prod", [resource("x")], there, gone="", adopt=True)

    assert made.changes == ()
    assert [str(refusal) for refusal in made.refusals] == [
        "thing x exists, not ours, and cannot be adopted: its type is fixed. Instead, rename it"
    ]


def test_what_is_somebody_elses_and_not_in_the_way_is_nobodys_business() -> None:
    assert plan("prod", [], [resource("x", owner=Owner.FOREIGN)], gone="", adopt=True).changes == ()


def test_a_safe_plan_is_not_refused() -> None:
    refuse_unsafe(plan("prod", [resource("x")], [], gone=""))


WANTED = [resource("x", {"a": 1, "r": Reference(Address("thing", "y"), ("id",))})]


@pytest.mark.parametrize(
    ("desired", "found"),
    [
        ([resource("x", {"a": 2})], []),
        (WANTED, [resource("x")]),
        ([], []),
        ([resource("z", WANTED[0].body)], []),
        ([*WANTED, resource("z")], []),
    ],
)
def test_another_desired_or_actual_state_has_another_checksum(desired: list[Resource], found: list[Resource]) -> None:
    assert checksum(desired, found) != checksum(WANTED, [])


def test_the_checksum_depends_on_who_owns_what_is_there() -> None:
    assert checksum([], [resource("x")]) != checksum([], [resource("x", owner=Owner.FOREIGN)])


def test_a_body_that_is_no_json_has_no_checksum() -> None:
    with pytest.raises(TypeError, match="object has no place in a body"):
        checksum([resource("x", {"a": object()})], [])


def test_the_same_plan_has_the_same_checksum_whatever_the_order_of_keys() -> None:
    assert checksum([resource("x", {"a": 1, "b": 2})], []) == checksum([resource("x", {"b": 2, "a": 1})], [])
