"""apply and destroy, killed or disturbed at one of their requests, end where an undisturbed run ends.

Killed is a real SIGKILL. By default every kind of write is hit, and every so many requests; `make faults` tries all
disturbances at all requests, of an environment with one catalog and one workflow. That is with one catalog at a time,
where the order of the requests is always the same; with several at once a shorter list is tried. A command that is
disturbed ends well by itself, or with exit code 1 and what to do.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import cycle

import pytest

from provision.sandbox.journal import Exchange
from tests.end_to_end.disturbed import COMMANDS, DISTURBANCES, LOADED, Outcome, Trial, is_write, play, requests

pytestmark = pytest.mark.timeout(3600)

EVERYTHING = os.environ.get("LOCKSTEP_FAULTS") == "all"
STRIDE = 13
STRIDE_AT_ONCE = 31
AT_ONCE = 8
HAND = 30
"""About so many trials go to a process at once."""
PROCESSES = (os.cpu_count() or 1) + 1  # half of the time is waiting for uploads
MADE_UP = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|lockstep-sandbox-\w+")

Requests = Mapping[str, Sequence[Exchange]]


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    """Processes that have loaded everything, each for one sandbox at a time."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LOADED)
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as made:
        yield made


@pytest.fixture(scope="module")
def undisturbed(pool: ProcessPoolExecutor) -> Requests:
    """What every command asks for when nothing disturbs it."""
    return pool.submit(requests, small=EVERYTHING).result()


@pytest.fixture(scope="module")
def outcomes(pool: ProcessPoolExecutor, undisturbed: Requests, request: pytest.FixtureRequest) -> list[Outcome]:
    """All trials, dealt to the processes."""
    trials = list(_every(undisturbed) if EVERYTHING else _some(undisturbed))
    number = max(PROCESSES, len(trials) // HAND)
    hands = [pool.submit(play, trials[place::number], small=EVERYTHING) for place in range(number)]
    ended: list[Outcome] = []
    for hand in as_completed(hands):
        ended += hand.result()
        if EVERYTHING:
            with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
                wrong = [f"\n  {outcome}\n" for outcome in hand.result() if outcome.problems]
                sys.stdout.write(f"\r  {len(ended)} of {len(trials)} {''.join(wrong)}")
                sys.stdout.flush()
    return ended


@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_a_killed_command_is_finished_by_the_next_one(
    outcomes: list[Outcome], command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    killed = [o for o in outcomes if o.trial.command == command and o.trial.disturbance == "killed"]

    _tell(capsys, killed)
    assert killed
    assert [outcome for outcome in killed if outcome.problems] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_disturbed_command_ends_well_or_is_finished_by_the_next_one(
    outcomes: list[Outcome], command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    disturbed = [o for o in outcomes if o.trial.command == command and o.trial.disturbance != "killed"]

    _tell(capsys, disturbed)
    assert disturbed
    assert [outcome for outcome in disturbed if outcome.problems] == []


@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_every_kind_of_write_was_hit_and_followed_by_a_kill(
    outcomes: list[Outcome], undisturbed: Requests, command: str
) -> None:
    ordered = [o.trial for o in outcomes if o.trial.command == command and o.trial.parallel == 1]
    hit = {trial.point for trial in ordered if trial.disturbance != "killed"}
    killed = {trial.point - 1 for trial in ordered if trial.disturbance == "killed"}
    made = undisturbed[command]

    kinds = {_kind(exchange) for exchange in made if is_write(exchange)}
    assert {_kind(made[point]) for point in hit} >= kinds
    assert {_kind(made[point]) for point in killed if point >= 0} >= kinds


def _every(undisturbed: Requests) -> Iterator[Trial]:
    for command in COMMANDS:
        for disturbance in DISTURBANCES:
            yield from (Trial(command, disturbance, point) for point in range(len(undisturbed[command])))
            yield from (
                Trial(command, disturbance, point, AT_ONCE)
                for point in range(0, len(undisturbed[command]), STRIDE_AT_ONCE)
            )


def _some(undisturbed: Requests) -> Iterator[Trial]:
    """The first write of each kind lost and followed by a kill, and every so many requests something."""
    half_done = cycle(("answer lost", "carried out, answered 504"))
    side_by_side = cycle(DISTURBANCES)
    faults = cycle(disturbance for disturbance in DISTURBANCES if disturbance != "killed")
    for command in COMMANDS:
        met = set()
        for point, exchange in enumerate(undisturbed[command]):
            kind = _kind(exchange)
            if is_write(exchange) and kind not in met and command != "apply again":
                met.add(kind)
                yield Trial(command, next(half_done), point)
                yield Trial(command, "killed", point + 1)
            elif point % STRIDE == 0:
                yield Trial(command, next(faults), point)
            if point % STRIDE_AT_ONCE == STRIDE:
                yield Trial(command, next(side_by_side), point, AT_ONCE)


def _kind(exchange: Exchange) -> tuple[str, str]:
    return exchange.method, MADE_UP.sub("*", exchange.path.split("?", maxsplit=1)[0])


def _tell(capsys: pytest.CaptureFixture[str], outcomes: Sequence[Outcome]) -> None:
    """How much was tried, past pytest's capture."""
    lines = []
    for command, disturbance in sorted({(o.trial.command, o.trial.disturbance) for o in outcomes}):
        found = [o for o in outcomes if (o.trial.command, o.trial.disturbance) == (command, disturbance)]
        codes = ", ".join(f"{count} x exit {code}" for code, count in sorted(Counter(o.code for o in found).items()))
        lines.append(
            f"  {command}, {disturbance}: {len(found)} points, {sum(o.seconds for o in found):.0f} s ({codes})"
        )
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
