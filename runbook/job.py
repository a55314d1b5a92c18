"""The job of one person, told once: settings -> mapping -> person in AD -> Graph -> plan -> writes -> outcome.

The same run for a callout of entitlement management, for a task of a lifecycle workflow, and for `lockstep reconcile
--user`. A person who is not in AD yet is waited for. Before anything is taken away the assignments are read a second
time; after the writes the person and the assignments are read again, and what has changed meanwhile is put right once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from runbook.apply import Applied, apply
from runbook.audit import Audit
from runbook.directory import Change, Directory, Person, Seen
from runbook.entitlement import Assignments
from runbook.envelope import Envelope
from runbook.group_index import locked_guids
from runbook.membership import Memberships, Move
from runbook.outcome import DeadlinePassed, Failed, Outcome, Refused
from runbook.patience import Patience
from runbook.person_limits import limited, withheld
from runbook.preparation import Preparation
from runbook.protection import why_person_is_protected
from runbook.reconcile import Plan, plan
from runbook.record import Records
from runbook.report import report
from runbook.sweep_mode import names_of_rules
from runbook.wanted import Wanted, brought_forward, together, wanted
from runbook.worker import Worker

_NOTHING_LISTED = Assignments(())
_SECOND_LOOK_SECONDS = 3.0
"""How long after the first look at the assignments the second one is made, if nothing explains a removal."""


def run(envelope: Envelope, worker: Worker) -> Outcome:
    """Brings one person's groups in step.

    AD's memberships are read before Graph's assignments: a membership that another job writes in between, for an access
    package granted just now, is then not seen as one that nobody wants.

    Raises:
        Refused, Failed, Pending, DeadlinePassed: before anything was written.
    """
    ready = Preparation(envelope, worker)
    patience = Patience(envelope, ready.settings, ready.deadline)
    sid = patience.found(lambda: ready.graph.person_sid(envelope.user))
    floors = any(rule.least for rule in ready.settings.safety.rules)
    memberships = ready.open_memberships() if floors else None
    directory = memberships or ready.open_directory()
    try:
        person = patience.found(lambda: directory.person(sid))
        audit = Audit(envelope, worker, Records(worker.tell), ready.settings.audit_file)
        try:
            return _Job(envelope, ready, directory, memberships, audit).outcome(person)
        finally:
            audit.close()
    finally:
        directory.close()


@dataclass(frozen=True, slots=True)
class _Round:
    """One look at everything, and what came of it."""

    listed: Assignments
    wish: Wanted
    plan: Plan
    applied: Applied

    def undone(self, before: Person, now: Person) -> list[Change]:
        """What somebody else has changed: of the groups written, and of those the person had and should have."""
        kept = (Change(group, add=True) for group in self.plan.kept if group.guid in before.member_of)
        return [change for change in (*self.applied.settled, *kept) if not change.wanted(now)]


class _Job:
    """Looks, writes, and looks whether it is so; `memberships` is there when groups are to be read."""

    def __init__(
        self,
        envelope: Envelope,
        ready: Preparation,
        directory: Directory,
        memberships: Memberships | None,
        audit: Audit,
    ) -> None:
        self._envelope = envelope
        self._ready = ready
        self._directory = directory
        self._members = memberships.members if memberships else None
        self._audit = audit

    def outcome(self, person: Person) -> Outcome:
        """How it ended.

        Raises:
            Refused, Failed, DeadlinePassed: before anything was written.
        """
        first = self._round(person)
        if not first.applied.settled or first.applied.out_of_time:
            return report(first.wish, first.plan, first.applied, verified=True)
        now = self._read_back(person)
        undone = first.undone(person, now) if now else []
        moved = self._has_moved(first) if now else None
        if not now or not (undone or moved):
            return report(first.wish, first.plan, first.applied, verified=now is not None and moved is not None)
        return self._once_more(first, now, undone)

    def _once_more(self, first: _Round, person: Person, undone: list[Change]) -> Outcome:
        """Puts right what has changed since, by what Entra and AD say now."""
        try:
            second = self._round(person, first.listed)
        except (Refused, Failed, DeadlinePassed) as error:
            first.applied.problems.append(f"{_meanwhile(undone)}: {error}")
            return report(first.wish, first.plan, first.applied)
        applied = first.applied.then(second.applied, undone)
        now = self._read_back(person) if second.applied.settled else person
        still = second.undone(person, now) if now else []
        if still:
            applied.problems.append(_meanwhile(still))
        kept = tuple(group for group in second.plan.kept if group not in applied.added)
        return report(second.wish, replace(second.plan, kept=kept), applied, verified=now is not None)

    def _has_moved(self, first: _Round) -> bool | None:
        """Whether the assignments give other access packages now, after the writes; None when Graph does not tell."""
        try:
            now = self._ready.graph.assignments(self._envelope.user)
        except DeadlinePassed:
            return None
        if now.problem:
            return None
        wish = wanted(self._envelope, brought_forward(first.listed, now), self._ready.mapping)
        return wish.packages != first.wish.packages

    def _round(self, person: Person, before: Assignments = _NOTHING_LISTED) -> _Round:
        """Reads the assignments and the groups, and writes what differs; `before` was listed in the round before.

        Raises:
            Refused, Failed, DeadlinePassed: before anything was written.
        """
        ready, safety = self._ready, self._ready.settings.safety
        protected = why_person_is_protected(person, safety.protected_users)
        if protected:
            raise Refused(f"account {person.sid} {protected}")
        listed = brought_forward(before, ready.graph.assignments(self._envelope.user))
        wish, changes = self._planned(person, listed)
        if changes.remove:
            both = together(listed, self._second_look(changes))
            if both != listed:
                listed = both
                wish, changes = self._planned(person, both)
        changes = limited(changes, person.sid, self._envelope, ready.settings, self._members)
        if self._audit.problem:
            changes = withheld(changes, changes.remove, (self._audit.problem,))
        told = partial(self._note, person.sid, changes)
        return _Round(listed, wish, changes, apply(changes, person.sid, self._directory, ready.deadline, told))

    def _planned(self, person: Person, listed: Assignments) -> tuple[Wanted, Plan]:
        settings, mapping = self._ready.settings, self._ready.mapping
        wish = wanted(self._envelope, listed, mapping)
        names = wish.resolve | names_of_rules(mapping, settings.safety)
        guids = person.member_of | locked_guids(names, settings.safety.locks)
        seen = Seen(person, self._directory.groups(names, guids))
        return wish, plan(wish, mapping, seen, settings.directory.domain, settings.safety)

    def _second_look(self, changes: Plan) -> Assignments:
        """The assignments, once more: the list may have lagged behind a grant.

        What no assignment explains may be a package that was granted a moment ago, and is worth a pause.
        """
        if any(changes.reasons[change.group.guid].kind == "unexplained" for change in changes.remove):
            self._ready.deadline.sleep(_SECOND_LOOK_SECONDS, "a second look at the assignments")
        return self._ready.graph.assignments(self._envelope.user)

    def _read_back(self, person: Person) -> Person | None:
        """The person as AD shows them now; None when it does not, which undoes nothing of what it has confirmed."""
        try:
            return self._directory.person(person.sid)
        except (Refused, Failed, DeadlinePassed):
            return None

    def _note(self, sid: str, changes: Plan, change: Change, ending: str) -> str:
        reason = replace(changes.reasons[change.group.guid], user=self._envelope.user)
        self._audit.note(Move(change.group, sid, change.add, reason), ending, self._directory.server_of(change.group))
        self._audit.breathe()
        return self._audit.problem


def _meanwhile(changes: list[Change]) -> str:
    if not changes:
        return "the assignments have changed meanwhile"
    return f"{', '.join(str(change.group) for change in changes)}: changed by somebody else meanwhile"
