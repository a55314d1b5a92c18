"""Each membership that a job changed, or tried to: a record in its output, and a line in a file on the worker if asked.

    audit = Audit(envelope, worker, records, settings.audit_file)
    audit.note(move, "done", directory.server_of(move.group))
    audit.close()

`problem` is not empty when the file cannot be written; nothing may then be taken away.
"""

from __future__ import annotations

from datetime import datetime, timezone

from runbook.audit_file import append_audit
from runbook.envelope import Envelope
from runbook.membership import Move
from runbook.outcome import Failed
from runbook.record import Record, Records
from runbook.worker import Worker

_BATCH = 64
_PAUSE_SECONDS_OF_AUDIT = 5.0
_LINES_OF_A_KIND = 20


class Audit:
    """Notes changes, and tells them in batches: of 64, or sooner when five seconds have gone by.

    Both double again and again, so that long jobs have few lines too. A job that is killed has told all but the last
    batch in its output, and in the file all but the last write. `file` is empty where none is wanted.
    """

    def __init__(self, envelope: Envelope, worker: Worker, records: Records, file: str) -> None:
        self._envelope = envelope
        self._clock = worker.clock
        self._records = records
        self._file = file
        self._batch, self._pause, self._lines = _BATCH, _PAUSE_SECONDS_OF_AUDIT, 0
        self._waiting: list[Record] = []
        self._unwritten: list[Record] = []
        self._told = worker.clock.monotonic()
        self.problem = ""
        self._write_file()

    def note(self, move: Move, outcome: str, server: str) -> None:
        """One change and how it ended: done, already (it was so before), failed, or unknown."""
        record = audit_record(self._envelope, move, outcome, server, self._clock.now())
        self._waiting.append(record)
        self._unwritten.append(record)

    def breathe(self) -> None:
        """To be called after each write: the file has it at once, the output when a batch is large or old enough."""
        self._write_file()
        now = self._clock.monotonic()
        if len(self._waiting) >= self._batch or (self._waiting and now - self._told >= self._pause):
            self._put()
            self._told = now
            self._lines += 1
            if self._lines % _LINES_OF_A_KIND == 0:
                self._batch, self._pause = self._batch * 2, self._pause * 2

    def close(self) -> None:
        """Tells what is left."""
        self._write_file()
        self._put()

    def _write_file(self) -> None:
        if self._file and not self.problem:
            try:
                append_audit(self._file, self._unwritten)
            except Failed as error:
                self.problem = str(error)
        self._unwritten = []

    def _put(self) -> None:
        if self._waiting:
            self._records.put(self._waiting)
        self._waiting = []


def audit_record(envelope: Envelope, move: Move, outcome: str, server: str, at: datetime) -> Record:
    """One change as it is told; `after` is null when nobody knows."""
    after = {"done": move.add, "already": move.add, "failed": not move.add}.get(outcome)
    return {
        "kind": "audit",
        "group": move.group.guid,
        "name": move.group.account,
        "dn": move.group.dn,
        "domain": move.group.domain,
        "action": "add" if move.add else "remove",
        "sid": move.sid,
        "who": move.name,
        "user": move.reason.user,
        "why": move.reason.kind,
        "package": move.reason.package,
        "assignment": move.reason.assignment,
        "since": move.reason.since,
        "request": envelope.request,
        "stage_instance": envelope.stage_instance,
        "job": envelope.job,
        "dc": server,
        "before": move.add if outcome == "already" else not move.add,
        "after": after,
        "outcome": outcome,
        "at": at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
