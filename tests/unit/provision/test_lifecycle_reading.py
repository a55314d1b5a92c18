from __future__ import annotations

from collections.abc import Callable

import pytest

from provision.errors import ProvisionError
from provision.resource import GraphCollection, GraphTarget, Json, Target, WorkflowTarget
from tests.fake_lifecycle import LEAVE, MOVE, ONBOARD, InMemoryLifecycle
from tests.fakes import InMemoryAzure
from tests.sample import LIFECYCLE, carried_out, destroying, looked_at, planned, provisioned


class Noted(InMemoryAzure):
    """Notes what is read."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Target] = []

    def read(self, target: Target) -> Json:
        """As every Reader."""
        self.seen.append(target)
        return super().read(target)

    def workflows(self) -> set[str]:
        """The ids of the workflows that were read whole."""
        return {one.keys[0] for one in self.seen if isinstance(one, GraphTarget) and one.noun == "workflow"}


def test_without_the_section_and_without_a_trace_nothing_is_asked() -> None:
    azure = provisioned()

    found = looked_at(azure)

    assert (found.lifecycle, azure.lifecycle.asked) == (None, 0)


def test_without_the_section_a_logic_app_with_the_tag_makes_it_ask() -> None:
    azure = provisioned(**LIFECYCLE)

    found = looked_at(azure)

    assert found.lifecycle is not None
    assert found.lifecycle.matches == {}
    assert len(found.lifecycle.workflows) == 3


def test_the_logic_app_of_another_environment_makes_nobody_ask() -> None:
    azure = provisioned(**LIFECYCLE)
    app = next(value for key, value in azure.arm.items() if key.endswith("/lockstep-test-lifecycle"))
    app["tags"]["lockstep-environment"] = "other"
    azure.lifecycle.asked = 0

    assert looked_at(azure).lifecycle is None
    assert azure.lifecycle.asked == 0


def test_before_there_is_an_extension_only_the_listed_workflows_are_read() -> None:
    azure = Noted()

    found = looked_at(azure, lifecycle_workflows={"workflows": ["Onboard new hire", MOVE.upper()]})

    assert azure.workflows() == {ONBOARD, MOVE}
    assert found.lifecycle is not None
    assert found.lifecycle.matches == {"Onboard new hire": (ONBOARD,), MOVE: (MOVE,)}


def test_afterwards_every_workflow_is_looked_at_for_our_task() -> None:
    azure = Noted()
    carried_out(azure, planned(azure, lifecycle_workflows={"workflows": ["Onboard new hire"]}))
    azure.seen.clear()

    looked_at(azure, lifecycle_workflows={"workflows": ["Onboard new hire"]})

    assert azure.workflows() == {ONBOARD, MOVE, LEAVE}


def test_a_name_is_matched_exactly_and_as_often_as_it_is_there() -> None:
    azure = InMemoryAzure()
    azure.lifecycle.workflows["twin"] = {**azure.lifecycle.workflows[ONBOARD], "id": "twin"}
    names = ["onboard new hire", "Onboard new hire", "Onboard"]

    found = [looked_at(azure, lifecycle_workflows={"workflows": [name]}).lifecycle for name in names]

    assert [len(next(iter(one.matches.values()))) for one in found if one] == [0, 2, 0]


def test_the_application_id_is_asked_for_its_own_logic_app_and_with_the_section_only() -> None:
    azure = Noted()
    carried_out(azure, planned(azure, **LIFECYCLE))
    azure.seen.clear()

    looked_at(azure, **LIFECYCLE)
    asked = [one.id.rsplit("/", 1)[1] for one in azure.seen if isinstance(one, WorkflowTarget) and one.application]
    azure.seen.clear()
    looked_at(azure)

    assert asked == ["lockstep-test-lifecycle"]
    assert not any(isinstance(one, WorkflowTarget) and one.application for one in azure.seen)


def test_a_workflow_that_disappears_while_it_is_read_is_not_there() -> None:
    azure = InMemoryAzure()
    azure.lifecycle = Vanishing()

    found = looked_at(azure, **LIFECYCLE).lifecycle

    assert found is not None
    assert [answer["id"] for answer in found.workflows] == [MOVE, LEAVE]


class Vanishing(InMemoryLifecycle):
    """One workflow is in the list and nowhere else."""

    def object(self, target: GraphTarget) -> Json:
        """As in the tenant."""
        return None if target.keys == (ONBOARD,) else super().object(target)


def _none(_: Json) -> Json:
    return None


def _fails(_: Json) -> Json:
    raise ProvisionError("half a page")


@pytest.mark.parametrize("noun", ["task extensions", "workflows"])
@pytest.mark.parametrize(("answer", "said"), [(_none, "does not exist"), (_fails, "half a page")])
def test_a_list_that_is_not_whole_ends_the_reading(noun: str, answer: Callable[[Json], Json], said: str) -> None:
    class Partial(InMemoryAzure):
        """One list goes wrong."""

        def read(self, target: Target) -> Json:
            """As every Reader."""
            found = super().read(target)
            return answer(found) if isinstance(target, GraphCollection) and target.noun == noun else found

    with pytest.raises(ProvisionError, match=said):
        looked_at(Partial(), **LIFECYCLE)


@pytest.mark.parametrize(
    "name", ["O'Brien's \"first\" day", "Müller & Söhne (日本) #1", "@{concat('a')} %22 ../x", "a" * 256]
)
def test_an_awkward_name_is_found_planned_and_taken_away(name: str) -> None:
    azure = InMemoryAzure()
    azure.lifecycle.workflows[ONBOARD]["displayName"] = name
    wish = {"workflows": [name], "logic_app": "a.b-(c)_d"}

    carried_out(azure, planned(azure, lifecycle_workflows=wish))
    assert len(azure.lifecycle.names(ONBOARD)) == 3
    assert planned(azure, lifecycle_workflows=wish).changes == ()
    carried_out(azure, destroying(azure, lifecycle_workflows=wish))

    assert azure.lifecycle.names(ONBOARD) == ["First", "Second"]
