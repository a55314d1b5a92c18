"""The two Automation variables of an environment: the runbook's settings, and the mapping where it is carried.

Source: Azure Automation REST API 2024-10-23, variables. A value is JSON text of at most 1,048,576 characters.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from provision import ownership
from provision.blueprint import Blueprint
from provision.change import Change
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.inventory import Inventory
from provision.kinds.kind import failed as verdict
from provision.kinds.kind import no_doubt as doubt
from provision.kinds.settings import settings
from provision.naming import AUTOMATION_API_VERSION, account_id, mapping_variable, settings_variable
from provision.resource import Address, ArmTarget, Json, Owner, Request, Resource, Target

__all__ = ["KIND", "desired", "doubt", "found", "parsed", "put", "request", "verdict"]

KIND = "variable"
VALUE_LENGTH = 1_048_576


def desired(blueprint: Blueprint) -> Iterable[Resource]:
    """Settings always, the mapping when the environment carries it."""
    environment = blueprint.environment
    name = settings_variable(environment.name)
    value = settings(environment, blueprint.mapping, blueprint.pins)
    yield _variable(environment, name, value, "settings of the runbook")
    if blueprint.mapping is not None:
        yield _variable(
            environment, mapping_variable(environment.name), blueprint.mapping, "access packages and their AD groups"
        )


def found(inventory: Inventory) -> Iterable[Resource]:
    """The variables under our names, whoever made them."""
    environment = inventory.environment
    for answer in inventory.variables:
        properties = answer["properties"]
        ours = ownership.is_described(properties.get("description"), environment.name)
        yield Resource(
            Address(KIND, answer["name"]),
            ArmTarget(f"{account_id(environment)}/variables/{answer['name']}", AUTOMATION_API_VERSION),
            {"value": parsed(properties), "description": properties.get("description")},
            "delete the variable, or choose another `name` for the environment",
            Owner.OURS if ours else Owner.FOREIGN,
            answer,
            "" if ours else _unadoptable(environment, properties),
        )


def request(change: Change, current: Json) -> Request | None:
    """PUT, which creates and replaces."""
    resource = change.resource
    there = (current or {}).get("properties", {}).get("description")
    if change.action == "delete":
        return _deletion(resource, there) if current is not None else None
    if change.action == "create":
        ownership.ensure_free(resource.address, current, ours=there == resource.body["description"])
    ownership.ensure_not_of_another(resource.address, ownership.described_for(resource.body["description"]), text=there)
    return put(resource.target, resource.address.name, resource.body["value"], resource.body["description"])


def put(target: Target, name: str, value: Json, description: str) -> Request:
    """Writes the whole variable, which is never encrypted."""
    properties = {"value": _text(value), "description": description, "isEncrypted": False}
    return Request("put", target, {"name": name, "properties": properties})


def parsed(properties: Mapping[str, Json]) -> Json:
    """The value as JSON, so that a plan can name the setting that differs; text that is no JSON stays as it is."""
    value = properties.get("value")
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _variable(environment: Environment, name: str, value: Json, purpose: str) -> Resource:
    if len(_text(value)) > VALUE_LENGTH:
        raise ProvisionError(
            f"variable {name}: its value would have {len(_text(value)):,} characters, Azure Automation takes "
            f"{VALUE_LENGTH:,}. Keep the mapping on the worker or on GitHub: `mapping.source` in the environment file."
        )
    target = ArmTarget(f"{account_id(environment)}/variables/{name}", AUTOMATION_API_VERSION)
    body = {"value": value, "description": ownership.description(environment.name, purpose)}
    return Resource(Address(KIND, name), target, body, f"holds the {purpose}")


def _deletion(resource: Resource, there: str | None) -> Request:
    owners = (ownership.described_for(text) for text in (resource.body["description"], there))
    ownership.ensure_still_ours(resource.address, *owners)
    return Request("delete", resource.target)


def _unadoptable(environment: Environment, properties: Mapping[str, Json]) -> str:
    if properties.get("isEncrypted"):
        return "it is encrypted, which cannot be undone"
    return ownership.of_another(environment.name, text=properties.get("description"))


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=True, sort_keys=True)
