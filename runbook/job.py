"""The job of one person, told once: settings -> mapping -> person in AD -> Graph -> plan -> writes -> outcome.

The same run for a callout of entitlement management, for a task of a lifecycle workflow, and for `lockstep replay`.
"""

from __future__ import annotations

from runbook.apply import apply
from runbook.directory import Seen
from runbook.envelope import Envelope
from runbook.outcome import Outcome, Refused
from runbook.preparation import Preparation
from runbook.protection import why_person_is_protected
from runbook.reconcile import plan
from runbook.report import report
from runbook.wanted import wanted
from runbook.worker import Worker


def run(envelope: Envelope, worker: Worker) -> Outcome:
    """Brings one person's groups in step.

    AD's memberships are read before Graph's assignments: a membership that another job writes in between, for an access
    package granted just now, is then not seen as one that nobody wants.

    Raises:
        Refused, Failed, DeadlinePassed: before anything was written.
    """
    ready = Preparation(envelope, worker)
    settings, mapping = ready.settings, ready.mapping
    sid = ready.graph.person_sid(envelope.user)
    directory = ready.open_directory()
    try:
        person = directory.person(sid)
        objection = why_person_is_protected(person, settings.safety.protected_users)
        if objection:
            raise Refused(f"account {sid} {objection}")
        wish = wanted(envelope, ready.graph.assignments(envelope.user), mapping)
        seen = Seen(person, directory.groups(wish.resolve, person.member_of))
        changes = plan(wish, mapping, seen, settings.directory.domain, settings.safety.protected_groups)
        return report(wish, changes, apply(changes, sid, directory, ready.deadline))
    finally:
        directory.close()
