"""The runbook, what it runs and what it reads: published, and word for word what this version would upload. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from provision.doctor import planned
from provision.doctor.check import Check
from provision.doctor.facts import ACCOUNT, CONTENT, MAPPING, RUNBOOKS, VARIABLES, Facts
from provision.kinds import runbook, runbook_content, variable
from provision.resource import Resource

AREA = "runbook"
PUBLISHED = "Published"


def checks(facts: Facts) -> Iterator[Check]:
    """The runbook, that it is published, its content, and its variables."""
    yield from planned.whole(facts, AREA, runbook.KIND, (ACCOUNT, RUNBOOKS))
    yield from _published(facts)
    content = (ACCOUNT, RUNBOOKS, CONTENT)
    yield from planned.whole(facts, AREA, runbook_content.KIND, content, "is word for word this version's")
    variables = (ACCOUNT, VARIABLES, MAPPING)
    yield from planned.whole(facts, AREA, variable.KIND, variables, "holds what the environment file says")


def _published(facts: Facts) -> Iterator[Check]:
    if facts.blocked(ACCOUNT, RUNBOOKS):
        return
    for resource in planned.wanted(facts, runbook.KIND):
        state = _state(facts, resource)
        if state is not None:
            yield _judged(facts, f"runbook {resource.address.name}: published", state)


def _state(facts: Facts, resource: Resource) -> str | None:
    there = planned.found(facts, resource)
    return None if there is None else str(((there.answer or {}).get("properties") or {}).get("state"))


def _judged(facts: Facts, subject: str, state: str) -> Check:
    if state == PUBLISHED:
        return Check(AREA, subject, "ok", "it is, and no draft is open")
    if state == "Edit":
        account, name = facts.environment.automation.account, facts.environment.automation.runbook
        said = "it is, but somebody has opened a draft, which a click would publish"
        fix = f"Azure portal > Automation account {account} > Runbooks > {name} > Edit > Revert to published."
        return Check(AREA, subject, "warn", said, fix)
    return Check(AREA, subject, "fail", f"its state is {state}, so that no job can run it", facts.apply)
