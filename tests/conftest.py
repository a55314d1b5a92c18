"""What every test may ask for: a whole sandbox of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from provision.sandbox.sandbox import Sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A running sandbox with the embedded directory, where time runs 600 times faster; it must not fail itself."""
    from provision.sandbox.sandbox import Sandbox  # noqa: PLC0415 - unit tests do without it

    running = Sandbox(tmp_path / "sandbox", speed=600)
    running.start()
    try:
        yield running
    finally:
        failures = running.journal.failures()
        running.stop()
    assert failures == []
