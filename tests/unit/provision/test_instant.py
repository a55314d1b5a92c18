"""Times as Azure writes them."""

from __future__ import annotations

from provision.instant import instant
from tests.ran import NOW


def test_times_of_azure_are_read() -> None:
    assert instant("2026-01-01T12:00:00.0000000Z") == NOW
    assert instant("2026-01-01T12:00:00") == NOW
    assert instant("yesterday") is None
