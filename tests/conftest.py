"""What every test may ask for: a whole sandbox of its own."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from provision.sandbox.sandbox import Sandbox

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what runs in the background deaf to Ctrl-C

settings.register_profile("anywhere", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # no timed tests
settings.load_profile("anywhere")


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
