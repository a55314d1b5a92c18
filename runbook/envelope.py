"""The job's one parameter -> a frozen Envelope: who, which access package, granted or removed, until when.

The Logic App passes `b64.` + base64 of JSON, because the Linux worker JSON-decodes every other value and Windows
command lines do not keep double quotes. Nothing here reads or writes anything.
"""

from __future__ import annotations

import ast
import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from runbook.deadline import parse_instant
from runbook.group_name import GUID
from runbook.outcome import Refused

_ACCOUNT = re.compile(
    r"/subscriptions/[0-9a-f-]{36}/resourceGroups/[\w.()-]{1,90}"
    r"/providers/Microsoft\.Automation/automationAccounts/[\w-]{1,50}",
    re.IGNORECASE,
)
_VARIABLE = re.compile(r"[\w.-]{1,128}")
_RESOURCE_MANAGERS = {"management.azure.com", "management.usgovcloudapi.net", "management.chinacloudapi.cn"}
_THIS_MACHINE = {"127.0.0.1", "localhost"}  # where the sandbox listens
_GRANTS = ("add", "update", "extend")
_STAGES = {"assignmentrequestgranted": "granted", "assignmentrequestremoved": "removed"}


@dataclass(frozen=True, slots=True)
class Envelope:
    """One callout.

    `event` is granted or removed. `user`, `access_package` and the other ids are GUIDs in lower case (`assignment` and
    `stage_instance` may be empty). `arm` is the base URL of Resource Manager, `automation_account` the account's
    resource id, `settings` the name of a variable in it.
    """

    environment: str
    user: str
    event: str
    access_package: str
    assignment: str
    stage_instance: str
    deadline: datetime
    arm: str
    arm_audience: str
    automation_account: str
    settings: str


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


def read_envelope(fields: dict[str, Any]) -> Envelope:
    """The envelope with every field checked.

    Raises:
        Refused: it is of another version or source, a field is missing or malformed, or the event is not one for
            which groups change.
    """
    if fields.get("version") != 1 or fields.get("source") != "entitlement":
        raise Refused(
            f"envelope version {fields.get('version')!r} of source {fields.get('source')!r} is not known to this "
            "runbook; run 'lockstep apply' so that Logic App and runbook are of one version"
        )
    account = _text(fields, "automation_account")
    if not _ACCOUNT.fullmatch(account):
        raise Refused(f"envelope: automation_account {account!r} is not an Automation account's resource id")
    settings = _text(fields, "settings")
    if not _VARIABLE.fullmatch(settings):
        raise Refused(f"envelope: settings {settings!r} is not a variable's name")
    return Envelope(
        environment=_text(fields, "environment"),
        user=_guid(fields, "user"),
        event=_event(_text(fields, "stage"), _text(fields, "request_type", needed=False)),
        access_package=_guid(fields, "access_package"),
        assignment=_guid(fields, "assignment", needed=False),
        stage_instance=_guid(fields, "stage_instance", needed=False),
        deadline=_instant(fields, "deadline"),
        arm=_resource_manager(_text(fields, "arm")),
        arm_audience=_text(fields, "arm_audience"),
        automation_account=account,
        settings=settings,
    )


def _decoded(text: str) -> Any:
    if text.startswith("b64."):
        return json.loads(base64.b64decode(text[4:], validate=True).decode("utf-8"))
    if text.startswith("{'"):
        return ast.literal_eval(text)  # JSON that a Linux worker has decoded and written as Python
    return json.loads(text)


def _event(stage: str, request_type: str) -> str:
    """granted or removed, if the stage and the kind of request say the same."""
    event = _STAGES.get(stage.lower())
    if event is None:
        raise Refused(f"stage '{stage}' is not one at which groups change; nothing was changed")
    kind = request_type.lower()
    if kind.endswith("remove") or "expire" in kind:
        asked = "removed"
    elif kind.endswith(_GRANTS):
        asked = "granted"
    elif not kind:
        return event
    else:
        raise Refused(f"request type '{request_type}' is not known to this runbook; nothing was changed")
    if asked != event:
        raise Refused(f"stage '{stage}' and request type '{request_type}' contradict each other; nothing was changed")
    return event


def _resource_manager(url: str) -> str:
    """The base URL, if the token of the Automation account may be sent there.

    Whoever may start a job chooses its parameter, so the host is not taken on trust.
    """
    try:
        parts = urlsplit(url)
        known = parts.hostname in _RESOURCE_MANAGERS and parts.port in {None, 443}
    except ValueError as error:
        raise Refused(f"envelope: arm {url!r} is not a URL") from error
    here = parts.hostname in _THIS_MACHINE
    if parts.scheme != "https" or not (known or here) or parts.path.strip("/") or parts.query or parts.username:
        raise Refused(f"envelope: arm {url!r} is not the Resource Manager of a Microsoft cloud; no token is sent there")
    return url.rstrip("/")


def _text(fields: dict[str, Any], key: str, *, needed: bool = True) -> str:
    value = fields.get(key)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value):
        raise Refused(f"envelope: {key} is missing or not text")
    return value


def _guid(fields: dict[str, Any], key: str, *, needed: bool = True) -> str:
    value = _text(fields, key, needed=needed)
    if value and not GUID.fullmatch(value):
        raise Refused(f"envelope: {key} {value!r} is not a GUID")
    return value.lower()


def _instant(fields: dict[str, Any], key: str) -> datetime:
    try:
        return parse_instant(_text(fields, key))
    except ValueError as error:
        raise Refused(f"envelope: {key} {error}") from error
