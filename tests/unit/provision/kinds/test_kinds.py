from __future__ import annotations

import pytest

from provision.errors import ServiceRefusal
from provision.kinds import KINDS
from provision.kinds.kind import Kind
from tests.fakes import InMemoryAzure
from tests.sample import LIFECYCLE, drawn, looked_at, planned, provisioned

NAMES = [
    "runbook",
    "runbook content",
    "variable",
    "schedule",
    "job schedule",
    "Logic App",
    "role assignment",
    "catalog role",
    "custom extension",
    "policy stages",
    "custom task extension",
    "workflow task",
]
EVERYTHING = {**LIFECYCLE, "sweep": {"schedule": "02:30"}}
"""An environment that wants at least one resource of every kind."""


def test_kinds_come_in_the_order_of_creation() -> None:
    assert [kind.KIND for kind in KINDS] == NAMES


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_every_resource_bears_the_name_of_its_kind_and_finds_itself_again(kind: Kind) -> None:
    wanted = {resource.address for resource in kind.desired(drawn(InMemoryAzure(), **EVERYTHING))}
    found = {resource.address for resource in kind.found(looked_at(provisioned(**EVERYTHING), **EVERYTHING))}

    assert wanted == found
    assert {address.kind for address in wanted} == {kind.KIND}


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_desired_and_found_are_a_function_of_what_they_are_given(kind: Kind) -> None:
    azure = provisioned(**EVERYTHING)

    assert list(kind.desired(drawn(azure, **EVERYTHING))) == list(kind.desired(drawn(azure, **EVERYTHING)))
    assert list(kind.found(looked_at(azure))) == list(kind.found(looked_at(azure)))


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_an_unexplained_refusal_is_a_failure(kind: Kind) -> None:
    assert kind.verdict(ServiceRefusal("something else", 400, "BadRequest")) == "failed"


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_every_desired_resource_says_what_it_is_for(kind: Kind) -> None:
    assert all(resource.note for resource in kind.desired(drawn(InMemoryAzure(), **EVERYTHING)))


def test_drift_in_any_kind_is_planned_away_and_a_second_plan_is_empty() -> None:
    azure = provisioned()
    azure.arm[next(key for key in azure.arm if key.endswith("/runbooks/lockstep"))]["tags"]["lockstep-content"] = "x"

    assert [str(change) for change in planned(azure).changes] == ["update runbook lockstep"]
