"""The job that looks at everybody: settings -> mapping -> members in AD -> Graph -> plan -> writes -> read back.

    dry run     tells what it would change, and why, and a checksum of that
    apply       does it if the checksum is still the same; on a schedule there is none

Memberships are read before assignments, as in the job of one person. Nobody is removed unless everything was read
whole: see sweep_draft.py and sweep_plan.py for what counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from runbook.audit import Audit
from runbook.envelope import Envelope
from runbook.everybody import Everybody, read_everybody, seen_twice
from runbook.group_index import GroupIndex, locked_guids
from runbook.laps import Laps
from runbook.membership import Account, Members, Memberships, SweepPlan
from runbook.outcome import Failed, Outcome, Refused
from runbook.preparation import Preparation
from runbook.record import Records
from runbook.settings import Settings
from runbook.sweep_apply import Written, write_moves
from runbook.sweep_draft import Draft, draft_sweep
from runbook.sweep_plan import plan_sweep
from runbook.sweep_report import (
    applied_outcome,
    dry_outcome,
    facts_of,
    plan_records,
    planned_moves,
    withheld_records,
)
from runbook.sweep_scope import Scope, sweep_names, sweep_scope
from runbook.sweep_verify import confirm
from runbook.worker import Worker

_MOST_UNREADABLE = 5  # groups, one after the other: then AD is gone
_MOST_NAMES = 2_000


def sweep(envelope: Envelope, worker: Worker) -> Outcome:
    """Brings the members of all mapped groups in step, or tells what that would change.

    Raises:
        Refused, Failed, DeadlinePassed: before anything was written.
    """
    laps = Laps(worker.clock)
    ready = Preparation(envelope, worker)
    _refuse_unasked(envelope, ready.settings)
    directory = ready.open_memberships()
    laps.end("begin")
    records = Records(worker.tell)
    try:
        return _Sweep(envelope, worker, ready, directory, records, laps).run()
    finally:
        records.close()
        directory.close()


def _refuse_unasked(envelope: Envelope, settings: Settings) -> None:
    """Whoever may start jobs can write any envelope: without a checksum only a schedule that the settings know."""
    if envelope.apply and envelope.minutes and not settings.scheduled_sweep:
        raise Refused(
            f"settings {envelope.settings} do not let a schedule apply anything; set sweep.apply in the environment "
            "file and run 'lockstep apply', or delete the schedule"
        )


@dataclass(frozen=True, slots=True)
class _Sweep:
    """One run."""

    envelope: Envelope
    worker: Worker
    ready: Preparation
    directory: Memberships
    records: Records
    laps: Laps

    def run(self) -> Outcome:
        """Looks, and writes if that was asked."""
        file = self.ready.settings.audit_file if self.envelope.apply else ""
        audit = Audit(self.envelope, self.worker, self.records, file)
        scope, plan = self._look((audit.problem,) if audit.problem else ())
        facts = facts_of(plan, self.directory.server)
        if not self.envelope.apply:
            self.records.put(plan_records(plan, self._names(plan)))
            self.laps.end("tell")
            return dry_outcome(plan, {**facts, "seconds": self.laps.told()})
        agreed = self.envelope.checksum
        if agreed != plan.checksum and (agreed or not self.envelope.minutes):
            detail = f"what would change is no longer what was agreed to (checksum {agreed}, now {plan.checksum})"
            advice = "look again with 'lockstep reconcile --all'; nothing was changed"
            return Outcome("refused", f"{detail}; {advice}", facts=facts)
        try:
            written = write_moves(planned_moves(plan), self.directory, self.ready.deadline, audit)
            self.laps.end("write")
            verified = self._verified(scope, written, audit)
        finally:
            audit.close()
        self.records.put(withheld_records(plan))
        self.laps.end("tell")
        return applied_outcome(plan, written, {**facts, "seconds": self.laps.told()}, verified=verified)

    def _look(self, doubts: tuple[str, ...]) -> tuple[Scope, SweepPlan]:
        """What AD and Graph say, and what follows; `doubts` are further reasons to remove nobody.

        Where nobody has looked at the plan before, the assignments are read a second time before anybody is removed.
        """
        ready, tell = self.ready, self.worker.tell
        mapping, safety = ready.mapping, ready.settings.safety
        names = sweep_names(mapping, safety)
        found = self.directory.groups(names, locked_guids(names, safety.locks))
        scope = sweep_scope(mapping, safety, GroupIndex(found, ready.settings.directory.domain, safety.locks))
        members, unread = self._members(scope)
        self.laps.end("members")
        tell(f"AD ({self.directory.server}): {len(members)} groups, {sum(map(len, members.values()))} memberships")
        everybody = read_everybody(ready.graph, [package.package_id for package in mapping.packages])
        self.laps.end("assignments")
        tell(f"Graph: {len(everybody.grants)} assignments of {len(mapping.packages)} access packages")

        def planned(everybody: Everybody) -> SweepPlan:
            problems = (*everybody.problems, *doubts)
            return self._planned(draft_sweep(scope, members, unread, everybody.grants, problems))

        plan = planned(everybody)
        losing = {each.group.guid for each in plan.groups if each.remove}
        packages = {package for each in scope.groups if each.group.guid in losing for package in each.packages}
        if self.envelope.apply and not self.envelope.checksum and packages:
            again = read_everybody(ready.graph, sorted(packages))
            self.laps.end("assignments")
            plan = planned(seen_twice(everybody, again))
        self.laps.end("plan")
        return scope, plan

    def _planned(self, draft: Draft) -> SweepPlan:
        settings, envelope = self.ready.settings, self.envelope
        self.laps.end("plan")
        accounts = self.directory.accounts(draft.sids) if draft.sids else {}
        self.laps.end("accounts")
        return plan_sweep(
            draft,
            accounts,
            settings.safety,
            over_budget=envelope.is_named(settings.over_budget),
            adds_over_budget=envelope.adds_over_budget,
            command=f"lockstep reconcile --all -e {settings.environment}",
        )

    def _members(self, scope: Scope) -> tuple[dict[str, Members], dict[str, str]]:
        """The members of each group, or why they could not be read, by GUID.

        Raises:
            Failed: AD is gone.
        """
        members: dict[str, Members] = {}
        unread: dict[str, str] = {}
        in_a_row = 0
        self.directory.expect(each.group for each in scope.groups)
        for each in scope.groups:
            try:
                members[each.group.guid] = self.directory.members(each.group)
                in_a_row = 0
            except Failed as error:  # noqa: PERF203 - one group that cannot be read is left alone
                unread[each.group.guid] = f"group {each.group}: {error}; it is left alone"
                in_a_row += 1
                if in_a_row == _MOST_UNREADABLE:
                    raise
        return members, unread

    def _names(self, plan: SweepPlan) -> dict[str, Account]:
        """Who the members are that stay without an assignment, for people; the first of them, if AD tells."""
        sids = [sid for group in plan.groups for sid in (*group.unexplained, *(sid for sid, _ in group.left))]
        try:
            return self.directory.accounts(frozenset(sids[:_MOST_NAMES])) if sids else {}
        except Failed:
            return {}

    def _verified(self, scope: Scope, written: Written, audit: Audit) -> bool:
        if not (written.done or written.unknown) or written.out_of_time:
            return False
        groups = {each.group.guid: each for each in scope.groups}
        return confirm(written, groups, self.directory, self.ready.graph, self.ready.deadline, audit, self.laps)
