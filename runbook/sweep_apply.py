"""Writes many memberships, one modify per group and 500 values, and finds out what happened where AD leaves it open.

Writes through `Memberships` only, and tells each change to `Audit`. Nothing here raises: what fails is noted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from runbook.audit import Audit
from runbook.deadline import Deadline
from runbook.directory import Answer
from runbook.membership import Memberships, Move
from runbook.outcome import DeadlinePassed, Failed

_CHUNK = 500
_PAUSES_SECONDS = (1.0, 5.0)


@dataclass(slots=True)
class Written:
    """How the moves ended, each in one list.

    `done`; `already`: it was so when the write arrived; `failed`: it did not happen; `unknown`: sent, and AD did not
    tell; `untried`. `problems` are sentences, `out_of_time` says that the deadline ended it.
    """

    done: list[Move] = field(default_factory=list)
    already: list[Move] = field(default_factory=list)
    failed: list[Move] = field(default_factory=list)
    unknown: list[Move] = field(default_factory=list)
    untried: list[Move] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    out_of_time: bool = False


class _GroupEnds(Exception):
    """Nothing more can be written in this group."""


class _RunEnds(Exception):
    """The domain controller is gone: the others learn of what was written to it later, so that none is asked."""


def write_moves(moves: Iterable[Move], directory: Memberships, deadline: Deadline, audit: Audit) -> Written:
    """Writes the moves group by group, in each group the additions first. Without its audit nothing is taken away."""
    by_group: dict[str, list[Move]] = {}
    for move in moves:
        by_group.setdefault(move.group.guid, []).append(move)
    written = Written()
    writer = _GroupWriter(directory, deadline, audit, written)
    waiting = list(by_group.values())
    try:
        while waiting:
            writer.write(waiting.pop(0))
    except DeadlinePassed as error:
        written.out_of_time = True
        written.problems.append(str(error))
    except _RunEnds as error:
        written.problems.append(str(error))
    written.untried += [move for group in waiting for move in group]
    if written.untried:
        groups = len({move.group.guid for move in written.untried})
        written.problems.append(f"{len(written.untried)} changes in {groups} groups were not tried; run it again")
    return written


class _GroupWriter:
    """Writes the moves of one group after the other; every move it takes ends in one of the lists of `written`."""

    def __init__(self, directory: Memberships, deadline: Deadline, audit: Audit, written: Written) -> None:
        self._directory = directory
        self._deadline = deadline
        self._audit = audit
        self._written = written
        self._waiting: list[list[Move]] = []

    def write(self, moves: list[Move]) -> None:
        """All moves of one group.

        Raises:
            DeadlinePassed, _RunEnds: what was not sent is untried.
        """
        self._waiting = _chunks(moves)
        try:
            while self._waiting:
                self._send(self._waiting.pop(0))
                self._audit.breathe()
        except _GroupEnds:
            self._audit.breathe()
        finally:
            self._written.untried += [move for chunk in self._waiting for move in chunk]

    def _send(self, chunk: list[Move]) -> None:
        """One modify; what it leaves open is waiting again, in smaller parts, or noted."""
        pauses = list(_PAUSES_SECONDS)
        while True:
            chunk = self._audited(chunk)
            if not chunk:
                return
            answer = self._answer(chunk)
            if answer.kind == "done":
                self._note(chunk, "done")
                return
            if answer.kind == "declined":
                self._end_group(chunk, answer.reason)
            rest = self._settled(chunk, answer)
            if answer.kind == "unclear" or not rest:
                break
            if not pauses:
                self._note(rest, "failed", answer.reason)
                raise _RunEnds(f"group {chunk[0].group}: {answer.reason}, {len(_PAUSES_SECONDS) + 1} times")
            self._pause(rest, pauses.pop(0))
            chunk = rest
        if len(rest) == len(chunk) == 1:
            self._note(rest, "failed", answer.reason)
        elif rest:
            self._waiting[:0] = _parts(rest) if len(rest) == len(chunk) else [rest]

    def _audited(self, chunk: list[Move]) -> list[Move]:
        """What may be written: without its audit, no removal."""
        if not self._audit.problem:
            return chunk
        removes = [move for move in chunk if not move.add]
        self._note(removes, "failed", f"nothing is removed without an audit: {self._audit.problem}")
        return [move for move in chunk if move.add]

    def _answer(self, chunk: list[Move]) -> Answer:
        """What AD says to the chunk.

        Raises:
            DeadlinePassed: it was not sent.
        """
        try:
            self._deadline.limit(1, "all changes were made")
            return self._directory.write(
                chunk[0].group,
                tuple(move.sid for move in chunk if move.add),
                tuple(move.sid for move in chunk if not move.add),
            )
        except DeadlinePassed:
            self._written.untried += chunk
            raise

    def _settled(self, chunk: list[Move], answer: Answer) -> list[Move]:
        """Reads the group again, notes the moves that are as wanted, and gives the others."""
        lost = answer.kind == "lost"
        try:
            sids = self._directory.members(chunk[0].group).sids
        except (Failed, DeadlinePassed) as error:
            self._note(chunk, "unknown" if lost else "failed", f"{answer.reason}; {error}")
            if isinstance(error, DeadlinePassed):
                raise
            raise (_RunEnds if lost else _GroupEnds)(f"group {chunk[0].group}: {error}") from error
        standing = [move for move in chunk if (move.sid in sids) == move.add]
        # a modify happens as a whole: when all of it stands it was this one, otherwise somebody else's
        self._note(standing, "done" if lost and len(standing) == len(chunk) else "already")
        return [move for move in chunk if (move.sid in sids) != move.add]

    def _pause(self, moves: list[Move], seconds: float) -> None:
        try:
            self._deadline.sleep(seconds, "writing again what was lost")
        except DeadlinePassed:
            self._written.untried += moves
            raise

    def _end_group(self, chunk: list[Move], reason: str) -> None:
        """Notes as failed what is left of the group."""
        rest = [*chunk, *[move for each in self._waiting for move in each]]
        self._waiting = []
        self._note(rest, "failed", reason)
        raise _GroupEnds

    def _note(self, moves: list[Move], outcome: str, reason: str = "") -> None:
        if not moves:
            return
        kept: list[Move] = getattr(self._written, outcome)
        kept += moves
        for move in moves:
            self._audit.note(move, outcome, self._directory.server_of(move.group))
        if reason:
            self._written.problems.append(f"group {moves[0].group}: {_told_moves(moves)}: {reason}")


def _chunks(moves: list[Move]) -> list[list[Move]]:
    """Additions and removals in one modify where they fit, the additions before the removals otherwise."""
    if len(moves) <= _CHUNK:
        return [moves]
    adds, removes = [move for move in moves if move.add], [move for move in moves if not move.add]
    return [part[i : i + _CHUNK] for part in (adds, removes) for i in range(0, len(part), _CHUNK)]


def _parts(chunk: list[Move]) -> list[list[Move]]:
    """Two parts of a chunk that AD did not take; the additions apart from the removals first."""
    adds, removes = [move for move in chunk if move.add], [move for move in chunk if not move.add]
    if adds and removes:
        return [adds, removes]
    half = len(chunk) // 2
    return [chunk[:half], chunk[half:]]


def _told_moves(moves: list[Move]) -> str:
    if len(moves) == 1:
        (move,) = moves
        return f"{'adding' if move.add else 'removing'} {move.name or move.sid}"
    return f"{len(moves)} changes"
