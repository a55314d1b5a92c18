"""The chain on both directories; each test begins with a fresh world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.chain import Chain, running
from tests.end_to_end.scene import Scene, played


@pytest.fixture(scope="module", params=["embedded", pytest.param("samba", marks=pytest.mark.samba)])
def started(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """One sandbox for all tests of a module."""
    yield from running(tmp_path_factory.mktemp("chain"), str(request.param))


@pytest.fixture
def chain(started: Chain) -> Chain:
    """The sandbox as it was at the beginning."""
    started.sandbox.reset()
    started.sandbox.world.principals.hidden_lookups = 0  # the delay of new identities has its own test
    return started


@pytest.fixture
def applied(chain: Chain) -> Chain:
    """The chain with everything deployed."""
    chain.lockstep("apply", "--yes", expect=0)
    return chain


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One sandbox to disturb, for all tests of a module."""
    yield from played(tmp_path_factory.mktemp("scene"))


@pytest.fixture
def scene(stage: Scene) -> Scene:
    """The sandbox and its files as they were at the beginning."""
    stage.begin()
    return stage
