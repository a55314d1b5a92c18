"""What Azure lets us do, against every action that plan and apply need; each gap with the built-in role for it. Pure.

Source: Azure Authorization REST API 2022-04-01, permissions: an action is allowed when one entry names it in `actions`
(with `*` for any text) and not in its own `notActions`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from provision.doctor.check import Check, unknown
from provision.doctor.facts import PERMISSIONS, Facts
from provision.inventory import Answers
from provision.naming import account_id, resource_group_id

AREA: Final = "credential"
_LOGIC: Final = "Microsoft.Logic/workflows"
_ACCOUNT: Final = "Microsoft.Automation/automationAccounts"
_ROLES: Final = "Microsoft.Authorization/roleAssignments"


@dataclass(frozen=True, slots=True)
class Demand:
    """Actions at one scope, what they are for, and the built-in role that gives them."""

    purpose: str
    role: str
    actions: tuple[str, ...]


LOGIC_APPS: Final = Demand(
    "Logic Apps",
    "Logic App Contributor",
    (
        f"{_LOGIC}/read",
        f"{_LOGIC}/write",
        f"{_LOGIC}/delete",
        f"{_LOGIC}/validate/action",
        f"{_LOGIC}/triggers/listCallbackUrl/action",
    ),
)
AUTOMATION: Final = Demand(
    "runbook, variables, schedules, workers and jobs",
    "Automation Contributor",
    (
        f"{_ACCOUNT}/read",
        *(f"{_ACCOUNT}/runbooks/{verb}" for verb in ("read", "write", "delete", "content/read")),
        f"{_ACCOUNT}/runbooks/draft/content/write",
        f"{_ACCOUNT}/runbooks/publish/action",
        *(f"{_ACCOUNT}/variables/{verb}" for verb in ("read", "write", "delete")),
        *(f"{_ACCOUNT}/schedules/{verb}" for verb in ("read", "write", "delete")),
        *(f"{_ACCOUNT}/jobSchedules/{verb}" for verb in ("read", "write", "delete")),
        f"{_ACCOUNT}/hybridRunbookWorkerGroups/read",
        f"{_ACCOUNT}/hybridRunbookWorkerGroups/hybridRunbookWorkers/read",
        *(f"{_ACCOUNT}/jobs/{verb}" for verb in ("read", "write", "output/read")),
    ),
)
ASSIGNING: Final = Demand(
    "role assignments",
    "Role Based Access Control Administrator",
    tuple(f"{_ROLES}/{verb}" for verb in ("read", "write", "delete")),
)


def checks(facts: Facts) -> Iterator[Check]:
    """One for each demand, at the scope where it is made."""
    group, account = resource_group_id(facts.environment), account_id(facts.environment)
    for demand, scope in ((LOGIC_APPS, group), (AUTOMATION, account), (ASSIGNING, account)):
        yield _judged(facts, demand, scope)


def allowed(action: str, entries: Answers) -> bool:
    """Whether these permissions let us do `action`, whatever its case."""
    return any(_any(e.get("actions") or (), action) and not _any(e.get("notActions") or (), action) for e in entries)


def _any(patterns: Iterable[str], action: str) -> bool:
    return any(
        re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), action, re.IGNORECASE)
        for pattern in patterns
    )


def _judged(facts: Facts, demand: Demand, scope: str) -> Check:
    subject = f"Azure role for {demand.purpose}"
    if reason := facts.blocked(PERMISSIONS):
        return unknown(AREA, subject, reason)
    if scope not in facts.permissions:
        return unknown(AREA, subject, f"Resource Manager says that {scope} does not exist. Mend that first.")
    gaps = [action for action in demand.actions if not allowed(action, facts.permissions[scope])]
    if not gaps:
        return Check(AREA, subject, "ok", f"allows all {len(demand.actions)} actions, as {demand.role} does")
    who = f"--assignee-object-id {facts.claims.get('oid') or 'OBJECT_ID'}"
    kind = "User" if facts.claims.get("scp") else "ServicePrincipal"
    fix = (
        f'`az role assignment create --role "{demand.role}" {who} --assignee-principal-type {kind} --scope "{scope}"`. '
        "A role that was given a moment ago needs some minutes to count."
    )
    return Check(AREA, subject, "fail", f"is missing for {', '.join(gaps)}", fix)
