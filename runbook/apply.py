"""Carries a plan out, one write per group, and finds out what happened where AD's answer leaves it open.

Writes through `Directory` only. Additions come first: when one of them fails, nothing is removed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from runbook.deadline import Deadline
from runbook.directory import Change, Directory, Group
from runbook.outcome import DeadlinePassed, Failed, Refused
from runbook.reconcile import Plan

_PAUSE_SECONDS = 1.0


@dataclass(slots=True)
class Applied:
    """What was done so far.

    `already` are groups that somebody else had changed meanwhile; `out_of_time` says that the deadline ended it.
    """

    added: list[Group] = field(default_factory=list)
    removed: list[Group] = field(default_factory=list)
    already: list[Group] = field(default_factory=list)
    withheld: list[Group] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    out_of_time: bool = False


def apply(plan: Plan, sid: str, directory: Directory, deadline: Deadline) -> Applied:
    """Writes the plan's changes for the account with that SID; what fails is noted, not raised."""
    applied = Applied(withheld=list(plan.withheld))
    writer = _Writer(sid, directory, deadline, applied)
    try:
        writer.write(plan.add)
        if applied.problems:
            applied.withheld += [change.group for change in plan.remove]
        else:
            writer.write(plan.remove)
    except DeadlinePassed as error:
        applied.problems.append(str(error))
        applied.out_of_time = True
    return applied


class _Writer:
    """Writes changes of one person and notes how each ended."""

    def __init__(self, sid: str, directory: Directory, deadline: Deadline, applied: Applied) -> None:
        self._sid = sid
        self._directory = directory
        self._deadline = deadline
        self._applied = applied

    def write(self, changes: tuple[Change, ...]) -> None:
        """Writes each change, and those whose answer was lost a second time if they had not happened."""
        lost = self._attempt(changes)
        if lost:
            self._deadline.sleep(_PAUSE_SECONDS, "writing again what was lost")
            for change in self._attempt(lost):
                self._note(change, "AD did not confirm it twice")

    def _attempt(self, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        """Writes each change once; returns those that were lost and have not happened."""
        open_changes: list[tuple[Change, bool, str]] = []
        for change in changes:
            self._deadline.limit(1, f"changing {change.group}")
            answer = self._directory.change(change, self._sid)
            if answer.kind == "done":
                (self._applied.added if change.add else self._applied.removed).append(change.group)
            elif answer.kind == "declined":
                self._note(change, answer.reason)
            else:
                open_changes.append((change, answer.kind == "lost", answer.reason))
        return self._settle(open_changes) if open_changes else ()

    def _settle(self, open_changes: list[tuple[Change, bool, str]]) -> tuple[Change, ...]:
        """Reads the person again to learn which of the open changes are as wanted."""
        try:
            person = self._directory.person(self._sid)
        except (Failed, Refused) as error:
            for change, _, reason in open_changes:
                self._note(change, f"{reason}, and whether it happened cannot be read: {error}")
            return ()
        lost = []
        for change, was_lost, reason in open_changes:
            if change.wanted(person):
                self._already(change, was_lost=was_lost)
            elif was_lost:
                lost.append(change)
            else:
                self._note(change, reason)
        return tuple(lost)

    def _already(self, change: Change, *, was_lost: bool) -> None:
        """A change whose answer was lost did happen; one that AD called unnecessary was somebody else's."""
        if not was_lost:
            self._applied.already.append(change.group)
        else:
            (self._applied.added if change.add else self._applied.removed).append(change.group)

    def _note(self, change: Change, reason: str) -> None:
        verb = "adding the person to" if change.add else "removing the person from"
        self._applied.problems.append(f"{verb} {change.group} failed: {reason}")
