"""Microsoft.Automation: schedules over the wire.

Sources: the REST API's own schema; that a start must be five minutes ahead, that a PUT changes what is there, and that
an end is the year 9999 in the zone's own time: Microsoft's clients, Terraform's provider and its issues.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from provision.sandbox.arm.door import document, stamp
from provision.sandbox.automation.account import ACCOUNT, TYPE, Account, ProviderRefusal, automation_error
from provision.sandbox.automation.schedule_store import STEPS, Schedule, ScheduleStore
from provision.sandbox.service import Answer, Call, Refusal, Route

SCHEDULE = f"{ACCOUNT}/schedules/{{name}}"
AHEAD = timedelta(minutes=5)
FREQUENCIES = ("OneTime", *STEPS)
PATCHED = {"description", "isEnabled"}
_PUT = {"description", "startTime", "expiryTime", "interval", "frequency", "timeZone", "advancedSchedule"}
_NAME = re.compile(r"[^<>*%&:\\?.+/]{1,128}")
_NEVER = "9999-12-31T23:59:59.9999999"


class Schedules:
    """The schedules of the account."""

    def __init__(self, account: Account, store: ScheduleStore) -> None:
        self._account = account
        self._store = store
        self.spelled: dict[str, str] = {}
        """Under which name a time zone comes back, where not as it was sent. No document promises the same one."""

    def routes(self) -> Sequence[Route]:
        """List, read, write, change, delete."""
        return (
            Route("GET", f"{ACCOUNT}/schedules", self._list),
            Route("GET", SCHEDULE, self._get),
            Route("PUT", SCHEDULE, self._put),
            Route("PATCH", SCHEDULE, self._patch),
            Route("DELETE", SCHEDULE, self._delete),
        )

    def refuse(self, refusal: Refusal) -> Answer:
        """An error of the service or of Resource Manager."""
        return automation_error(refusal)

    def _admit(self, call: Call, verb: str) -> str:
        name = call.arguments["name"]
        self._account.admit(call, f"schedules/{verb}", "schedules", name)
        return name

    def _find(self, call: Call, verb: str) -> Schedule:
        name = self._admit(call, verb)
        found = self._store.find(name)
        if found is None:
            raise ProviderRefusal(404, "NotFound", f"The schedule was not found. Schedule name: {name}.")
        return found

    def _list(self, call: Call) -> Answer:
        self._account.admit(call, "schedules/read")
        return self._account.door.page(call, [self._render(schedule) for schedule in self._store.all()])

    def _get(self, call: Call) -> Answer:
        return Answer(200, self._render(self._find(call, "read")))

    def _put(self, call: Call) -> Answer:
        name, now = self._admit(call, "write"), self._account.clock.now()
        if not _NAME.fullmatch(name):
            raise _bad(f"The schedule name '{name}' is not valid.")
        body = document(call)
        if body.get("name") != name:
            raise _bad("The name of a schedule is required, and is the one of its address.")
        given = _checked(body.get("properties") or {}, now)
        with self._store.lock:
            present = self._store.find(name)
            schedule = present or Schedule(name, **given, created=now, modified=now)
            for member, value in given.items():
                setattr(schedule, member, value)
            schedule.modified = now
            schedule.advance(now)
            self._store.add(schedule)
            return Answer(200 if present else 201, self._render(schedule))

    def _patch(self, call: Call) -> Answer:
        """Description and switch; nothing else of a schedule is changed so."""
        schedule = self._find(call, "write")
        properties = document(call).get("properties") or {}
        if unknown := sorted(set(properties) - PATCHED):
            raise _bad(f"An update of a schedule has no property '{unknown[0]}'.")
        with self._store.lock:
            schedule.description = str(properties.get("description", schedule.description) or "")
            schedule.enabled = properties.get("isEnabled", schedule.enabled) is True
            schedule.modified = self._account.clock.now()
            schedule.advance(schedule.modified)
            return Answer(200, self._render(schedule))

    def _delete(self, call: Call) -> Answer:
        name = self._admit(call, "delete")
        if not self._store.remove(name):
            raise ProviderRefusal(404, "NotFound", f"The schedule was not found. Schedule name: {name}.")
        return Answer(200)

    def _render(self, schedule: Schedule) -> dict[str, Any]:
        zone = ZoneInfo(schedule.zone)
        start, expiry = schedule.start.astimezone(zone), schedule.expiry
        offset = start.isoformat()[-6:]
        following = schedule.following.astimezone(zone) if schedule.following else None
        properties = {
            "description": schedule.description or None,
            "startTime": start.isoformat(),
            "startTimeOffsetMinutes": _minutes(start),
            "expiryTime": expiry.astimezone(zone).isoformat() if expiry else f"{_NEVER}{offset}",
            "expiryTimeOffsetMinutes": _minutes(start),
            "isEnabled": schedule.enabled,
            "nextRun": following.isoformat() if following else None,
            "nextRunOffsetMinutes": _minutes(following or start),
            "interval": schedule.interval,
            "frequency": schedule.frequency,
            "creationTime": stamp(schedule.created),
            "lastModifiedTime": stamp(schedule.modified),
            "timeZone": self.spelled.get(schedule.zone, schedule.zone),
            "advancedSchedule": None,
        }
        return {
            "id": f"{self._account.resource_id}/schedules/{schedule.name}",
            "name": schedule.name,
            "type": f"{TYPE}/schedules",
            "properties": properties,
        }


def _checked(properties: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The members of a schedule."""
    if unknown := sorted(set(properties) - _PUT):
        raise _bad(f"A schedule has no property '{unknown[0]}'.")
    frequency, interval = properties.get("frequency"), properties.get("interval")
    if frequency not in FREQUENCIES or properties.get("advancedSchedule"):
        raise _bad(f"The sandbox knows the frequencies {', '.join(FREQUENCIES)}, and no advanced schedules.")
    if frequency == "OneTime" and interval is not None:
        raise _bad("A schedule that runs one time has no interval.")
    if frequency != "OneTime" and (type(interval) is not int or not 1 <= interval <= 100):
        raise _bad("The interval of a schedule is a number from 1 to 100.")
    zone = _zone(properties.get("timeZone"))
    start = _moment(properties.get("startTime"), "startTime", zone)
    if start < now + AHEAD:
        raise _bad("The start time of the schedule must be at least 5 minutes after the time you create the schedule.")
    expiry = _moment(properties["expiryTime"], "expiryTime", zone) if properties.get("expiryTime") else None
    if expiry is not None and expiry <= start:
        raise _bad("The expiry time of the schedule must be after its start time.")
    return {
        "description": str(properties.get("description") or ""),
        "frequency": frequency,
        "interval": interval,
        "start": start,
        "expiry": expiry,
        "zone": zone.key,
    }


def _zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(str(name or "UTC"))
    except (KeyError, ValueError, OSError) as error:
        raise _bad(f"The time zone '{name}' is not valid; the sandbox knows the names of the IANA list.") from error


def _moment(text: Any, name: str, zone: ZoneInfo) -> datetime:
    """What has no offset is meant by the clock of the schedule's zone."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise _bad(f"The {name} '{text}' of a schedule is not a time in ISO 8601.") from error
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(zone)


def _minutes(moment: datetime) -> int:
    return (moment.utcoffset() or timedelta()) // timedelta(minutes=1)


def _bad(message: str) -> ProviderRefusal:
    return ProviderRefusal(400, "BadRequest", message)
