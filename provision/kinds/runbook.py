"""The Automation runbook, without its content. Source: Azure Automation REST API 2024-10-23, runbooks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from provision import ownership
from provision.blueprint import Blueprint
from provision.change import Change
from provision.errors import ProvisionError
from provision.inventory import Inventory
from provision.kinds.kind import failed as verdict
from provision.kinds.kind import no_doubt as doubt
from provision.naming import AUTOMATION_API_VERSION, account_id
from provision.resource import Address, ArmTarget, Json, Owner, Request, Resource

__all__ = ["KIND", "desired", "doubt", "found", "request", "verdict"]

KIND = "runbook"
CONTENT_TAG = "lockstep-content"
FIXED = ("runbookType", "runtimeEnvironment")


def desired(blueprint: Blueprint) -> Iterable[Resource]:
    """The one runbook of the environment. Its tag names the content it is meant to have, by SHA-256."""
    environment, automation = blueprint.environment, blueprint.environment.automation
    digest = hashlib.sha256(blueprint.script.encode()).hexdigest()
    properties = {
        "description": ownership.description(environment.name, "keeps AD groups in step with access packages"),
        "runbookType": automation.runbook_type,
    }
    if automation.runtime_environment:
        properties["runtimeEnvironment"] = automation.runtime_environment
    body = {
        "location": blueprint.location,
        "tags": ownership.tags(environment.name) | {CONTENT_TAG: digest},
        "properties": properties,
    }
    target = ArmTarget(f"{account_id(environment)}/runbooks/{automation.runbook}", AUTOMATION_API_VERSION)
    yield Resource(Address(KIND, automation.runbook), target, body, "is started once for every callout")


def found(inventory: Inventory) -> Iterable[Resource]:
    """Every runbook with our tags, also under a former name; a foreign one of the wanted name, in whatever case."""
    environment = inventory.environment
    wanted = environment.automation.runbook
    for answer in inventory.runbooks:
        ours = ownership.is_tagged(answer, environment.name)
        name = wanted if answer["name"].lower() == wanted.lower() else answer["name"]
        if ours or name == wanted:
            yield Resource(
                Address(KIND, name),
                ArmTarget(f"{account_id(environment)}/runbooks/{name}", AUTOMATION_API_VERSION),
                _comparable(answer),
                "give the runbook another name with `automation.runbook` in the environment file",
                Owner.OURS if ours else Owner.FOREIGN,
                answer,
                "" if ours else _unadoptable(inventory, answer),
            )


def request(change: Change, current: Json) -> Request | None:
    """PUT as a draft when it is new, PATCH when it is there: a PUT could unpublish it."""
    target, body = change.resource.target, change.resource.body
    if change.action == "delete":
        return _deletion(change.resource, current) if current is not None else None
    if change.action == "update":
        _refuse_fixed(change)
        environment, owner = body["tags"][ownership.ENVIRONMENT], ownership.environment_of(current or {})
        ownership.ensure_not_of_another(change.resource.address, environment, tagged=owner)
        properties = {"description": body["properties"]["description"]}
        tags = {**ownership.tags_beside(body["tags"], current or {}), **body["tags"]}
        return Request("patch", target, {"tags": tags, "properties": properties})
    ours = ownership.is_tagged(current or {}, body["tags"][ownership.ENVIRONMENT])
    ownership.ensure_free(change.resource.address, current, ours=ours)  # what is adopted is there, and is updated
    settled = {"logVerbose": False, "logProgress": False, "draft": {}}
    return Request("put", target, {**body, "properties": {**body["properties"], **settled}})


def _deletion(resource: Resource, current: Mapping[str, Json]) -> Request:
    owners = (ownership.environment_of(side) for side in (resource.body, current))
    ownership.ensure_still_ours(resource.address, *owners)
    return Request("delete", resource.target)


def _unadoptable(inventory: Inventory, answer: Mapping[str, Json]) -> str:
    automation, there = inventory.environment.automation, _comparable(answer)
    wanted = {"runbookType": automation.runbook_type, "runtimeEnvironment": automation.runtime_environment}
    for name, value in wanted.items():
        found = there["properties"].get(name)
        if found != value:
            return f"its {name} is {found} and cannot become {value} in place"
    location = str((inventory.account or {}).get("location", "")).replace(" ", "").lower()
    if there["location"] != location:
        return f"its location is {there['location']} and cannot become {location} in place"
    return ownership.of_another(inventory.environment.name, tagged=ownership.environment_of(answer))


def _refuse_fixed(change: Change) -> None:
    for difference in change.differences:
        if difference.path.startswith(("location", *(f"properties.{name}" for name in FIXED))):
            raise ProvisionError(
                f"{change.resource.address}: {difference.path} is {difference.before} and cannot become "
                f"{difference.after} in place. Give the runbook another name with `automation.runbook` in the "
                "environment file: the new one is made first, then the old one is deleted."
            )


def _comparable(answer: Mapping[str, Json]) -> dict[str, Json]:
    """The answer in the shape of `desired`; foreign tags are not ours to judge."""
    properties = answer.get("properties") or {}
    wanted = ownership.tags("-") | {CONTENT_TAG: "-"}
    return {
        "location": str(answer.get("location", "")).replace(" ", "").lower(),
        "tags": ownership.tags_like(wanted, answer),
        "properties": {key: properties[key] for key in ("description", *FIXED) if properties.get(key) is not None},
    }
