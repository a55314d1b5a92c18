"""The hybrid worker group, and when each of its workers was seen last. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from provision.doctor.check import Check, unknown
from provision.doctor.facts import ACCOUNT, WORKERS, Facts
from provision.preflight import SILENCE, last_seen
from provision.resource import Json

AREA: Final = "hybrid workers"
LATE: Final = timedelta(minutes=10)
REVIVE: Final = (
    "Start the machine and its Hybrid Worker extension (Linux: `sudo systemctl restart hwd`; Windows: "
    "`Restart-Service HybridWorkerService`), and check that it reaches Azure over HTTPS."
)


def checks(facts: Facts) -> Iterator[Check]:
    """The group, and a check for each worker."""
    group = facts.environment.automation.hybrid_worker_group
    if reason := facts.blocked(ACCOUNT, WORKERS):
        yield unknown(AREA, group, reason)
        return
    found = facts.inventory
    if found is None or found.account is None:
        yield unknown(AREA, group, "there is no Automation account to look in. Mend that first.")
    elif found.workers is None:
        where = facts.environment.where("automation", "hybrid_worker_group")
        fix = f"{_portal(facts)} > Create hybrid worker group; or correct the name: {where}."
        yield Check(AREA, group, "fail", "there is no such hybrid worker group", fix)
    elif not found.workers:
        fix = f"{_portal(facts)} > {group} > Hybrid workers > Add a machine that reaches a domain controller."
        yield Check(AREA, group, "fail", "has no worker", fix)
    else:
        yield Check(AREA, group, "ok", f"has {len(found.workers)} worker{'s' if len(found.workers) > 1 else ''}")
        for worker in found.workers:
            yield _heartbeat(worker, facts.now)


def alive(facts: Facts) -> bool:
    """Whether at least one worker would take up a job."""
    workers = (facts.inventory.workers if facts.inventory else None) or ()
    return not facts.blocked(ACCOUNT, WORKERS) and any(_heartbeat(w, facts.now).state != "fail" for w in workers)


def _heartbeat(worker: Mapping[str, Json], now: datetime) -> Check:
    subject = str((worker.get("properties") or {}).get("workerName") or worker.get("name"))
    seen = last_seen(worker)
    if seen is None:
        return Check(AREA, subject, "fail", "was never seen since it was registered", REVIVE)
    silence = now - seen
    said = f"was seen {_ago(silence)}, at {seen:%Y-%m-%d %H:%M:%S} UTC"
    if silence > SILENCE:
        return Check(AREA, subject, "fail", f"{said}; Azure suspends its jobs", REVIVE)
    if silence > LATE:
        return Check(AREA, subject, "warn", said, REVIVE)
    return Check(AREA, subject, "ok", said)


def _ago(silence: timedelta) -> str:
    minutes = int(silence.total_seconds() // 60)
    if minutes < 1:
        return "within the last minute"
    return f"{minutes} minutes ago" if minutes < 180 else f"{minutes // 60} hours ago"


def _portal(facts: Facts) -> str:
    return f"Azure portal > Automation account {facts.environment.automation.account} > Hybrid worker groups"
