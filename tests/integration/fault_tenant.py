"""What Azure and Graph truly say in a trial, and the envelope of its job: the table of `fault_truth` on the wire."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.integration.fault_truth import PACKAGES, PERSON, REMOVED_ROW, ROWS, UNDONE, USERS, A, B
from tests.integration.faulty_directory import BY_HAND, GONE, FaultyDirectory
from tests.integration.faulty_graph import ARM, GRAPH, VAULT
from tests.integration.runbook_world import ACCOUNT, JOB

UNDONE_JOB = "15151515-1515-4515-8515-151515151515"
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


class Tenant:
    """Answers at `base`, truthfully, for the job of `trial`."""

    def __init__(self, directory: FaultyDirectory, ca_file: Path) -> None:
        self.base = ""
        self.trial = Trial("granted", "authoritative")
        self._directory = directory
        self._ca_file = ca_file

    def envelope(self, trial: Trial, checksum: str, deadline: str = "2026-11-23T14:00:00Z") -> dict[str, Any]:
        """The envelope."""
        common = {
            "version": 1,
            "environment": "test",
            "job": JOB,
            "deadline": deadline,
            "arm": self.base,
            "arm_audience": ARM,
            "automation_account": ACCOUNT,
            "settings": "settings",
        }
        own: dict[str, Any] = _OF_JOB[trial.job](trial)
        return common | own | ({"checksum": checksum} if checksum else {})

    def settings(self, mode: str, kind: str = "") -> dict[str, Any]:
        """The settings variable; there is a second domain controller where one is needed."""
        urls = [self._directory.url, *([self._directory.plain_url] if kind == GONE[1] else [])]
        return {
            "version": 1,
            "environment": "test",
            "graph": self.base,
            "graph_audience": GRAPH,
            "mapping": {"source": "variable", "name": "map", "sha256": hashlib.sha256(_MAPPING.encode()).hexdigest()},
            "directory": {
                "servers": [{"url": url, "certificate_name": "localhost"} for url in urls],
                "base": self._directory.base,
                "domain": "LAB",
                "ca_file": str(self._ca_file),
                "bind": {
                    "method": "simple",
                    "user": self._directory.bind_user,
                    "password": {"key_vault": f"{self.base}/secrets/ad-bind"},
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

    def answers(self, path: str, query: Mapping[str, str]) -> tuple[str, Any]:
        if path == "/identity":
            return "token", {"access_token": f"token:{query['resource']}", "expires_on": "0"}
        if path.startswith(_VARIABLES):
            return self._variable(path.removeprefix(_VARIABLES))
        if path == "/secrets/ad-bind":
            return "secret", {"value": self._directory.bind_password}
        if path == "/v1.0/users":
            return "users", self._page("users", [self._user(name) for name in USERS], query, path)
        if path == _LISTING:
            return "assignments", self._page("assignments", self._rows(query["$filter"]), query, path)
        name = {user: name for name, user in USERS.items()}.get(path.removeprefix("/v1.0/users/"))
        return "user", self._user(name) if name else None

    def _variable(self, name: str) -> tuple[str, Any]:
        settings = json.dumps(self.settings(self.trial.mode, self.trial.kind))
        about, text = {
            "settings": ("settings", settings),
            "map": ("mapping", _MAPPING),
            "lockstep-test-undo": ("undo", self._undo()),
        }[name]
        return about, {"properties": {"value": json.dumps(text)}}

    def _undo(self) -> str:
        store = self._directory._domain.store
        changes = [
            {
                "group": str(store.by_account(group).guid),  # type: ignore[union-attr]
                "sid": self._directory.sid_of(person),
                "action": action,
                "package": next(package for package, groups in PACKAGES.items() if group in groups),
            }
            for group, person, action in UNDONE
        ]
        packed = zlib.compress("\n".join(map(json.dumps, changes)).encode())
        return json.dumps({"job": JOB, "undone": UNDONE_JOB, "changes": base64.b64encode(packed).decode()})

    def _user(self, name: str) -> dict[str, Any]:
        return {"id": USERS[name], "onPremisesSecurityIdentifier": self._directory.sid_of(name)}

    def _rows(self, condition: str) -> list[dict[str, Any]]:
        rows = []
        for number, (package, person, state) in enumerate(ROWS, 1):
            listed = "delivered" if self.trial.job == "removed" and number == REMOVED_ROW else state
            sid = self._directory.sid_of(person)
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
            page["@odata.nextLink"] = f"{self.base}{path}?{kept}&$skiptoken={begin + size}"
        return page


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
