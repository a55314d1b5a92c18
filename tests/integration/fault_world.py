"""A worker, a directory and Azure in which one thing goes wrong in a job that runs in this process.

Real HTTPS and real LDAP over TLS; only the clock stands, so that hours of waiting cost nothing. A world is made once
and used for many trials: each begins with the same members.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

from provision.job_records import records
from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.seed import BIND_PASSWORD
from runbook.directory_session import open_directory
from runbook.forest import open_forest
from runbook.https import UrllibTransport
from runbook.main import guarded
from runbook.outcome import Outcome, result_line
from runbook.worker import Worker
from tests.integration.fault_tenant import Tenant, Trial
from tests.integration.fault_truth import START, Membership, State, hand
from tests.integration.faulty_directory import FaultyDirectory, Plan, Seen
from tests.integration.faulty_graph import Asked, Disturbance, FaultyServices
from tests.integration.runbook_world import Azure, run_file
from tests.unit.runbook.standins import StandingClock

SECRETS = (BIND_PASSWORD, "token:", "the-header")


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a trial: how the job ended and what it told, what AD and Azure saw, and who is where now."""

    outcome: Outcome
    output: str
    records: tuple[Mapping[str, Any], ...]
    directory: Seen
    asked: Asked
    state: State
    fillers: int
    audited: bool
    """Whether jobs of this kind tell of each change."""

    @property
    def fired(self) -> bool:
        return self.directory.fired or bool(self.asked.fired)

    def removed(self) -> set[Membership]:
        """Every membership that the job has taken away, were it for a moment."""
        return {membership for membership, given in self.directory.changed if not given}


class FaultWorld:
    """The parts, started; `stop` ends them."""

    def __init__(self, folder: Path) -> None:
        authority = CertificateAuthority(folder)
        self._ca_file = authority.ca_file
        self.directory = FaultyDirectory(authority.server_certificate())
        self.directory.start()
        self._tenant = Tenant(self.directory, authority.ca_file)
        self.services = FaultyServices(authority.server_context(), self._tenant.answers, self._note_fault)
        self._tenant.base = self.services.base
        self._transport = UrllibTransport()
        self._transport.tls.load_verify_locations(authority.ca_file)
        self._parameter: dict[str, Any] = {}

    def stop(self) -> None:
        self._transport.close()
        self.services.stop()
        self.directory.stop()

    def play(self, trial: Trial, state: State | None = None, checksum: str | None = None) -> Ended:
        """Runs the job in this process, from the first members or from `state`, with what somebody agreed to."""
        self._begin(trial, state, checksum)
        told: list[str] = []
        job: dict[str, str] = {}
        text = "b64." + base64.b64encode(json.dumps(self._parameter).encode()).decode()
        with redirect_stdout(StringIO()) as printed:
            outcome = guarded([text], job, lambda: self._worker(told))
        return self._ended(outcome, "\n".join([printed.getvalue(), *told, result_line(outcome, job)]))

    def play_file(self, trial: Trial, script: Path) -> Ended:
        """Runs the job as a worker does: the uploaded file, in a process of its own, by the real clock."""
        self._begin(trial, None, None)
        until = datetime.now(UTC) + timedelta(minutes=15)
        parameter = self._parameter | {"deadline": until.strftime("%Y-%m-%dT%H:%M:%SZ")}
        azure = Azure(base=self.services.base)
        ended = run_file(sys.executable, script, parameter, azure, self._ca_file)
        said = ended.result
        outcome = Outcome(said["outcome"], said["detail"], problems=tuple(said["problems"]), verified=said["verified"])
        return self._ended(outcome, ended.output)

    def _begin(self, trial: Trial, state: State | None, checksum: str | None) -> None:
        if checksum is None and trial.job in {"sweep agreed", "undo"}:
            checksum = _agreed(self, trial.job, trial.mode)
        self._tenant.trial = trial
        self._parameter = self._tenant.envelope(trial, checksum or "")
        ldap, https = (trial.side == side for side in ("ldap", "https"))
        person = hand(trial.job, trial.by_hand) if trial.by_hand else ("", "")
        self.directory.begin(Plan(trial.kind, trial.point, person) if ldap else None, state)
        self.services.begin(Disturbance(trial.kind, trial.point) if https else None)

    def look(self, trial: Trial, state: State) -> str:
        """The checksum of what the job would do now, if it needs one."""
        if trial.job not in {"sweep agreed", "undo"}:
            return ""
        dry = Trial("sweep dry" if trial.job == "sweep agreed" else "undo dry", trial.mode)
        return str(self.play(dry, state).outcome.facts["checksum"])

    def _ended(self, outcome: Outcome, output: str) -> Ended:
        return Ended(
            outcome,
            output,
            records(output),
            self.directory.seen,
            self.services.asked,
            self.directory.state(),
            self.directory.fillers(),
            self._tenant.trial.job != "release",
        )

    def _worker(self, told: list[str]) -> Worker:
        environ = {"IDENTITY_ENDPOINT": f"{self.services.base}/identity", "IDENTITY_HEADER": "the-header"}
        return Worker(environ, StandingClock(), self._transport, open_directory, _never, open_forest, told.append)

    def _note_fault(self) -> None:
        self.directory.seen.fired_before_writing = not self.directory.seen.modifies


def _never(*_: Any) -> Any:
    raise AssertionError("no job of these inspects")


@cache
def _agreed(world: FaultWorld, job: str, mode: str) -> str:
    return world.look(Trial(job, mode), START)
