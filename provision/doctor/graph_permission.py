"""The permissions of Microsoft Graph in our own token, each with what needs it. Pure.

Source: "Microsoft Graph permissions reference", the least privileged application permission of each operation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from provision.doctor.check import Check, State, unknown
from provision.doctor.facts import SIGN_IN, Facts
from provision.doctor.gathering import READ, WRITE
from provision.environment import Environment
from provision.grant.table import TENANT, WIDER, Holder, needed

AREA: Final = "credential"
CATALOG_OWNER: Final = "ae79f266-94d4-4dab-b730-feca7e132178"
PRINCIPALS: Final = "Application.Read.All"
"""Without Lifecycle Workflows only the doctor needs it; what it reads with it, a job on the worker tells, too."""


def checks(facts: Facts) -> Iterator[Check]:
    """One for each permission that plan, apply and the doctor itself need."""
    for name, purpose in demanded(facts.environment, "deployer").items():
        yield _judged(facts, name, purpose)


def demanded(environment: Environment, holder: Holder) -> dict[str, str]:
    """What `holder` needs of Microsoft Graph: each permission, and what for."""
    purposes: dict[str, list[str]] = {}
    for grant in needed(environment):
        if (grant.holder, grant.scope) == (holder, TENANT):
            purposes.setdefault(grant.permission, []).append(grant.operation)
    return {name: "; to ".join(operations) for name, operations in purposes.items()}


def _judged(facts: Facts, name: str, purpose: str) -> Check:
    subject = f"permission {name}"
    if reason := facts.blocked(SIGN_IN):
        return unknown(AREA, subject, reason)
    roles = set(facts.claims.get("roles") or ())
    if name in roles:
        return Check(AREA, subject, "ok", f"is in the token, to {purpose}")
    if instead := sorted(roles.intersection(WIDER.get(name, ()))):
        return Check(AREA, subject, "ok", f"is held by the bigger {' and '.join(instead)}, to {purpose}")
    if name == WRITE and READ in roles and _owns_all(facts):
        said = f"is not in the token; {READ} and Catalog owner on every listed catalog stand in for it"
        return Check(AREA, subject, "warn", said, "Policies that assign automatically cannot be written so.")
    there = ", ".join(sorted(roles)) or "no permission at all"
    fix = (
        f"{facts.command('grant')} shows the command. Or: Entra admin centre > App registrations > "
        f"{facts.claims.get('appid') or 'the application'} > API permissions > Add > Microsoft Graph > Application "
        f"permissions > {name} > Grant admin consent. Then sign in again."
    )
    state: State = "warn" if name == PRINCIPALS and facts.environment.lifecycle_workflows is None else "fail"
    return Check(AREA, subject, state, f"is missing, to {purpose}; the token has {there}", fix)


def _owns_all(facts: Facts) -> bool:
    """Whether we are owner of every listed catalog."""
    if facts.inventory is None or facts.blocked("catalogs", "catalog roles"):
        return False
    ours = {
        str(role.get("appScopeId")).lower()
        for role in facts.catalog_roles
        if role.get("roleDefinitionId") == CATALOG_OWNER
    }
    listed = [catalog.id for catalog in facts.inventory.catalogs if catalog.listed]
    return bool(listed) and all(f"/accesspackagecatalog/{identifier}".lower() in ours for identifier in listed)
