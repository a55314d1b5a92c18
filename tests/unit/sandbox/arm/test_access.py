from __future__ import annotations

from datetime import UTC, datetime

import pytest

from provision.sandbox.arm.access import Access, covers
from provision.sandbox.arm.roles import CONTRIBUTOR, READER

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GROUP = "/subscriptions/s/resourceGroups/rg"


@pytest.mark.parametrize(
    ("scope", "resource", "covered"),
    [
        (GROUP, GROUP, True),
        (GROUP, f"{GROUP}/providers/A/b/c", True),
        (GROUP.upper(), f"{GROUP}/providers/A/b/c", True),
        (GROUP, "/subscriptions/s/resourceGroups/rg2", False),
        (f"{GROUP}/providers/A/b/c", GROUP, False),
        (f"{GROUP}/providers/A/b/c", f"{GROUP}/providers/A/b/cd", False),
    ],
)
def test_a_scope_covers_itself_and_what_is_below(scope: str, resource: str, covered: bool) -> None:  # noqa: FBT001 - a column of the table
    assert covers(scope, resource) is covered


def test_permission_needs_the_principal_the_scope_and_the_action() -> None:
    access = Access()
    access.seed(f"{GROUP}/providers/A/b/c", READER, "me", NOW)
    assert access.permits("ME", "A/b/read", f"{GROUP}/providers/A/b/c")
    assert not access.permits("me", "A/b/write", f"{GROUP}/providers/A/b/c")
    assert not access.permits("me", "A/b/read", f"{GROUP}/providers/A/b/other")
    assert not access.permits("you", "A/b/read", f"{GROUP}/providers/A/b/c")
    assert (access.knows("me"), access.knows("you")) == (True, False)


def test_a_removed_assignment_allows_nothing() -> None:
    access = Access()
    access.seed(GROUP, CONTRIBUTOR, "me", NOW)
    removed = access.remove(GROUP, access.all()[0].name)
    assert removed is not None
    assert not access.permits("me", "A/b/read", GROUP)
    assert access.remove(GROUP, removed.name) is None
