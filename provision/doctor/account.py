"""The Automation account, its identity, and what that identity may read in Microsoft Graph. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from provision.doctor.check import Check, unknown
from provision.doctor.facts import ACCOUNT, PLAN, Facts
from provision.doctor.graph_permission import demanded
from provision.grant.table import WIDER
from provision.naming import JOBS_API_VERSION, account_id
from provision.resource import Json

AREA: Final = "Automation account"
PERMISSIONS: Final = ("service principals", "app roles")


def checks(facts: Facts) -> Iterator[Check]:
    """That it exists, where it is, who it is, and what its identity may read."""
    environment = facts.environment
    name = environment.automation.account
    if reason := facts.blocked(ACCOUNT):
        yield unknown(AREA, name, reason)
        return
    account = facts.inventory.account if facts.inventory else None
    if facts.inventory is None:
        yield unknown(AREA, name, facts.blocked(PLAN))
    elif account is None:
        yield _absent(facts, name)
    else:
        yield _there(name, environment.resource_group, account)
        principal = (account.get("identity") or {}).get("principalId")
        yield _identity(facts, principal)
        if principal:
            yield from _permissions(facts, str(principal))


def _there(name: str, group: str, account: Mapping[str, Json]) -> Check:
    state = (account.get("properties") or {}).get("state")
    if state not in {None, "Ok"}:
        fix = f"Azure portal > Automation account {name} > Overview says why."
        return Check(AREA, name, "fail", f"exists, but its state is {state}, not Ok", fix)
    return Check(AREA, name, "ok", f"exists in {group}, {account.get('location')}")


def _absent(facts: Facts, name: str) -> Check:
    where = facts.environment.where("automation", "account")
    said = f"does not exist in resource group {facts.environment.resource_group} of the subscription"
    fix = f"Create it in the portal, or correct the name: {where}. Lockstep does not create it."
    return Check(AREA, name, "fail", said, fix)


def _identity(facts: Facts, principal: str | None) -> Check:
    if principal:
        return Check(AREA, "identity", "ok", f"is system-assigned: {principal}")
    url = f"{facts.environment.cloud.arm}{account_id(facts.environment)}?api-version={JOBS_API_VERSION}"
    fix = (
        f"Azure portal > Automation account {facts.environment.automation.account} > Identity > System assigned > On; "
        f'or `az rest --method patch --url "{url}" --body \'{{"identity":{{"type":"SystemAssigned"}}}}\'`.'
    )
    return Check(AREA, "identity", "fail", "is off, and a job on a hybrid worker can use no other", fix)


def _permissions(facts: Facts, principal: str) -> Iterator[Check]:
    """The permissions of Graph that the identity holds, against those that the runbook needs."""
    if reason := facts.blocked(*PERMISSIONS):
        yield _not_shown(facts, reason)
        return
    if facts.graph is None:
        said = "Microsoft Graph does not show its own service principal in this tenant. Run the doctor again later."
        yield unknown(AREA, "Graph permissions of the identity", said)
        return
    names = {str(role["id"]).lower(): str(role.get("value")) for role in facts.graph.get("appRoles") or ()}
    here = [role for role in facts.app_roles if str(role.get("resourceId")).lower() == str(facts.graph["id"]).lower()]
    held = {names.get(str(role.get("appRoleId")).lower(), str(role.get("appRoleId"))): role for role in here}
    needed = demanded(facts.environment, "runbook")
    for name in needed:
        yield _needed(facts, name, [wider for wider in WIDER.get(name, ()) if wider in held], given=name in held)
    for name in sorted(held.keys() - {*needed}):
        yield _too_much(facts, name, principal, held[name])


def _not_shown(facts: Facts, reason: str) -> Check:
    """Permissions that we may not read. The job on the worker sees in its own token whether it has those it needs."""
    check = unknown(AREA, "Graph permissions of the identity", reason)
    if not (facts.asks_worker and any(facts.unread[s].denied for s in PERMISSIONS if s in facts.unread)):
        return check
    said = f"{check.said}; the job on the worker tells below what it may read, but not whether it may too much"
    return replace(check, state="warn", said=said)


def _needed(facts: Facts, name: str, instead: list[str], *, given: bool) -> Check:
    subject = f"identity's permission {name}"
    if given:
        return Check(AREA, subject, "ok", "is given")
    if instead:
        said = f"is not given itself; it is held by the bigger {' and '.join(instead)}"
        return Check(AREA, subject, "warn", said, f"{facts.command('grant')} shows how to give just this.")
    fix = (
        f"{facts.command('grant')} shows the command, and does it with --yes. A token that the identity has already "
        "stays as it is for up to a day."
    )
    return Check(AREA, subject, "fail", "is missing, so that every job fails", fix)


def _too_much(facts: Facts, name: str, principal: str, role: Mapping[str, Json]) -> Check:
    url = f"{facts.environment.cloud.graph}/v1.0/servicePrincipals/{principal}/appRoleAssignments/{role.get('id')}"
    said, fix = "is given, and the runbook does not need it", f'`az rest --method delete --url "{url}"` takes it away.'
    return Check(AREA, f"identity's permission {name}", "warn", said, fix)
