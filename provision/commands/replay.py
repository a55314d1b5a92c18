"""`lockstep replay`: repeats a failed callout; Entra hears only what is true. Also: `lockstep reconcile --user`."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from provision import jobs, sweep_job
from provision.azure import Azure
from provision.commands.opening import opened
from provision.commands.pipeline import connected
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.jobs import Ended
from provision.listed_catalogs import Reader
from provision.resource import Json
from provision.runs import history as runs
from provision.runs import replay, resume
from provision.runs.replay import Original
from provision.terminal import Terminal

RECONCILE = "reconcile"
NO_WAIT = "Entra does not wait for an answer any more"
LISTS = ("added", "removed", "kept", "problems")


@dataclass(frozen=True, slots=True)
class Work:
    """What will be done: the envelope's source and what it says of the callout; `waits`: Entra is answered after it."""

    source: str
    callout: dict[str, Json]
    original: Original | None = None
    waits: bool = False


def again(  # noqa: PLR0913, PLR0917 - one parameter for each option
    reference: str,
    run: str | None,
    user: str | None,
    yes: bool,  # noqa: FBT001 - the command line's own order
    form: str,
    terminal: Terminal,
    *,
    over_budget: bool = False,
) -> int:
    """Shows what was, asks, starts a job, and answers Entra if it still waits; 0 when the job ended well.

    With `over_budget`, the budgets of removals do not bind that job.

    Raises:
        ProvisionError: there is nothing to repeat, or it could not be done.
    """
    environment = opened(reference, terminal)
    with connected(environment) as azure:
        with terminal.progress("Looking up what is to be repeated" if run else "Looking up the person") as tell:
            work = _of_run(azure, environment, run) if run else _of_user(azure, str(user))
            tell("found")
        terminal.say(_intent(work))
        if not yes:
            confirm(azure, work, terminal)
        ended = _job(azure, environment, work, terminal, over_budget=over_budget)
        answered = False
        if ended.well and work.waits and work.original:
            with terminal.progress("Entra") as tell:
                resume.answer(work.original, environment, _detail(ended), azure, tell)
            answered = True
    _show(environment, work, ended, answered, form, terminal)
    return 0 if ended.well else 1


def confirm(reader: Reader, work: Work, terminal: Terminal) -> None:
    """Asks, and looks again whether Entra still waits: the answer may have taken its time.

    Raises:
        ProvisionError: the answer was not yes, or came too late.
    """
    if not terminal.confirm("Do it?"):
        raise ProvisionError("Nothing was changed: the answer was not yes.")
    if work.waits and work.original and not resume.waits(reader, work.original):
        raise ProvisionError(
            "Nothing was changed: Entra has stopped waiting meanwhile. Run the same command again; it says what can "
            "be done now."
        )


def _of_run(azure: Azure, environment: Environment, run: str) -> Work:
    original = replay.find(azure, environment, run, runs.logic_apps(azure, environment))
    waits = resume.waits(azure, original)
    replay.refuse_needless(original, waits=waits)
    if waits:
        return Work(original.source, dict(original.callout), original, waits=True)
    return Work(RECONCILE, {"user": original.callout["user"]}, original)


def _of_user(azure: Azure, user: str) -> Work:
    return Work(RECONCILE, {"user": replay.user_id(azure, user)})


def _job(azure: Azure, environment: Environment, work: Work, terminal: Terminal, *, over_budget: bool) -> Ended:
    deadline = datetime.now(UTC) + environment.callout.poll_deadline
    envelope = jobs.envelope(environment, work.source, str(uuid.uuid4()), deadline, **work.callout)
    with terminal.progress("Job") as tell:
        return sweep_job.run(azure, azure, environment, envelope, tell, terminal.say, over_budget=over_budget)


def _intent(work: Work) -> str:
    lines = [f"Then: {work.original.said}"] if work.original else []
    user = work.callout["user"]
    if work.waits:
        lines.append(f"Now: the same callout for user {user} again; Entra still waits and is answered if it succeeds.")
    else:
        why = f"{NO_WAIT}, so it gets none. " if work.original else ""
        lines.append(f"Now: {why}The groups of user {user} become those of the packages assigned in Entra now.")
    return "\n".join(lines)


def _show(  # noqa: PLR0913, PLR0917 - all that is known now
    environment: Environment,
    work: Work,
    ended: Ended,
    answered: bool,  # noqa: FBT001 - as above
    form: str,
    terminal: Terminal,
) -> None:
    if form == "json":
        terminal.result(json.dumps(_document(environment, work, ended, answered), indent=2, ensure_ascii=False))
        return
    terminal.show(jobs.told(ended, environment))
    for problem in (ended.result or {}).get("problems") or ():
        terminal.show(f"  problem: {problem}")
    if answered:
        terminal.show("Entra was told that it is done.")
    elif work.waits:
        terminal.show("Entra was told nothing and still waits. Mend the cause, then run the same command again.")
    elif work.original:
        terminal.show("Entra was told nothing. If the access is still wanted, request it there anew.")


def _document(environment: Environment, work: Work, ended: Ended, answered: bool) -> dict[str, Any]:  # noqa: FBT001 - as above
    result = ended.result or {}
    was = work.original
    return {
        "version": 1,
        "environment": environment.name,
        "original": _told(was) if was else None,
        "source": work.source,
        "user": work.callout["user"],
        "waiting": work.waits,
        "answered": answered,
        "job": {"id": ended.id, "status": ended.status},
        "well": ended.well,
        "outcome": result.get("outcome"),
        "detail": result.get("detail") or jobs.told(ended, environment),
        **{name: list(result.get(name) or ()) for name in LISTS},
    }


def _told(was: Original) -> dict[str, Any]:
    return {"run": was.run.id if was.run else None, "job": was.job.id if was.job else None, "said": was.said}


def _detail(ended: Ended) -> str:
    return str((ended.result or {}).get("detail") or "done")
