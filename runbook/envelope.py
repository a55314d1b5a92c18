"""The job's parameter -> a frozen Envelope: who asks, for whom, granted or removed, until when.

Nothing here reads or writes anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from runbook.deadline import parse_instant
from runbook.fields import Fields
from runbook.group_name import GUID
from runbook.https import THIS_MACHINE
from runbook.outcome import Refused
from runbook.parameter import SOURCES

_ACCOUNT = re.compile(
    r"/subscriptions/[0-9a-f-]{36}/resourceGroups/[\w.()-]{1,90}"
    r"/providers/Microsoft\.Automation/automationAccounts/[\w-]{1,50}",
    re.IGNORECASE,
)
_VARIABLE = re.compile(r"[\w.-]{1,128}")
_RESOURCE_MANAGERS = {"management.azure.com", "management.usgovcloudapi.net", "management.chinacloudapi.cn"}
_LONGEST_MINUTES = 24 * 60
_GRANTS = ("add", "update", "extend")
_STAGES = {"assignmentrequestgranted": "granted", "assignmentrequestremoved": "removed"}


@dataclass(frozen=True, slots=True)
class Envelope:
    """What one job is asked to do.

    `source` is one of SOURCES. `arm` is the base URL of Resource Manager, `automation_account` the account's resource
    id, `settings` the name of a variable in it. Ids are GUIDs in lower case.

    `user` is empty when the job is about nobody in particular. `job` is the job's own id, or empty; one on a schedule
    does not know it, and has `minutes` instead of a deadline. `people` and `groups` are a release's: how many people
    have a live assignment, and how many groups the mapping names, as somebody agreed to. `apply`, `checksum` and
    `adds_over_budget` are a sweep's and an undo's: whether to write, the plan that somebody agreed to (empty on a
    schedule), and whether additions are made although removals are over budget. `undone` is the job to undo. The rest
    is a callout's: `event` is granted or removed; `request`, `assignment` and `stage_instance` may be empty.
    """

    source: str
    environment: str
    deadline: datetime | None
    arm: str
    arm_audience: str
    automation_account: str
    settings: str
    user: str = ""
    event: str = ""
    access_package: str = ""
    assignment: str = ""
    stage_instance: str = ""
    people: int = 0
    groups: int = 0
    job: str = ""
    request: str = ""
    minutes: int = 0
    apply: bool = False
    checksum: str = ""
    adds_over_budget: bool = False
    undone: str = ""

    def key(self) -> str:
        """What the settings name when this very job may do more than others: its id, and what it is to do.

        That is the plan that somebody agreed to (of a sweep or an undo), or the person; nothing for a job that only
        looks.
        """
        return f"{self.job} {self.checksum or self.user}".strip()

    def is_named(self, setting: str) -> bool:
        """Whether the setting names this very job, which may then do more than others.

        A plan that nobody has looked at, as a schedule applies it, is never named, whatever job it says it is.
        """
        return bool(self.job) and setting == self.key() and not (self.apply and not self.checksum)

    def ends(self, begun: datetime) -> datetime:
        """When the job must have ended, if it began then."""
        return self.deadline or begun + timedelta(minutes=self.minutes)


def read_envelope(parameter: dict[str, Any]) -> Envelope:
    """The envelope with every field checked.

    Raises:
        Refused: it is of another version or source, a field is missing or malformed, or the event is not one for
            which groups change.
    """
    source = parameter.get("source")
    if parameter.get("version") != 1 or source not in SOURCES:
        raise Refused(
            f"envelope version {parameter.get('version')!r} of source {source!r} is not known to this "
            "runbook; run 'lockstep apply' so that Logic App and runbook are of one version"
        )
    fields = Fields(parameter, "envelope", Refused)
    return Envelope(
        source=source,
        environment=fields.text("environment"),
        deadline=None if source == "sweep" and "minutes" in parameter else _instant(fields, "deadline"),
        arm=_resource_manager(fields),
        arm_audience=fields.text("arm_audience"),
        automation_account=_matching(fields, "automation_account", _ACCOUNT),
        settings=_matching(fields, "settings", _VARIABLE),
        **_READERS[source](fields),
    )


def _callout(fields: Fields) -> dict[str, Any]:
    return {
        "user": fields.guid("user"),
        "event": _event(fields.text("stage"), fields.text("request_type", needed=False)),
        "access_package": fields.guid("access_package"),
        "assignment": fields.guid("assignment", needed=False),
        "stage_instance": _instance(fields, "stage_instance"),
        "request": _instance(fields, "request"),
        "job": fields.guid("job", needed=False),
    }


def _workflow_task(fields: Fields) -> dict[str, Any]:
    for key in ("workflow", "task"):
        fields.guid(key, needed=False)
    return {
        "user": fields.guid("user"),
        "stage_instance": _instance(fields, "task_result"),
        "job": fields.guid("job", needed=False),
    }


def _instance(fields: Fields, key: str) -> str:
    """Only told, never asked for; Entra does not promise a GUID, and the Logic App then makes up the job's id."""
    value = fields.text(key, needed=False)
    return value.lower() if GUID.fullmatch(value) else ""


def _one_person(fields: Fields) -> dict[str, Any]:
    return {"user": fields.guid("user"), "job": fields.guid("job", needed=False)}


def _nobody(_: Fields) -> dict[str, Any]:
    return {}


def _everybody(fields: Fields) -> dict[str, Any]:
    return {"people": fields.count("people"), "groups": fields.count("groups"), "job": fields.guid("job")}


def _sweep(fields: Fields) -> dict[str, Any]:
    """What a schedule repeats knows neither its job nor its deadline, and nobody has looked at its plan."""
    scheduled = "minutes" in fields.values
    minutes = fields.count("minutes") if scheduled else 0
    if scheduled and not 1 <= minutes <= _LONGEST_MINUTES:
        fields.refuse("minutes", f"must be 1 to {_LONGEST_MINUTES}")
    return {
        "minutes": minutes,
        "job": fields.guid("job", needed=not scheduled),
        **_agreed(fields, needed=not scheduled),
    }


def _undo(fields: Fields) -> dict[str, Any]:
    return {"job": fields.guid("job"), "undone": fields.guid("undone"), **_agreed(fields, needed=True)}


def _agreed(fields: Fields, *, needed: bool) -> dict[str, Any]:
    apply = fields.flag("apply")
    return {
        "apply": apply,
        "checksum": fields.text("checksum", needed=needed and apply),
        "adds_over_budget": fields.flag("adds_over_budget"),
    }


_READERS: dict[str, Callable[[Fields], dict[str, Any]]] = {
    "entitlement": _callout,
    "lifecycle": _workflow_task,
    "reconcile": _one_person,
    "check": _nobody,
    "release": _everybody,
    "sweep": _sweep,
    "undo": _undo,
    "explain": _one_person,
}
"""What each source says besides the common fields."""


def _event(stage: str, request_type: str) -> str:
    """Granted or removed, if the stage and the kind of request say the same."""
    event = _STAGES.get(stage.lower())
    if event is None:
        raise Refused(f"stage '{stage}' is not one at which groups change")
    kind = request_type.lower()
    if kind.endswith("remove") or "expire" in kind:
        asked = "removed"
    elif kind.endswith(_GRANTS):
        asked = "granted"
    elif not kind:
        return event
    else:
        raise Refused(f"request type '{request_type}' is not known to this runbook")
    if asked != event:
        raise Refused(f"stage '{stage}' and request type '{request_type}' contradict each other")
    return event


def _resource_manager(fields: Fields) -> str:
    """The base URL, if the token of the Automation account may be sent there.

    Whoever may start a job chooses its parameter, so the host is not taken on trust.
    """
    url = fields.url("arm", "https")
    parts = urlsplit(url)
    known = parts.hostname in _RESOURCE_MANAGERS and parts.port in {None, 443}
    here = parts.hostname in THIS_MACHINE
    if not (known or here) or parts.path or parts.query or parts.fragment:
        fields.refuse("arm", f"{url!r} is not the Resource Manager of a Microsoft cloud; no token is sent there")
    return url


def _matching(fields: Fields, key: str, form: re.Pattern[str]) -> str:
    value = fields.text(key)
    if not form.fullmatch(value):
        fields.refuse(key, f"{value!r} is malformed")
    return value


def _instant(fields: Fields, key: str) -> datetime:
    try:
        return parse_instant(fields.text(key))
    except ValueError as error:
        raise Refused(f"envelope: {key} {error}") from error
