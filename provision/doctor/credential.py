"""Who runs `lockstep`: the sign-in, and what Microsoft Graph and Resource Manager let it read. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from provision.doctor import account
from provision.doctor.check import Check, unknown
from provision.doctor.facts import DATE, MAPPING, PLAN, SIGN_IN, Facts, Unread

AREA: Final = "credential"
OTHERS: Final = frozenset({SIGN_IN, MAPPING, PLAN, DATE, *account.PERMISSIONS})
"""Sources with checks of their own."""


def checks(facts: Facts) -> Iterator[Check]:
    """The sign-in, then every read that was refused or not answered."""
    if reason := facts.blocked(SIGN_IN):
        said, _, fix = reason.partition(". ")
        yield Check(AREA, "sign-in", "fail", said, fix)
    else:
        yield _signed_in(facts)
    unread: dict[Unread, list[str]] = {}
    for source, why in facts.unread.items():
        if source not in OTHERS:
            unread.setdefault(why, []).append(source)
    if facts.seen:
        yield Check(AREA, "reading", "ok", f"works for {', '.join(sorted(facts.seen))}")
    for why, sources in unread.items():
        yield _unread(f"reading {', '.join(sorted(sources))}", why)
    if reason := facts.blocked(PLAN):
        yield unknown(AREA, "the plan", reason)


def _signed_in(facts: Facts) -> Check:
    claims, tenant = facts.claims, facts.environment.tenant
    who = f"application {claims.get('appid') or claims.get('azp')} (object id {claims.get('oid')})"
    theirs = str(claims.get("tid"))
    if theirs.lower() != tenant.lower():
        said = f"works as {who}, but in tenant {theirs}, not {tenant}"
        return Check(AREA, "sign-in", "fail", said, f"Sign in to the other tenant: `az login --tenant {tenant}`.")
    if claims.get("scp"):
        said = f"works, but as a person through {who}: no permission of Graph for entitlement management comes with it"
        fix = "Sign in as an application: docs/permissions.md, Granting it, once."
        return Check(AREA, "sign-in", "warn", said, fix)
    return Check(AREA, "sign-in", "ok", f"works as {who}")


def _unread(subject: str, why: Unread) -> Check:
    if not why.denied:
        return unknown(AREA, subject, why.reason)
    said, _, fix = why.reason.partition(". ")
    return Check(AREA, subject, "fail", said, fix)
