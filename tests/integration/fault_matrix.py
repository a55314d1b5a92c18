"""Every trial there is, what has to be so after each, and the counts.

`verdict` says what is wrong after a trial; an empty answer is what everything here is for. Where a service says, in a
whole and well-formed answer, something that is not so, nobody can know: these kinds are named in `BELIEVED`. Such a job
may end as done although AD is not as it should be. It may take nothing away wrongly all the same.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Final

from tests.integration.fault_tenant import Trial
from tests.integration.fault_truth import (
    FILLERS,
    JOBS,
    LATECOMERS,
    MODES,
    PEOPLE,
    PERSON,
    START,
    USERS,
    State,
    hand,
    in_the_end,
    leaving,
    may_leave,
)
from tests.integration.fault_world import SECRETS, Ended, FaultWorld
from tests.integration.faulty_directory import KINDS, kinds_at
from tests.integration.https_faults import FAULTS, kinds_for

BELIEVED: Final = frozenset(
    {
        ("ldap", "nothing found"),
        ("ldap", "half the entries"),
        ("ldap", "half a range, told as the end"),
        ("ldap", "no memberOf"),
        ("ldap", "no SIDs in names"),
        ("ldap", "said to be done"),
        ("https", "value is empty"),
        ("https", "no next link"),
        ("https", "no rows, and it goes on"),
        ("https", "one row left out"),
        ("https", "SIDs left out"),
        ("https", "package is null"),
    }
)
"""Answers that look whole: side and kind."""
_WELL: Final = {"done", "nothing_to_do"}
_ONE_PERSON: Final = frozenset(PERSON)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one trial came to; `believed` are wrong words of the job that come from wrong words of a service."""

    trial: Trial
    outcome: str
    removed: int
    wrongly_removed: int
    problems: tuple[str, ...] = ()
    believed: tuple[str, ...] = ()


def undisturbed(job: str, mode: str) -> Ended:
    """How the job ends when nothing goes wrong."""
    return _world().play(Trial(job, mode))


def every_trial(job: str, mode: str) -> tuple[Trial, ...]:
    """Every trial of a job in a mode: every kind at every operation where it can happen."""
    ended = undisturbed(job, mode)
    return (
        *(
            Trial(job, mode, "ldap", kind, point)
            for point, operation in enumerate(ended.directory.operations)
            for kind in kinds_at(operation)
        ),
        *(
            Trial(job, mode, "https", kind, point)
            for point, honest in enumerate(ended.asked.honest)
            for kind in kinds_for(honest)
        ),
    )


def every_kind() -> set[tuple[str, str]]:
    """Side and kind of everything that can go wrong."""
    return {*(("ldap", kind) for kind in KINDS), *(("https", kind) for kind in FAULTS)}


def some(trials: Mapping[tuple[str, str], Sequence[Trial]]) -> list[Trial]:
    """A short list: every operation of every job in one of the modes, and every kind at least once."""
    modes, chosen = cycle(MODES), dict[Trial, None]()
    for job in JOBS:
        points: dict[tuple[str, int], dict[str, list[Trial]]] = {}
        for mode in MODES:
            for trial in trials[job, mode]:
                points.setdefault((trial.side, trial.point), {}).setdefault(mode, []).append(trial)
        for number, by_mode in enumerate(points.values()):
            mode = next(each for each in modes if each in by_mode)
            here = by_mode[mode]
            used = {(trial.side, trial.kind) for trial in chosen}
            fresh = [trial for trial in here if (trial.side, trial.kind) not in used]
            chosen[fresh[0] if fresh else here[number % len(here)]] = None
    missing = every_kind() - {(trial.side, trial.kind) for trial in chosen}
    every = [trial for each in trials.values() for trial in each]
    for side, kind in sorted(missing):
        chosen[next(trial for trial in every if (trial.side, trial.kind) == (side, kind))] = None
    return list(chosen)


def play(trials: Iterable[Trial]) -> list[Verdict]:
    """Plays the trials, one after the other."""
    return [verdict(trial, _world().play(trial)) for trial in trials]


def play_file(trials: Iterable[Trial], script: Path) -> list[Verdict]:
    """The same with the uploaded file, each in a process of its own."""
    return [verdict(trial, _world().play_file(trial, script)) for trial in trials]


def verdict(trial: Trial, ended: Ended) -> Verdict:
    """What is wrong after a trial, if anything is."""
    wrong = ended.removed() - may_leave(trial.job, trial.mode, trial.by_hand)
    problems = [f"wrongly removed: {sorted(wrong)}"] if wrong else []
    believed = [*_said_wrongly(trial, ended), *_audited_wrongly(trial, ended)]
    if (trial.side, trial.kind) not in BELIEVED:
        problems += believed
        believed = []
    problems += [*_unheeded(trial, ended), *_leaked(ended), *_left_behind(trial, ended.state)]
    if not ended.fired:
        problems.append("the fault did not happen")
    if problems:
        problems.append(f"{ended.outcome.outcome}: {ended.outcome.detail}")
    return Verdict(trial, ended.outcome.outcome, len(ended.removed()), len(wrong), tuple(problems), tuple(believed))


def _said_wrongly(trial: Trial, ended: Ended) -> Iterator[str]:
    """Where the job says that all is well, AD must be as it should be."""
    outcome, want = ended.outcome, in_the_end(trial.job, trial.mode, "")
    spared = hand(trial.job, trial.by_hand) if trial.by_hand else None
    wrong = {each for each in _different(ended.state, want) if each != spared}
    if wrong and outcome.outcome in _WELL:
        yield f"says {outcome.outcome}, and these are not as they should be: {sorted(wrong)}"
    if wrong and outcome.verified:
        yield f"says verified, and these are not as they should be: {sorted(wrong)}"
    proposed = {
        (each["group"], each["sid"])
        for each in ended.records
        if each["kind"] == "move" and each["action"] == "remove" and not each["withheld"]
    }
    allowed = _proposable(trial.mode) if trial.job == "sweep dry" else set()
    if trial.job == "sweep dry" and not trial.by_hand and proposed - allowed:
        yield f"proposes wrong removals: {sorted(proposed - allowed)}"
    if trial.kind == "grows over a range" and ended.fillers != len(FILLERS) + len(LATECOMERS):
        yield "somebody else's members are gone"


def _different(state: State, want: State) -> set[tuple[str, str]]:
    return {(group, person) for group in START for person in state[group] ^ want[group]}


@cache
def _proposable(mode: str) -> set[tuple[str, str]]:
    store = _world().directory._domain.store
    leavers = ((store.by_account(group), person) for group, person in leaving("sweep agreed", mode))
    return {(str(group.guid), _sid(person)) for group, person in leavers if group}


def _sid(person: str) -> str:
    return _world().directory.sid_of(person) or ""


def _unheeded(trial: Trial, ended: Ended) -> Iterator[str]:
    """What went wrong before the first write and was not made good: nothing that depends on it may be removed."""
    well = ended.outcome.outcome in _WELL
    if well or not ended.directory.fired_before_writing or trial.by_hand or not ended.removed():
        return
    told = " ".join(ended.outcome.problems)
    if trial.job == "release":
        unheard = {person for group, person in ended.removed() if USERS[person] in told}
    elif trial.side == "ldap" and trial.job not in _ONE_PERSON:
        unheard = {group for group, _ in ended.removed() if f"group {group}" in told}
    else:
        unheard = {group for group, _ in ended.removed()}
    if unheard:
        yield f"removed although {trial.kind} was not made good: {sorted(unheard)}"


def _audited_wrongly(trial: Trial, ended: Ended) -> Iterator[str]:
    """Every change in AD has its record, and no record tells of another.

    AD says "done" also to what somebody did by hand a moment before, and nobody can tell.
    """
    people = {_sid(person): person for person in PEOPLE}
    audit = [each for each in ended.records if each["kind"] == "audit"]
    told = [
        (((each["name"], people[each["sid"]]), each["action"] == "add"), each["outcome"])
        for each in audit
        if not trial.by_hand or (each["name"], people[each["sid"]]) != hand(trial.job, trial.by_hand)
    ]
    made = ended.directory.changed
    done = [change for change, outcome in told if outcome == "done"]
    known = [change for change, outcome in told if outcome in {"done", "unknown"}]
    if any(done.count(change) > made.count(change) for change in done):
        yield f"the audit tells of changes that were not made: {done}, made {made}"
    spared = {hand(trial.job, trial.by_hand)} if trial.by_hand else set()
    if ended.audited and any(known.count(each) < made.count(each) for each in made if each[0] not in spared):
        yield f"the audit lacks changes: {known}, made {made}"


def _leaked(ended: Ended) -> Iterator[str]:
    if any(secret in ended.output for secret in SECRETS):
        yield "a secret in the output"
    if ended.asked.elsewhere:
        yield "a request to another host"
    if "unexpected error" in ended.outcome.detail:
        yield "an unexpected error"


def _left_behind(trial: Trial, state: State) -> Iterator[str]:
    """The same job again, undisturbed, must end where it should."""
    key = tuple((group, state[group]) for group in sorted(state))
    end = _again(trial.job, trial.mode, key)
    want = in_the_end(trial.job, trial.mode, trial.by_hand)
    unsettled = {hand(trial.job, trial.by_hand)} if trial.by_hand and trial.job in {"undo", "release"} else set()
    wrong = _different(dict(end), want) - unsettled
    if wrong:
        yield f"run again, these are not as they should be: {sorted(wrong)}"


@cache
def _again(job: str, mode: str, key: tuple[tuple[str, frozenset[str]], ...]) -> tuple[tuple[str, frozenset[str]], ...]:
    world, trial, state = _world(), Trial(job, mode), dict(key)
    ended = world.play(trial, state, world.look(trial, state))
    return tuple(ended.state.items())


def settle(folder: Path) -> None:
    """Makes this process's world, with its certificates somewhere in the folder. Comes before everything else."""
    _settled.append(FaultWorld(Path(tempfile.mkdtemp(dir=folder))))
    sys.setswitchinterval(0.0005)  # client and servers share this process


def leave() -> None:
    """Ends this process's world."""
    _settled.pop().stop()
    _again.cache_clear()
    _proposable.cache_clear()
    sys.setswitchinterval(0.005)


_settled: Final[list[FaultWorld]] = []


def _world() -> FaultWorld:
    return _settled[-1]
