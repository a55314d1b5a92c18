"""The Automation schedule of the nightly sweep: every day at one time in one zone.

Source: Azure Automation REST API 2024-10-23, schedules. The service answers with a start of its own spelling, years
later still with the first one, and does not promise to repeat the zone's name: what is compared is the time of day in
the zone that is wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from provision import ownership
from provision.blueprint import Blueprint
from provision.change import Change
from provision.environment import Environment
from provision.instant import instant
from provision.inventory import Inventory
from provision.kinds.kind import failed as verdict
from provision.naming import AUTOMATION_API_VERSION, account_id, sweep_schedule
from provision.resource import Address, ArmTarget, Json, Owner, Request, Resource, Upcoming
from provision.upcoming import zone_of

__all__ = ["KIND", "desired", "doubt", "found", "request", "verdict"]

KIND = "schedule"
PURPOSE: Final = "starts the nightly sweep"
DAILY: Final = {"frequency": "Day", "interval": 1}
PATCHED: Final = ("description", "isEnabled")
"""All that the service changes without a new start."""
NEVER: Final = 9999
"""The year in which a schedule ends that does not end."""
_SEASONS: Final = ((1, 15), (7, 15))


def desired(blueprint: Blueprint) -> Iterable[Resource]:
    """One, when the environment says at what time."""
    environment, sweep = blueprint.environment, blueprint.environment.sweep
    if sweep.schedule is None:
        return
    body = {
        "description": ownership.description(environment.name, PURPOSE),
        "isEnabled": True,
        "time": sweep.schedule,
        "timeZone": sweep.time_zone,
        **DAILY,
    }
    name = sweep_schedule(environment.name)
    yield Resource(Address(KIND, name), _target(blueprint.environment, name), body, _purpose(sweep.apply))


def found(inventory: Inventory) -> Iterable[Resource]:
    """The schedule under our name, whoever made it."""
    environment = inventory.environment
    name = sweep_schedule(environment.name)
    for answer in inventory.schedules:
        description = (answer.get("properties") or {}).get("description")
        ours = ownership.is_described(description, environment.name)
        yield Resource(
            Address(KIND, name),
            _target(environment, name),
            _comparable(answer.get("properties") or {}, environment.sweep.time_zone),
            "delete the schedule, or choose another `name` for the environment",
            Owner.OURS if ours else Owner.FOREIGN,
            answer,
            "" if ours else ownership.of_another(environment.name, text=description),
        )


def request(change: Change, current: Json) -> Request | None:
    """PATCH for what it takes, and PUT with a new start for everything else."""
    resource = change.resource
    body, there = resource.body, (current or {}).get("properties", {}).get("description")
    if change.action == "delete":
        if current is None:
            return None
        owners = (ownership.described_for(text) for text in (body["description"], there))
        ownership.ensure_still_ours(resource.address, *owners)
        return Request("delete", resource.target)
    if change.action == "create":
        ownership.ensure_free(resource.address, current, ours=there == body["description"])
    ownership.ensure_not_of_another(resource.address, ownership.described_for(body["description"]), text=there)
    name = resource.address.name
    if current is not None and change.differences and all(d.path in PATCHED for d in change.differences):
        return Request("patch", resource.target, {"name": name, "properties": {key: body[key] for key in PATCHED}})
    kept = {key: body[key] for key in ("description", "timeZone", *DAILY)}
    properties = {**kept, "startTime": Upcoming(body["time"], body["timeZone"])}
    return Request("put", resource.target, {"name": name, "properties": properties})


def doubt(change: Change, answer: Json) -> str:
    """A new start does not promise to switch on what somebody has switched off; that is another write."""
    enabled = ((answer or {}).get("properties") or {}).get("isEnabled")
    return "it is still switched off" if change.action != "delete" and enabled is False else ""


def time_of_day(properties: Mapping[str, Json], zone: str) -> str | None:
    """When it begins, by the clock of `zone`; None when that cannot be told."""
    begins, known = instant(str(properties.get("startTime") or "")), zone_of(zone)
    if begins is None:
        return None
    local = begins.astimezone(known) if known else begins
    return local.strftime("%H:%M:%S" if local.second else "%H:%M")


def _comparable(properties: Mapping[str, Json], zone: str) -> dict[str, Json]:
    """The answer in the shape of `desired`."""
    told = str(properties.get("timeZone") or "")
    same = _same_zone(told, zone)
    expiry = str(properties.get("expiryTime") or "")
    return {
        "description": properties.get("description"),
        "isEnabled": properties.get("isEnabled"),
        "time": time_of_day(properties, zone if same else told),
        "timeZone": zone if same else told,
        **{key: properties.get(key) for key in DAILY},
        **({"expiryTime": expiry} if expiry and int(expiry[:4]) < NEVER else {}),
    }


def _same_zone(told: str, wanted: str) -> bool:
    """Whether they are one zone; a name that is not of the IANA list is the service's own spelling of what was sent."""
    first, second = zone_of(told), zone_of(wanted)
    if told.lower() == wanted.lower() or first is None or second is None:
        return bool(told)
    days = [datetime(2026, month, day, 12) for month, day in _SEASONS]  # noqa: DTZ001 - the zones are what is compared
    return all(day.replace(tzinfo=first).utcoffset() == day.replace(tzinfo=second).utcoffset() for day in days)


def _target(environment: Environment, name: str) -> ArmTarget:
    return ArmTarget(f"{account_id(environment)}/schedules/{name}", AUTOMATION_API_VERSION)


def _purpose(applies: bool) -> str:  # noqa: FBT001 - what the environment says
    return "starts the nightly sweep, which " + ("writes within the budgets" if applies else "only reports")
