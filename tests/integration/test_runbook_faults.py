"""Failure is never absence: the runbook's jobs with one thing going wrong at one request or LDAP operation.

By default a short list: every operation of every job in one of the modes, and every kind at least once; `make faults`
tries every kind at every operation in every mode. What is right is a table, see `fault_truth`.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.fault_matrix import (
    BELIEVED,
    Verdict,
    every_kind,
    every_trial,
    leave,
    play,
    play_file,
    settle,
    some,
    undisturbed,
    verdict,
)
from tests.integration.fault_tenant import Trial
from tests.integration.fault_truth import JOBS, MODES, leaving

pytestmark = pytest.mark.timeout(3 * 3600)

EVERYTHING = os.environ.get("LOCKSTEP_FAULTS") == "all"
HAND = 50
"""So many trials go to a process at once."""
PROCESSES = (os.cpu_count() or 1) + EVERYTHING
IN_A_PROCESS = (
    Trial("granted", "managed", "https", "half, the whole length told", 7),
    Trial("removed", "managed", "https", "401 for ever", 8),
    Trial("granted", "managed", "https", "text cut off", 2),
    Trial("removed", "managed", "ldap", "dropped", 2),
    Trial("lifecycle", "managed", "ldap", "answer lost", 3),
    Trial("sweep scheduled", "authoritative", "https", "no next link", 9),
    Trial("sweep scheduled", "authoritative", "https", "value is empty", 17),
    Trial("sweep scheduled", "authoritative", "ldap", "range from elsewhere", 3),
    Trial("sweep scheduled", "authoritative", "ldap", "gone for good", 9),
    Trial("sweep scheduled", "managed", "ldap", "gone for good, another is there", 5),
    Trial("release", "authoritative", "ldap", "no right", 4),
)
"""Those for which a real clock is quick enough."""

Trials = Mapping[tuple[str, str], Sequence[Trial]]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessPoolExecutor]:
    """Processes that have loaded everything, each with a world of its own."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.integration.fault_matrix"])
    folder = tmp_path_factory.mktemp("worlds")
    with ProcessPoolExecutor(PROCESSES, context, initializer=settle, initargs=(folder,)) as made:
        yield made


@pytest.fixture(scope="module")
def _here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A world in this process."""
    settle(tmp_path_factory.mktemp("world"))
    yield
    leave()


@pytest.fixture(scope="module")
def trials(pool: ProcessPoolExecutor) -> Trials:
    """All that there are, by job and mode."""
    found = {(job, mode): pool.submit(every_trial, job, mode) for job in JOBS for mode in MODES}
    return {which: each.result() for which, each in found.items()}


@pytest.fixture(scope="module")
def verdicts(pool: ProcessPoolExecutor, trials: Trials, request: pytest.FixtureRequest) -> list[Verdict]:
    """What they came to, dealt to the processes."""
    chosen = [trial for each in trials.values() for trial in each] if EVERYTHING else some(trials)
    number = max(PROCESSES, len(chosen) // HAND)
    hands = [pool.submit(play, chosen[place::number]) for place in range(number)]
    ended: list[Verdict] = []
    for hand in as_completed(hands):
        ended += hand.result()
        if EVERYTHING:
            with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
                wrong = [f"\n  {each}\n" for each in hand.result() if each.problems]
                sys.stdout.write(f"\r  {len(ended)} of {len(chosen)} {''.join(wrong)}")
                sys.stdout.flush()
    return ended


@pytest.mark.parametrize("job", JOBS)
def test_nobody_is_removed_wrongly_and_nothing_is_said_that_is_not_so(verdicts: list[Verdict], job: str) -> None:
    mine = [each for each in verdicts if each.trial.job == job]

    assert mine
    assert [each for each in mine if each.problems or each.wrongly_removed] == []


def test_every_operation_and_every_kind_was_tried(verdicts: list[Verdict], trials: Trials) -> None:
    tried = {each.trial for each in verdicts}
    points = {(trial.job, trial.side, trial.point) for each in trials.values() for trial in each}

    assert {(trial.side, trial.kind) for trial in tried} == every_kind()
    assert {(trial.job, trial.side, trial.point) for trial in tried} == points
    if EVERYTHING:
        assert len(tried) == sum(map(len, trials.values()))
        assert {(each.trial.side, each.trial.kind) for each in verdicts if each.believed} == BELIEVED


def test_faults_stop_some_removals_and_let_others_be(
    verdicts: list[Verdict], capsys: pytest.CaptureFixture[str]
) -> None:
    """The counts, told past pytest's capture; without both kinds of end nothing would have been tried."""
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(_table(verdicts)) + "\n")
    for job in JOBS:
        ends = {each.outcome for each in verdicts if each.trial.job == job}
        assert ends & {"done", "nothing_to_do"}
        assert ends - {"done", "nothing_to_do"}
        assert any(each.removed for each in verdicts if each.trial.job == job) == bool(leaving(job, "authoritative"))


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize("job", sorted(set(JOBS) - {"sweep dry"}))
@pytest.mark.parametrize("mode", MODES)
def test_a_wrong_removal_and_a_wrong_word_would_be_seen(job: str, mode: str) -> None:
    trial = Trial(job, mode, "https", "500 once", 0)
    ended = undisturbed(job, mode)
    seen = replace(ended.directory, fired=True, fired_before_writing=True)
    good = replace(ended, directory=seen)
    lost = {**ended.state, "Beta": frozenset[str]()}

    assert verdict(trial, good).problems == ()
    removed = replace(seen, changed=[*seen.changed, (("Gamma", "fay"), False)])
    assert "wrongly removed: [('Gamma', 'fay')]" in verdict(trial, replace(good, directory=removed)).problems
    if job != "release":
        assert any(each.startswith("says") for each in verdict(trial, replace(good, state=lost)).problems)


@pytest.mark.usefixtures("_here")
def test_the_uploaded_file_in_its_own_process_does_the_same(script: Path) -> None:
    assert [each for each in play_file(IN_A_PROCESS, script) if each.problems] == []


def _table(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """The counts: by job and mode, and in the whole matrix also by kind."""
    yield f"  {'job, mode':32}{'trials':>8}{'removals':>10}{'wrong':>7}{'believed':>10}  outcomes"
    for job in JOBS:
        for mode in MODES:
            yield from _line(f"{job}, {mode}", [v for v in verdicts if (v.trial.job, v.trial.mode) == (job, mode)])
    for side, kind in sorted(every_kind()) if EVERYTHING else ():
        yield from _line(f"{side}: {kind}", [v for v in verdicts if (v.trial.side, v.trial.kind) == (side, kind)])
    yield from _line("all", verdicts)


def _line(what: str, verdicts: Sequence[Verdict]) -> Iterator[str]:
    removed, wrong = sum(each.removed for each in verdicts), sum(each.wrongly_removed for each in verdicts)
    believed = sum(bool(each.believed) for each in verdicts)
    ends = ", ".join(f"{end} {count}" for end, count in sorted(Counter(each.outcome for each in verdicts).items()))
    yield f"  {what:32}{len(verdicts):>8}{removed:>10}{wrong:>7}{believed:>10}  {ends}"
