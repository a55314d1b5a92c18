"""Carries a plan out, one write per group, and finds out what happened where AD's answer leaves it open.

Writes through `Directory` only. Additions come first: when one of them fails, nothing is removed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from runbook.deadline import Deadline
from runbook.directory import Answer, Change, Directory, Group
from runbook.outcome import DeadlinePassed, Failed, Refused
from runbook.reconcile import Plan

_PAUSE_SECONDS = 1.0


@dataclass(slots=True)
class Applied:
    """What was done so far.

    `already` are groups that were as wanted when the write arrived; `withheld` are removals that were not made;
    `settled` are the changes that are as wanted; `out_of_time` says that the deadline ended it.
    """

    added: list[Group] = field(default_factory=list)
    removed: list[Group] = field(default_factory=list)
    already: list[Group] = field(default_factory=list)
    withheld: list[Group] = field(default_factory=list)
    settled: list[Change] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    out_of_time: bool = False

    def then(self, later: Applied, undone: list[Change]) -> Applied:
        """What was done all in all, when the world had moved and `later` is what was done then."""
        again = {change.group for change in (*later.settled, *undone)}
        return Applied(
            added=[*(group for group in self.added if group not in again), *later.added],
            removed=[*(group for group in self.removed if group not in again), *later.removed],
            already=later.already,
            withheld=later.withheld,
            settled=[*(change for change in self.settled if change.group not in again), *later.settled],
            problems=later.problems,
            out_of_time=later.out_of_time,
        )


Told = Callable[[Change, str], str]
"""Hears of each change how it ended: done, already (it was so before), failed, or unknown.

Gives why nothing may be removed from then on, or an empty text.
"""


def apply(plan: Plan, sid: str, directory: Directory, deadline: Deadline, told: Told | None = None) -> Applied:
    """Writes the plan's changes for the account with that SID; what fails is noted, not raised."""
    applied = Applied(withheld=list(plan.withheld))
    writer = _Writer(sid, directory, deadline, applied, told or _untold)
    try:
        writer.write(plan.add)
        if not applied.problems:
            writer.write(plan.remove)
    except DeadlinePassed as error:
        writer.give_up(str(error))
        applied.out_of_time = True
    if not writer.removing:
        applied.withheld += [change.group for change in plan.remove]
    return applied


class _Writer:
    """Writes changes of one person and notes how each ended.

    A change is waiting (not sent, or known not to have happened), then open (sent, the answer does not tell), then
    noted. `removing` says whether any removal was begun. Removals that may not be made any more are withheld.
    """

    def __init__(self, sid: str, directory: Directory, deadline: Deadline, applied: Applied, told: Told) -> None:
        self.removing = False
        self._forbidden = ""
        self._sid = sid
        self._directory = directory
        self._deadline = deadline
        self._applied = applied
        self._told = told
        self._waiting: list[Change] = []
        self._open: list[tuple[Change, Answer]] = []

    def write(self, changes: tuple[Change, ...]) -> None:
        """Writes each change, and a second time those that were lost on the way.

        Raises:
            DeadlinePassed: what is still waiting or open is for `give_up`.
        """
        self.removing = any(not change.add for change in changes)
        self._waiting = list(changes)
        self._attempt()
        if self._waiting:
            self._deadline.sleep(_PAUSE_SECONDS, "writing again what was lost")
            self._attempt()
        self._note_all("AD was not there to take it, twice")

    def give_up(self, why: str) -> None:
        """Notes every change that has not come to its end."""
        for change, _ in self._open:
            self._note(change, f"{why}; whether it happened is not known", "unknown")
        self._open.clear()
        self._note_all(why)

    def _attempt(self) -> None:
        """Sends every waiting change once; leaves waiting those that were lost and have not happened."""
        while self._waiting:
            change = self._waiting[0]
            if self._forbidden and not change.add:
                self._withhold()
                break
            self._deadline.limit(1, "all changes were made")
            answer = self._directory.change(change, self._sid)
            self._waiting.pop(0)
            if answer.kind == "done":
                self._note_done(change)
            elif answer.kind == "declined":
                self._note(change, answer.reason)
            else:
                self._open.append((change, answer))
        if self._open:
            self._settle()

    def _settle(self) -> None:
        """Reads the person again to learn which of the open changes are as wanted."""
        try:
            person = self._directory.person(self._sid)
        except (Failed, Refused) as error:
            self.give_up(str(error))
            return
        for change, answer in self._open:
            if change.wanted(person):
                # a lost answer means it was this write that did it; "already so" that it was another's
                self._note_done(change) if answer.kind == "lost" else self._note_already(change)
            elif answer.kind == "lost":
                self._waiting.append(change)
            else:
                self._note(change, answer.reason)
        self._open.clear()

    def _withhold(self) -> None:
        """Leaves what is waiting as it is."""
        self._applied.withheld += [change.group for change in self._waiting]
        self._waiting.clear()
        if self._forbidden not in self._applied.problems:
            self._applied.problems.append(self._forbidden)

    def _note_done(self, change: Change) -> None:
        (self._applied.added if change.add else self._applied.removed).append(change.group)
        self._applied.settled.append(change)
        self._forbidden = self._told(change, "done")

    def _note_already(self, change: Change) -> None:
        self._applied.already.append(change.group)
        self._applied.settled.append(change)
        self._forbidden = self._told(change, "already")

    def _note_all(self, reason: str) -> None:
        for change in self._waiting:
            self._note(change, reason)
        self._waiting.clear()

    def _note(self, change: Change, reason: str, ending: str = "failed") -> None:
        verb = "adding the person to" if change.add else "removing the person from"
        self._applied.problems.append(f"{verb} {change.group} failed: {reason}")
        self._forbidden = self._told(change, ending)


def _untold(change: Change, ending: str) -> str:
    del change, ending
    return ""
