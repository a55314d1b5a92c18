from __future__ import annotations

from typing import Any

import pytest

from provision import ownership
from provision.errors import ProvisionError
from provision.resource import LIFECYCLE, Address

ADDRESS = Address("runbook", "lockstep")


@pytest.mark.parametrize(
    ("answer", "ours"),
    [
        ({"tags": {"managed-by": "lockstep", "lockstep-environment": "prod", "cost": "4711"}}, True),
        ({"tags": {"Managed-By": "lockstep", "LOCKSTEP-environment": "prod"}}, True),
        ({"tags": {"managed-by": "lockstep", "lockstep-environment": "prod-2"}}, False),
        ({"tags": {"managed-by": "terraform", "lockstep-environment": "prod"}}, False),
        ({"tags": {"lockstep-environment": "prod"}}, False),
        ({"tags": None}, False),
        ({}, False),
    ],
)
def test_tags_tell_what_is_ours(answer: dict[str, Any], *, ours: bool) -> None:
    assert ownership.is_tagged(answer, "prod") is ours


def test_what_we_tag_is_ours() -> None:
    assert ownership.is_tagged({"tags": ownership.tags("prod", "catalog-id")}, "prod")


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        (ownership.description("prod", "settings of the runbook"), True),
        ("lockstep:prod", True),
        ("lockstep:prod-2 settings", False),
        ("settings lockstep:prod", False),
        ("", False),
        (None, False),
    ],
)
def test_a_description_in_azure_tells_what_is_ours(text: str | None, *, ours: bool) -> None:
    assert ownership.is_described(text, "prod") is ours


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        (ownership.marked("prod", "Keeps groups in step"), True),
        ("x [lockstep:prod] ", True),
        ("x [lockstep:prod-2]", False),
        ("[lockstep:prod] and something after it", False),
        (None, False),
    ],
)
def test_a_mark_in_graph_tells_what_is_ours(text: str | None, *, ours: bool) -> None:
    assert ownership.is_marked(text, "prod") is ours


def test_a_place_that_was_taken_meanwhile_is_an_error_and_our_own_is_not() -> None:
    ownership.ensure_free(ADDRESS, None, ours=False)
    ownership.ensure_free(ADDRESS, {"name": "lockstep"}, ours=True)
    with pytest.raises(ProvisionError, match="runbook lockstep appeared since the plan was made"):
        ownership.ensure_free(ADDRESS, {"name": "lockstep"}, ours=False)


def test_what_disappeared_meanwhile_is_an_error() -> None:
    ownership.ensure_there(ADDRESS, {})
    with pytest.raises(ProvisionError, match="runbook lockstep disappeared since the plan was made"):
        ownership.ensure_there(ADDRESS, None)


def test_a_logic_app_is_tagged_with_its_catalog_or_with_lifecycle_workflows() -> None:
    assert ownership.catalog_of({"tags": ownership.tags("prod", "c-1")}) == "c-1"
    assert ownership.catalog_of({"tags": {"LOCKSTEP-Lifecycle": "workflows"}}) == LIFECYCLE
    assert ownership.catalog_of({"tags": ownership.tags("prod", LIFECYCLE)}) == LIFECYCLE
    assert ownership.catalog_of({"tags": ownership.tags("prod")}) == ""


def test_a_tag_of_ours_for_another_purpose_does_not_stay() -> None:
    there = {"tags": {"cost": "1", **ownership.tags("prod", "c-1")}}

    assert ownership.tags_beside(ownership.tags("prod", LIFECYCLE), there) == {"cost": "1"}


@pytest.mark.parametrize(
    ("tagged", "text", "owner"),
    [
        ("", None, ""),
        ("", "made by hand", ""),
        ("prod", None, ""),
        ("prod-2", None, "prod-2"),
        ("", "x [lockstep:prod]", ""),
        ("", "x [lockstep:prod-2] ", "prod-2"),
        ("", "[lockstep:prod-2] is elsewhere", ""),
    ],
)
def test_what_another_environment_has_made_cannot_be_adopted(tagged: str, text: str | None, owner: str) -> None:
    reason = f"it belongs to the Lockstep environment {owner}" if owner else ""

    assert ownership.of_another("prod", tagged=tagged, text=text) == reason
