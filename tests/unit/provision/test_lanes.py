from __future__ import annotations

from typing import Any

import pytest

from provision.lanes import lanes
from provision.plan import Plan, plan
from provision.resource import LIFECYCLE, Address, ArmTarget, GraphCollection, Reference, Resource, Target


def resource(name: str, catalog: str = "", body: Any = None, target: Target | None = None) -> Resource:
    return Resource(Address("thing", name, catalog), target or ArmTarget(f"/{name}", "v"), body or {"a": 1})


def told(made: Plan) -> list[tuple[str, list[str]]]:
    return [(lane.name, [str(change) for change in lane.changes]) for lane in lanes(made).every()]


def test_the_environments_own_comes_before_the_catalogs_and_its_deletions_after_them() -> None:
    desired = [resource("own"), resource("a1", "a"), resource("b1", "b"), resource("l", LIFECYCLE), resource("a2", "a")]
    found = [resource("old own"), resource("old a", "a"), resource("gone", "c")]

    made = plan("e", desired, found, gone="", names={"a": "Finance", "b": "Engineering"})

    assert told(made) == [
        ("environment", ["create thing own"]),
        ("Finance", ["create thing a1", "create thing a2", "delete thing old a"]),
        ("Engineering", ["create thing b1"]),
        ("Lifecycle Workflows", ["create thing l"]),
        ("c", ["delete thing gone"]),
        ("environment", ["delete thing old own"]),
    ]


def test_two_catalogs_that_would_write_the_same_thing_are_a_fault() -> None:
    same = ArmTarget("/policy", "v")
    made = plan("e", [resource("x", "a", target=same), resource("y", "b", target=same)], [], gone="")

    with pytest.raises(AssertionError, match="beside another change of the same thing"):
        lanes(made)


def test_what_is_added_to_one_collection_by_two_catalogs_is_none() -> None:
    same = GraphCollection("roles")
    made = plan("e", [resource("x", "a", target=same), resource("y", "b", target=same)], [], gone="")

    assert len(lanes(made).catalogs) == 2


@pytest.mark.parametrize("catalog", ["b", LIFECYCLE])
def test_a_reference_to_another_catalog_is_a_fault(catalog: str) -> None:
    app = resource("app", catalog)
    user = resource("user", "a", {"app": Reference(app.address, ("id",))})

    with pytest.raises(AssertionError, match="user waits for thing app, which is made beside it"):
        lanes(plan("e", [app, user], [], gone=""))
