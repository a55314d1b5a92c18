"""After the writes of a sweep: is each membership as it should be, and was the world still as it was when planned?

Reads AD and Graph again, for the groups that were changed and their access packages, and corrects what this run wrote.
"""

from __future__ import annotations

from runbook.audit import Audit
from runbook.deadline import Deadline
from runbook.entitlement import Entitlement
from runbook.everybody import read_everybody
from runbook.laps import Laps
from runbook.membership import Grant, Memberships, Move, Reason
from runbook.outcome import DeadlinePassed, Failed
from runbook.sweep_apply import Written, write_moves
from runbook.sweep_scope import ScopedGroup

_ROUNDS = 2


def confirm(  # noqa: PLR0913, PLR0917 - everything that a sweep works with
    written: Written,
    groups: dict[str, ScopedGroup],
    directory: Memberships,
    graph: Entitlement,
    deadline: Deadline,
    audit: Audit,
    laps: Laps,
) -> bool:
    """Whether all that was written is as it should be now, if need be after two corrections.

    `groups` are those of the sweep, by GUID. Trouble and corrections are added to `written`.
    """
    moves = [*written.done, *written.unknown]
    try:
        for _ in range(_ROUNDS):
            wrong = _wrong(moves, groups, directory, graph, laps)
            if not wrong:
                return True
            more = write_moves(wrong, directory, deadline, audit)
            laps.end("write")
            _note_corrections(written, more)
            if more.out_of_time:
                return False
        wrong = _wrong(moves, groups, directory, graph, laps)
    except (Failed, DeadlinePassed) as error:
        written.problems.append(f"what was written could not be confirmed: {error}")
        return False
    if wrong:
        written.problems.append(f"{len(wrong)} memberships change again and again; something else writes them too")
    return not wrong


def members_now(moves: list[Move], directory: Memberships) -> dict[str, frozenset[str]]:
    """The SIDs of the members of each group of the moves, by the group's GUID.

    Raises:
        Failed, DeadlinePassed: AD did not tell.
    """
    groups = {move.group.guid: move.group for move in moves}
    directory.expect(groups.values())
    return {guid: directory.members(group).sids for guid, group in groups.items()}


def _wrong(
    moves: list[Move], scoped: dict[str, ScopedGroup], directory: Memberships, graph: Entitlement, laps: Laps
) -> list[Move]:
    """What has to be written so that each of these memberships is as it should be.

    Raises:
        Failed: AD or Graph did not tell wholly, and nothing that is certain is left to give back.
        DeadlinePassed: the job's time is over.
    """
    members = members_now(moves, directory)
    laps.end("members again")
    everybody = read_everybody(graph, sorted({package for guid in members for package in scoped[guid].packages}))
    laps.end("assignments again")
    live = {(grant.package_id, sid): grant for grant in everybody.grants if grant.live for sid in _sids_of(grant)}
    over = {(grant.package_id, sid) for grant in everybody.grants if not grant.live for sid in _sids_of(grant)}
    doubts = list(everybody.problems)
    wrong = []
    for move in moves:
        guid, sid = move.group.guid, move.sid
        given = [(package, sid) for package in scoped[guid].packages]
        grant = next((live[each] for each in given if each in live), None)
        add = grant is not None
        if (sid in members[guid]) == add or (move.add and not add and scoped[guid].mode == "additive"):
            continue  # in mode additive nobody leaves, not even who was let in a moment too late
        if move.add and not add and over.isdisjoint(given):  # it was live a moment ago: this list has a hole
            doubts.append(f"group {move.group}: the assignment of {move.name or sid} is not listed any more")
        elif add or not everybody.problems:
            wrong.append(Move(move.group, sid, add=add, reason=_why_now(move, grant), name=move.name))
    if doubts and not wrong:
        raise Failed("; ".join(doubts[:3]))
    return wrong


def _sids_of(grant: Grant) -> set[str]:
    return {grant.sid, grant.copied_sid} - {""}


def _why_now(move: Move, grant: Grant | None) -> Reason:
    if grant:
        return Reason("granted", grant.package_id, grant.assignment_id, grant.user, grant.since)
    return Reason("over", move.reason.package, move.reason.assignment, move.reason.user) if move.add else move.reason


def _note_corrections(written: Written, more: Written) -> None:
    """Adds what the corrections did; what they took back is no longer done."""
    done = {move.key(): move for move in written.done}
    for move in more.done:
        taken_back = done.pop(_opposite_key(move), None)
        if taken_back is None:
            done[move.key()] = move
    written.done = list(done.values())
    written.already += more.already
    written.failed += more.failed
    written.unknown += more.unknown
    written.untried += more.untried
    written.problems += more.problems
    written.out_of_time = written.out_of_time or more.out_of_time


def _opposite_key(move: Move) -> tuple[str, str, str]:
    return Move(move.group, move.sid, add=not move.add, reason=move.reason).key()
