"""Outputs of sweeps and undoes, for tests, as the runbook writes them."""

from __future__ import annotations

import json
from typing import Any

from provision.job_output import Ended, ended
from provision.sweep_record import Swept, swept
from tests.fakes import guid
from tests.ran import JOB

READERS, WRITERS = guid("readers"), guid("writers")
PACKAGE = guid("p1")
CHECKSUM = "0123456789abcdef"


def group(identifier: str = READERS, name: str = "Readers") -> dict[str, Any]:
    return {"kind": "group", "group": identifier, "name": name, "mode": "authoritative", "members": 3}


def move(who: str, action: str = "add", why: str = "granted", **more: Any) -> dict[str, Any]:
    return {
        "kind": "move",
        "group": READERS,
        "action": action,
        "sid": f"S-1-5-21-1-2-3-{who}",
        "user": guid(who),
        "who": who,
        "why": why,
        "package": PACKAGE if why in {"granted", "over"} else "",
        "assignment": f"of-{who}" if why in {"granted", "over"} else "",
        "since": "2026-01-02T03:04:05Z" if why in {"granted", "over"} else "",
        "withheld": False,
        **more,
    }


def audit(who: str, action: str = "add", outcome: str = "done", **more: Any) -> dict[str, Any]:
    added = action == "add"
    return {
        "kind": "audit",
        "group": READERS,
        "name": "Readers",
        "action": action,
        "sid": f"S-1-5-21-1-2-3-{who}",
        "user": guid(who),
        "why": "granted",
        "package": PACKAGE,
        "assignment": f"of-{who}",
        "before": not added,
        "after": added,
        "outcome": outcome,
        **more,
    }


def output(*records: dict[str, Any], outcome: str = "done", **facts: Any) -> str:
    """What a job prints."""
    lines = [f"LOCKSTEP-RECORD {json.dumps(record)}" for record in records]
    result = {"version": 1, "source": "sweep", "outcome": outcome, "detail": "said", "problems": [], **facts}
    return "\n".join(["sweep", *lines, f"LOCKSTEP-RESULT {json.dumps(result)}", ""])


def told(*records: dict[str, Any], outcome: str = "done", **facts: Any) -> Swept:
    text = output(*records, outcome=outcome, **{"checksum": CHECKSUM, **facts})
    status = "Completed" if outcome in {"done", "nothing_to_do"} else "Failed"
    result, checks = ended(text)
    return swept(Ended(JOB, status, result, checks, text))
