"""What a job on the worker says of AD: the mapped groups, the bind account's rights, TLS, clocks. Pure.

The job reads only (its envelope's source is `check`); what it prints is described in `provision/job_output.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from provision.doctor import planned, worker
from provision.doctor.check import STATES, Check, State, unknown
from provision.doctor.facts import ACCOUNT, CONTENT, PLAN, RUNBOOKS, VARIABLES, Facts
from provision.job_output import Ended
from provision.kinds import runbook, runbook_content, variable
from provision.naming import settings_variable
from provision.resource import Json

AREA: Final = "AD, by a job on the worker"
SUBJECT: Final = "check job"


def obstacle(facts: Facts) -> Check | None:
    """Why no job can be sent to the worker, or should not be; None when it can.

    A runbook that is not ours word for word is not started: what it would do is not known.
    """
    if reason := facts.blocked(ACCOUNT, RUNBOOKS, CONTENT, VARIABLES, PLAN):
        return unknown(AREA, SUBJECT, reason)
    for kind in (runbook.KIND, runbook_content.KIND):
        if any(planned.change(facts, resource) for resource in planned.wanted(facts, kind)):
            return _cannot("the runbook is not the one of this version", facts.apply)
    settings = [
        r for r in planned.wanted(facts, variable.KIND) if r.address.name == settings_variable(facts.environment.name)
    ]
    if not all(planned.found(facts, resource) for resource in settings):
        return _cannot("the runbook has no settings to read", facts.apply)
    if not worker.alive(facts):
        group = facts.environment.automation.hybrid_worker_group
        return _cannot(f"no worker of hybrid worker group {group} is alive to run it", worker.REVIVE)
    return None


def unanswered(reason: str) -> Check:
    """A job that could not be started, or did not end."""
    return unknown(AREA, SUBJECT, reason)


def checks(ended: Ended, told: str) -> Iterator[Check]:
    """What the job has found; `told` is how it ended, in words."""
    found = [_check(line) for line in ended.checks]
    yield from found
    if not ended.well and not any(check.state == "fail" for check in found):
        fix = "Azure portal > the Automation account > Jobs shows all that it has printed."
        yield Check(AREA, SUBJECT, "fail", told, fix)
    elif not found:
        yield unknown(AREA, SUBJECT, f"job {ended.id} ended well and printed no checks. Run `lockstep apply` first.")


def _check(line: Mapping[str, Json]) -> Check:
    """A line of the job; a state that we do not know is no good one."""
    return Check(
        AREA, _text(line, "subject"), _state(line.get("state"), STATES), _text(line, "said"), _text(line, "fix")
    )


def _state(said: Json, known: Sequence[State]) -> State:
    return next((state for state in known if state == said), "unknown")


def _text(line: Mapping[str, Json], key: str) -> str:
    return " ".join(str(line.get(key) or "").split())


def _cannot(reason: str, fix: str) -> Check:
    return Check(AREA, SUBJECT, "unknown", f"was not run: {reason}", fix)
