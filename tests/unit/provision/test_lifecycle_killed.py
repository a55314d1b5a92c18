"""apply and destroy of Lifecycle Workflows, killed at each of its writes, end where an undisturbed run ends."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes import InMemoryAzure, Killed
from tests.sample import LIFECYCLE, carried_out, destroying, planned, provisioned

WRITES = 6
"""Logic App, role assignment, extension, three tasks."""


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Any]:
    """What an apply that nothing disturbs leaves."""
    return provisioned(**LIFECYCLE).state()


@pytest.mark.parametrize("loses", [False, True], ids=["before the write", "after the write"])
@pytest.mark.parametrize("place", range(WRITES))
def test_a_killed_apply_is_finished_by_the_next(place: int, undisturbed: dict[str, Any], *, loses: bool) -> None:
    azure = provisioned()
    azure.dies_after, azure.loses = place, loses
    with pytest.raises(Killed):
        carried_out(azure, planned(azure, **LIFECYCLE))
    azure.dies_after = None

    carried_out(azure, planned(azure, **LIFECYCLE))

    assert azure.state() == undisturbed
    assert planned(azure, **LIFECYCLE).changes == ()


@pytest.mark.parametrize("loses", [False, True], ids=["before the write", "after the write"])
@pytest.mark.parametrize("place", range(WRITES))
def test_a_killed_removal_is_finished_by_the_next_without_the_section(place: int, *, loses: bool) -> None:
    azure = provisioned(**LIFECYCLE)
    azure.dies_after, azure.loses = place, loses
    with pytest.raises(Killed):
        carried_out(azure, planned(azure))
    azure.dies_after = None

    carried_out(azure, planned(azure))

    assert (azure.lifecycle.extensions, [key for key in azure.arm if "lifecycle" in key]) == ({}, [])
    assert {key: azure.lifecycle.names(key) for key in azure.lifecycle.workflows} == {
        key: InMemoryAzure().lifecycle.names(key) for key in azure.lifecycle.workflows
    }
    assert destroying(azure, **LIFECYCLE).changes[0].resource.address.kind != "workflow task"
