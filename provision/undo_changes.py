"""What a job has changed, from its audit records, and how it is handed to the job that undoes it. Pure.

`runbook/undo.py` reads it back, and looks at each change for itself.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from provision.errors import ProvisionError
from provision.job_records import records
from provision.jobs import ENDED
from provision.resource import Json
from provision.runs.record import Job
from provision.sweep_record import Record

SOURCE: Final = "undo"
DONE: Final = "done"
UNCERTAIN: Final = "unknown"
_TOLD: Final = ("group", "sid", "action", "user", "package", "assignment")


@dataclass(frozen=True, slots=True)
class Undoable:
    """The changes of job `job` that still count at its end; `uncertain` others may have been made or not.

    `ended` says whether the job came to its end; otherwise it may have changed more than it could tell.
    """

    job: str
    changes: tuple[Record, ...]
    uncertain: int
    ended: bool = True

    def value(self, own: str) -> dict[str, Json]:
        """What the variable holds for the job `own` that undoes them."""
        lines = "\n".join(json.dumps(change, separators=(",", ":")) for change in self.changes)
        return {
            "job": own,
            "undone": self.job,
            "changes": base64.b64encode(zlib.compress(lines.encode(), 9)).decode(),
        }


def undoable(environment: str, job: Job) -> Undoable:
    """The changes of the job.

    Raises:
        ProvisionError: it is another environment's, has not ended, or has not told all that it changed.
    """
    if (job.envelope or {}).get("environment") != environment:
        raise ProvisionError(f"job {job.id} is no job of environment {environment}; nothing was changed.")
    if job.status not in ENDED:
        raise ProvisionError(f"job {job.id} is {job.status}; wait until it has ended, then undo it.")
    told = tuple(records(job.text or ""))
    missing = sum(int(record.get("count") or 0) for record in told if record.get("kind") == "omitted")
    if missing:
        raise ProvisionError(
            f"job {job.id} changed more than its output could hold ({missing} records are missing), so that it cannot "
            "be undone as a whole; nothing was changed. Where `audit.file` is set in the environment file, the file on "
            "the worker has all."
        )
    audit = [record for record in told if record.get("kind") == "audit"]
    _refuse_silent(job, audit)
    uncertain = sum(record.get("outcome") == UNCERTAIN for record in audit)
    changes = tuple(_net(record for record in audit if record.get("outcome") == DONE))
    return Undoable(job.id, changes, uncertain, ended=bool(job.result))


def _refuse_silent(job: Job, audit: list[Record]) -> None:
    """Raises: ProvisionError when the job says that it has changed something and not what, or says nothing at all."""
    if audit:
        return
    if not job.result:
        raise ProvisionError(
            f"job {job.id} printed no result, or Automation keeps its output no more (30 days); what it changed is not "
            "known, and nothing was undone."
        )
    if any(job.result.get(key) for key in ("added", "removed")):
        raise ProvisionError(
            f"job {job.id} changed groups and told no audit records: an older version of the runbook, or one that "
            "gives everything back. `lockstep reconcile` brings groups in step with Entra instead."
        )


def _net(audit: Iterable[Record]) -> Iterable[Record]:
    """Each membership once, as it was left; one that was left as it was found is none."""
    first: dict[tuple[str, str], Record] = {}
    last: dict[tuple[str, str], Record] = {}
    for record in audit:
        key = str(record["group"]).lower(), str(record["sid"]).upper()
        first.setdefault(key, record)
        last[key] = record
    for key, record in last.items():
        if bool(first[key].get("before")) != bool(record.get("after")):
            yield {name: record.get(name) or "" for name in _TOLD}
