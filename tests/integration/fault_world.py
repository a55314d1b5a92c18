"""A worker, a directory and Azure in which one thing goes wrong in a job that runs in this process.

Real HTTPS and real LDAP over TLS; only the clock stands, so that hours of waiting cost nothing. A world is made once
and used for many trials: each begins with the same members.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import zlib
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

from provision.job_records import records
from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.seed import BIND_PASSWORD
from runbook.directory_session import open_directory
from runbook.forest import open_forest
from runbook.https import UrllibTransport
from runbook.main import guarded
from runbook.outcome import Outcome, result_line
from runbook.worker import Worker
from tests.integration.fault_truth import (
    PACKAGES,
    PERSON,
    REMOVED_ROW,
    ROWS,
    START,
    UNDONE,
    USERS,
    A,
    B,
    Membership,
    State,
    hand,
)
from tests.integration.faulty_directory import BY_HAND, GONE, FaultyDirectory, Plan, Seen
from tests.integration.faulty_graph import ARM, GRAPH, VAULT, Asked, Disturbance, FaultyServices
from tests.integration.runbook_world import ACCOUNT, JOB, Azure, run_file
from tests.unit.runbook.standins import StandingClock

UNDONE_JOB = "15151515-1515-4515-8515-151515151515"
SECRETS = (BIND_PASSWORD, "token:", "the-header")
_PAGE = {"assignments": 2, "users": 4}
_LISTING = "/v1.0/identityGovernance/entitlementManagement/assignments"
_VARIABLES = f"{ACCOUNT}/variables/"


@dataclass(frozen=True, slots=True)
class Trial:
    """One job in one mode. `side` is ldap or https: there `kind` goes wrong at operation number `point` (from 0).

    Nothing goes wrong without a side.
    """

    job: str
    mode: str
    side: str = ""
    kind: str = ""
    point: int = -1

    @property
    def by_hand(self) -> str:
        """What somebody does meanwhile: joins, leaves, or nothing."""
        return BY_HAND.get(self.kind, "")


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
        self.services = FaultyServices(authority.server_context(), self._answers, self._note_fault)
        self._transport = UrllibTransport()
        self._transport.tls.load_verify_locations(authority.ca_file)
        self._trial = Trial("granted", "authoritative")
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
        self._trial, self._parameter = trial, self.parameter(trial, checksum or "")
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
            self._trial.job != "release",
        )

    def _worker(self, told: list[str]) -> Worker:
        environ = {"IDENTITY_ENDPOINT": f"{self.services.base}/identity", "IDENTITY_HEADER": "the-header"}
        return Worker(environ, StandingClock(), self._transport, open_directory, _never, open_forest, told.append)

    def _note_fault(self) -> None:
        self.directory.seen.fired_before_writing = not self.directory.seen.modifies

    def parameter(self, trial: Trial, checksum: str, deadline: str = "2026-11-23T14:00:00Z") -> dict[str, Any]:
        """The envelope."""
        common = {
            "version": 1,
            "environment": "test",
            "job": JOB,
            "deadline": deadline,
            "arm": self.services.base,
            "arm_audience": ARM,
            "automation_account": ACCOUNT,
            "settings": "settings",
        }
        own: dict[str, Any] = _OF_JOB[trial.job](trial)
        return common | own | ({"checksum": checksum} if checksum else {})

    def settings(self, mode: str, kind: str = "") -> dict[str, Any]:
        """The settings variable; there is a second domain controller where one is needed."""
        urls = [self.directory.url, *([self.directory.plain_url] if kind == GONE[1] else [])]
        return {
            "version": 1,
            "environment": "test",
            "graph": self.services.base,
            "graph_audience": GRAPH,
            "mapping": {"source": "variable", "name": "map", "sha256": hashlib.sha256(_MAPPING.encode()).hexdigest()},
            "directory": {
                "servers": [{"url": url, "certificate_name": "localhost"} for url in urls],
                "base": self.directory.base,
                "domain": "LAB",
                "ca_file": str(self._ca_file),
                "bind": {
                    "method": "simple",
                    "user": self.directory.bind_user,
                    "password": {"key_vault": f"{self.services.base}/secrets/ad-bind"},
                },
            },
            "key_vault_audience": VAULT,
            "safety": {
                "mode": mode,
                "budgets": {"run": {}, "group": {}, "user": {}},
                "protected_groups": [],
                "protected_users": [],
            },
            "release": JOB,
            "scheduled_sweep": True,
        }

    def _answers(self, path: str, query: Mapping[str, str]) -> tuple[str, Any]:
        if path == "/identity":
            return "token", {"access_token": f"token:{query['resource']}", "expires_on": "0"}
        if path.startswith(_VARIABLES):
            return self._variable(path.removeprefix(_VARIABLES))
        if path == "/secrets/ad-bind":
            return "secret", {"value": self.directory.bind_password}
        if path == "/v1.0/users":
            return "users", self._page("users", [self._user(name) for name in USERS], query, path)
        if path == _LISTING:
            return "assignments", self._page("assignments", self._rows(query["$filter"]), query, path)
        name = {user: name for name, user in USERS.items()}.get(path.removeprefix("/v1.0/users/"))
        return "user", self._user(name) if name else None

    def _variable(self, name: str) -> tuple[str, Any]:
        settings = json.dumps(self.settings(self._trial.mode, self._trial.kind))
        about, text = {
            "settings": ("settings", settings),
            "map": ("mapping", _MAPPING),
            "lockstep-test-undo": ("undo", self._undo()),
        }[name]
        return about, {"properties": {"value": json.dumps(text)}}

    def _undo(self) -> str:
        store = self.directory._domain.store
        changes = [
            {
                "group": str(store.by_account(group).guid),  # type: ignore[union-attr]
                "sid": self.directory.sid_of(person),
                "action": action,
                "package": next(package for package, groups in PACKAGES.items() if group in groups),
            }
            for group, person, action in UNDONE
        ]
        packed = zlib.compress("\n".join(map(json.dumps, changes)).encode())
        return json.dumps({"job": JOB, "undone": UNDONE_JOB, "changes": base64.b64encode(packed).decode()})

    def _user(self, name: str) -> dict[str, Any]:
        return {"id": USERS[name], "onPremisesSecurityIdentifier": self.directory.sid_of(name)}

    def _rows(self, condition: str) -> list[dict[str, Any]]:
        rows = []
        for number, (package, person, state) in enumerate(ROWS, 1):
            listed = "delivered" if self._trial.job == "removed" and number == REMOVED_ROW else state
            sid = self.directory.sid_of(person)
            target = {"objectId": USERS[person], "onPremisesSecurityIdentifier": sid} if person else None
            row = {"id": _row_id(number), "state": listed, "accessPackage": {"id": package}, "target": target}
            if f"'{package}'" in condition or (person and f"'{USERS[person]}'" in condition):
                rows.append(row)
        return rows

    def _page(self, about: str, rows: list[dict[str, Any]], query: Mapping[str, str], path: str) -> dict[str, Any]:
        begin, size = int(query.get("$skiptoken", "0")), _PAGE[about]
        page: dict[str, Any] = {"value": rows[begin : begin + size]}
        if begin + size < len(rows):
            kept = "&".join(f"{name}={quote(value)}" for name, value in query.items() if name != "$skiptoken")
            page["@odata.nextLink"] = f"{self.services.base}{path}?{kept}&$skiptoken={begin + size}"
        return page


def _never(*_: Any) -> Any:
    raise AssertionError("no job of these inspects")


def _row_id(number: int) -> str:
    return f"99999999-9999-4999-8999-{number:012d}"


def _callout(stage: str, kind: str, package: str, number: int) -> dict[str, Any]:
    return {
        "source": "entitlement",
        "user": USERS["bob"],
        "stage": stage,
        "request_type": kind,
        "request": "13131313-1313-4313-8313-131313131313",
        "stage_instance": "14141414-1414-4414-8414-141414141414",
        "access_package": package,
        "assignment": _row_id(number),
        "catalog": "33333333-3333-4333-8333-333333333301",
    }


def _granted_row() -> int:
    return 1 + next(number for number, row in enumerate(ROWS) if row == (B, "bob", "delivered"))


_OF_JOB: dict[str, Any] = {
    "granted": lambda _: _callout("assignmentRequestGranted", "userAdd", B, _granted_row()),
    "removed": lambda _: _callout("assignmentRequestRemoved", "adminRemove", A, REMOVED_ROW),
    "lifecycle": lambda trial: {"source": "lifecycle", "user": USERS[PERSON[trial.job]]},
    "reconcile": lambda trial: {"source": "reconcile", "user": USERS[PERSON[trial.job]]},
    "sweep dry": lambda _: {"source": "sweep", "apply": False},
    "sweep agreed": lambda _: {"source": "sweep", "apply": True},
    "sweep scheduled": lambda _: {"source": "sweep", "apply": True, "minutes": 120},
    "undo": lambda _: {"source": "undo", "undone": UNDONE_JOB, "apply": True},
    "undo dry": lambda _: {"source": "undo", "undone": UNDONE_JOB, "apply": False},
    "release": lambda _: {
        "source": "release",
        "people": len({person for _, person, state in ROWS if state not in {"expired", "deliveryFailed"}}),
        "groups": len({group for groups in PACKAGES.values() for group in groups}),
    },
}
_MAPPING = json.dumps(
    {"AccessPackages": [{"AccessPackageID": package, "ADGroups": list(groups)} for package, groups in PACKAGES.items()]}
)


@cache
def _agreed(world: FaultWorld, job: str, mode: str) -> str:
    return world.look(Trial(job, mode), START)
