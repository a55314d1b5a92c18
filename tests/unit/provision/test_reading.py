from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from provision.errors import ProvisionError
from provision.reading import inventory
from provision.resource import ArmCollection, GraphCollection, Json, Target
from tests.fakes import InMemoryAzure
from tests.sample import carried_out, environment, looked_at, planned, provisioned


def test_reading_writes_nothing() -> None:
    azure = provisioned()
    before = azure.state()

    looked_at(azure)

    assert (azure.writes, azure.state()) == ([], before)


class Partial(InMemoryAzure):
    """A tenant in which one read goes wrong."""

    def __init__(self, wrong: Callable[[Target], bool], answer: Callable[[Json], Json]) -> None:
        super().__init__()
        carried_out(self, planned(self))
        self._wrong = wrong
        self._answer = answer

    def read(self, target: Target) -> Json:
        found = super().read(target)
        return self._answer(found) if hasattr(self, "_wrong") and self._wrong(target) else found


def _fails(_: Json) -> Json:
    raise ProvisionError("half a page")


@pytest.mark.parametrize(
    "noun",
    ["catalogs", "packages", "policies", "extensions", "catalog roles", "workflows", "roleAssignments", "runbooks"],
)
def test_a_list_that_cannot_be_read_ends_the_reading(noun: str) -> None:
    azure = Partial(lambda t: isinstance(t, GraphCollection | ArmCollection) and noun in str(t), _fails)

    with pytest.raises(ProvisionError, match="half a page"):
        inventory(azure, environment())


@pytest.mark.parametrize("noun", ["catalogs", "packages", "policies", "extensions", "catalog roles"])
def test_a_list_that_is_not_there_is_no_empty_list(noun: str) -> None:
    azure = Partial(lambda t: isinstance(t, GraphCollection) and t.noun == noun, lambda _: None)

    with pytest.raises(ProvisionError, match="does not exist"):
        inventory(azure, environment())


def _without(*path: str) -> Callable[[Json], Json]:
    def answer(rows: Json) -> Json:
        for row in rows:
            inner = row
            for step in path[:-1]:
                inner = inner[step]
            inner.pop(path[-1], None)
        return rows

    return answer


@pytest.mark.parametrize(
    ("noun", "path", "reason"),
    [
        ("policies", ("catalog",), "did not say which catalog"),
        ("packages", ("catalog",), "did not say which catalog"),
        ("policies", ("customExtensionStageSettings",), "did not give all stage settings"),
    ],
)
def test_half_an_answer_of_graph_ends_in_an_error_and_not_in_a_plan(
    noun: str, path: tuple[str, ...], reason: str
) -> None:
    azure = Partial(lambda t: isinstance(t, GraphCollection) and t.noun == noun, _without(*path))

    with pytest.raises(ProvisionError, match=reason):
        planned(azure)


def test_packages_of_other_catalogs_mean_that_the_filter_was_ignored() -> None:
    azure = Partial(lambda t: isinstance(t, GraphCollection) and t.noun == "packages", lambda rows: [*rows, _stray()])

    with pytest.raises(ProvisionError, match="access packages of other catalogs"):
        planned(azure)


def _stray() -> dict[str, Any]:
    return {"id": "x", "displayName": "x", "catalog": {"id": "elsewhere"}}
