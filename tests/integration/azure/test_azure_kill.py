"""The connection dies at a request and stays dead; the next run of the same command finishes what was begun."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from provision.apply import apply
from provision.commands.pipeline import away, look, towards
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.listed_catalogs import Reader
from provision.plan import Plan
from provision.sandbox.sandbox import Sandbox
from provision.terminal import Terminal
from tests.integration.azure_world import azure, break_at, policies, resources

PARTS = (2, 4, 7)
"""The requests of a command are cut at these eighths of their number."""


@pytest.fixture
def environment(sandbox: Sandbox, tmp_path: Path) -> Environment:
    """The sandbox as it starts, with identities that are known at once."""
    return Environment.load(str(sandbox.environment_file(tmp_path / "sandbox.yaml")))


def quiet() -> Terminal:
    """A terminal that nobody looks at."""
    return Terminal(io.StringIO(), io.StringIO(), io.StringIO(), {})


def forwards(environment: Environment, reader: Reader) -> Plan:
    """The plan of apply."""
    return towards(environment, (), reader, quiet())


def backwards(environment: Environment, reader: Reader) -> Plan:
    """The plan of destroy."""
    return away(look(environment, reader, quiet()), None)


def run(environment: Environment, draw: Callable[[Environment, Reader], Plan]) -> int:
    """Draws a plan and carries it out; how many changes it had."""
    with azure(environment) as services:
        plan = draw(environment, services)
        apply(plan, services, services, quiet())
    return len(plan.changes)


def killed(
    sandbox: Sandbox, environment: Environment, draw: Callable[[Environment, Reader], Plan], requests: int
) -> bool:
    """Runs until the connection dies; whether it died before the end."""
    break_at(sandbox, {"path": "", "after": requests, "times": 100_000, "status": "drop"})
    try:
        run(environment, draw)
    except ProvisionError:
        return True
    finally:
        break_at(sandbox)
    return False


def cut(sandbox: Sandbox, environment: Environment, draw: Callable[[Environment, Reader], Plan], part: int) -> int:
    """How many requests make this part of the whole command, which is run once to count them."""
    before = len(sandbox.journal.exchanges())
    run(environment, draw)
    return (len(sandbox.journal.exchanges()) - before) * part // 8


@pytest.mark.parametrize("part", PARTS)
def test_an_apply_that_died_is_finished_by_the_next_one(sandbox: Sandbox, environment: Environment, part: int) -> None:
    before = policies(sandbox), resources(sandbox)
    requests = cut(sandbox, environment, forwards, part)
    run(environment, backwards)
    assert killed(sandbox, environment, forwards, requests)

    run(environment, forwards)

    assert run(environment, forwards) == 0
    run(environment, backwards)
    assert (policies(sandbox), resources(sandbox)) == before


@pytest.mark.parametrize("part", PARTS)
def test_a_destroy_that_died_is_finished_by_the_next_one(sandbox: Sandbox, environment: Environment, part: int) -> None:
    before = policies(sandbox), resources(sandbox)
    run(environment, forwards)
    requests = cut(sandbox, environment, backwards, part)
    run(environment, forwards)
    assert killed(sandbox, environment, backwards, requests)

    run(environment, backwards)

    assert run(environment, backwards) == 0
    assert (policies(sandbox), resources(sandbox)) == before
