"""The job's one parameter -> a JSON object, and what of it the result line may repeat before it is checked.

The Logic App and `lockstep` pass `b64.` + base64 of JSON, because the Linux worker JSON-decodes every other value and
Windows command lines do not keep double quotes. Nothing here reads or writes anything.
"""

from __future__ import annotations

import ast
import base64
import json
from typing import Any

from runbook.group_name import GUID
from runbook.outcome import Refused

SOURCES = ("entitlement", "lifecycle", "reconcile", "check", "release", "sweep", "undo", "explain")
"""Who asks for the job: a callout of entitlement management, a task of a lifecycle workflow, or `lockstep` itself (a
sweep also: a schedule)."""


def decode_parameter(arguments: list[str]) -> dict[str, Any]:
    """The JSON object in the job's parameter; `arguments` is `sys.argv` without the script.

    Raises:
        Refused: there is not exactly one parameter, or no JSON object in it.
    """
    if len(arguments) != 1:
        raise Refused(f"the job needs exactly one parameter, the envelope; it got {len(arguments)}")
    text = arguments[0].strip().strip("'\"").strip()
    try:
        fields = _decoded(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        raise Refused(
            "the job's parameter is not an envelope (b64. and base64 of JSON); is the job started by the Logic App?"
        ) from error
    if not isinstance(fields, dict):
        raise Refused("the envelope is not a JSON object")
    return fields


def about(parameter: dict[str, Any]) -> dict[str, str]:
    """What the result line says of the job: a known source, and ids that are GUIDs; anything else is an empty text.

    `event` is filled in once the envelope is checked. `stage_instance` is the task's result when a workflow asks.
    """
    source = parameter.get("source")
    instance = "task_result" if source == "lifecycle" else "stage_instance"
    return {
        "source": source if isinstance(source, str) and source in SOURCES else "",
        "user": _guid_or_nothing(parameter.get("user")),
        "stage_instance": _guid_or_nothing(parameter.get(instance)),
        "request": _guid_or_nothing(parameter.get("request")),
        "access_package": _guid_or_nothing(parameter.get("access_package")),
        "event": "",
    }


def _guid_or_nothing(value: object) -> str:
    return value if isinstance(value, str) and GUID.fullmatch(value) else ""


def _decoded(text: str) -> Any:
    if text.startswith("b64."):
        return json.loads(base64.b64decode(text[4:], validate=True).decode("utf-8"))
    if text.startswith("{'"):
        return ast.literal_eval(text)  # JSON that a Linux worker has decoded and written as Python
    return json.loads(text)
