"""One sandbox for all tests of a file, where commands are run against Azure and Graph."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from provision.sandbox.sandbox import Sandbox


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for all tests of this file."""
    made = Sandbox(tmp_path_factory.mktemp("sandbox"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    """The sandbox as it starts, with identities that are known at once."""
    running.reset()
    running.world.principals.hidden_lookups = 0
    return running
