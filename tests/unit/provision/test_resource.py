from __future__ import annotations

import dataclasses

import pytest

from provision.resource import Address, ArmTarget, Reference, Resource

APP = Address("Logic App", "la", "catalog-1", "key")


def test_an_address_is_told_by_kind_and_name() -> None:
    assert str(APP) == "Logic App la"


def test_resources_of_the_same_name_in_two_catalogs_have_two_addresses() -> None:
    assert Address("policy stages", "A: B", "one", "x") != Address("policy stages", "A: B", "two", "x")


def test_a_reference_says_where_its_value_will_come_from() -> None:
    reference = Reference(APP, ("identity", "principalId"))

    assert str(reference) == "(known after apply: identity.principalId of Logic App la)"


def test_a_resource_cannot_be_changed() -> None:
    resource = Resource(APP, ArmTarget("/x", "2020-01-01"), {})

    with pytest.raises(dataclasses.FrozenInstanceError):
        resource.note = "changed"  # type: ignore[misc]
