"""What a call at a trigger becomes: the trigger's outputs, the record of a new run, the headers of the answer.

Pure, except the chance in a run's name. Source: the Request trigger, which answers 202 at once when the workflow has no
Response action.
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from typing import Any

from provision.sandbox.logic_app.definition import Trigger
from provision.sandbox.logic_app.moment import Moment
from provision.sandbox.logic_app.record import RunRecord
from provision.sandbox.service import Call, Refusal

UNSEEN_HEADERS = ("authorization", "cookie")
"""Request headers that never enter a run's history."""


def new_record(call: Call, trigger: Trigger, workflow_id: str, now: datetime) -> RunRecord:
    """The record of the run that this call starts; its tracking id is the run's name until one is evaluated.

    Raises:
        Refusal: 400 when the body is not JSON.
    """
    name = _run_name(now)
    return RunRecord(f"{workflow_id}/runs/{name}", name, trigger.name, _outputs(call), name, now)


def answer_headers(record: RunRecord, workflow_id: str) -> dict[str, str]:
    """The headers by which a caller finds the run again."""
    name = workflow_id.rsplit("/", 1)[-1]
    return {
        "x-ms-workflow-run-id": record.name,
        "x-ms-client-tracking-id": record.tracking_id,
        "x-ms-correlation-id": record.correlation_id,
        "x-ms-workflow-id": name,
        "x-ms-workflow-name": name,
        "x-ms-trigger-type": "Manual",
    }


def _outputs(call: Call) -> dict[str, Any]:
    headers = {name.title(): value for name, value in call.headers.items() if name not in UNSEEN_HEADERS}
    if not call.body:
        return {"headers": headers}
    try:
        return {"headers": headers, "body": json.loads(call.body)}
    except ValueError as error:
        message = f"The input body of the trigger is not valid JSON: {error}"
        raise Refusal(400, "InvalidRequestContent", message) from error


def _run_name(now: datetime) -> str:
    """As the service names runs: ticks that are left until the end of time, so that the newest sorts first."""
    return f"{2**63 - 1 - Moment.at(now).ticks:020d}{secrets.randbelow(10**12):012d}CU00"
