"""The Logic App of a catalog or of Lifecycle Workflows: definition, identity, and a trigger for that service only.

Source: Azure Logic Apps REST API 2019-05-01, workflows; "Secure access and data - Azure AD PoP"; design D3 to D5. A PUT
replaces the resource, so that identity, access control, parameters and tags are in every one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from provision import ownership
from provision.blueprint import Blueprint, CatalogBlueprint, LifecycleBlueprint
from provision.change import Change
from provision.environment import Environment
from provision.inventory import Inventory
from provision.kinds.access_control import (
    ENTITLEMENT_MANAGEMENT,
    LIFECYCLE_WORKFLOWS,
    Caller,
    in_our_order,
    locked,
)
from provision.kinds.kind import failed as verdict
from provision.naming import lifecycle_logic_app, resource_group_id, workflow_id
from provision.resource import LIFECYCLE, Address, Json, Owner, Request, Resource, WorkflowTarget

__all__ = ["KIND", "desired", "doubt", "found", "request", "verdict"]

KIND = "Logic App"
PURPOSE = "Purpose"


def address(name: str, catalog: str) -> Address:
    """The address of the Logic App of a catalog, or of LIFECYCLE."""
    return Address(KIND, name, catalog)


def desired(blueprint: Blueprint) -> Iterable[Resource]:
    """One for each listed catalog, and one for Lifecycle Workflows."""
    for catalog in blueprint.catalogs:
        identifier = workflow_id(resource_group_id(blueprint.environment), catalog.logic_app)
        yield Resource(
            address(catalog.logic_app, catalog.id),
            WorkflowTarget(identifier),
            body(blueprint.environment, catalog),
            f"takes the callouts of catalog {catalog.name}",
        )
    if lifecycle := blueprint.lifecycle:
        identifier = workflow_id(resource_group_id(blueprint.environment), lifecycle.logic_app)
        yield Resource(
            address(lifecycle.logic_app, LIFECYCLE),
            WorkflowTarget(identifier, application=True),
            lifecycle_body(blueprint.environment, lifecycle),
            "takes the calls of Lifecycle Workflows",
        )


def found(inventory: Inventory) -> Iterable[Resource]:
    """Every Logic App with the tags of this environment, and foreign ones under names that ours would have."""
    names = {catalog.id: f"catalog {catalog.name}" for catalog in inventory.catalogs}
    names[LIFECYCLE] = "Lifecycle Workflows"
    for answer in inventory.workflows:
        ours = ownership.is_tagged(answer, inventory.environment.name)
        tagged = ownership.catalog_of(answer) if ours else ""
        name, catalog = inventory.wished.get(answer["name"].lower(), (answer["name"], tagged))
        yield Resource(
            address(name, catalog),
            WorkflowTarget(answer["id"], application=asks_application(inventory.environment, answer)),
            _comparable(answer),
            f"give {names.get(catalog, catalog)} another name with `logic_app:` in the environment file",
            Owner.OURS if ours else Owner.FOREIGN,
            answer,
            "" if ours else _unadoptable(inventory.environment, answer),
        )


def request(change: Change, current: Json) -> Request | None:
    """PUT of the whole resource; tags and address ranges that others have set stay."""
    resource, body = change.resource, change.resource.body
    if change.action == "delete":
        return _deletion(resource, current) if current is not None else None
    there = current or {}
    ours = ownership.is_tagged(there, body["tags"][ownership.ENVIRONMENT])
    ownership.ensure_free(resource.address, current, ours=ours or change.adopts)
    environment = body["tags"][ownership.ENVIRONMENT]
    ownership.ensure_not_of_another(resource.address, environment, tagged=ownership.environment_of(there))
    control = {**((there.get("properties") or {}).get("accessControl") or {}), **body["properties"]["accessControl"]}
    return Request(
        "put",
        resource.target,
        {
            **body,
            "tags": {**ownership.tags_beside(body["tags"], there), **body["tags"]},
            "properties": {**body["properties"], "accessControl": control},
        },
    )


def doubt(change: Change, answer: Json) -> str:
    """The door must be locked: the service has to repeat the policy and that signatures are refused."""
    if change.action == "delete":
        return ""
    wanted = change.resource.body["properties"]["accessControl"]["triggers"]
    there = (((answer or {}).get("properties") or {}).get("accessControl") or {}).get("triggers")
    return "" if in_our_order(there) == wanted else "the service did not keep the access control of the trigger"


def body(environment: Environment, catalog: CatalogBlueprint) -> dict[str, Json]:
    """The resource of a catalog's Logic App as it is sent."""
    return _body(environment, catalog, catalog.id, ENTITLEMENT_MANAGEMENT)


def lifecycle_body(environment: Environment, lifecycle: LifecycleBlueprint) -> dict[str, Json]:
    """The resource of the Logic App of Lifecycle Workflows as it is sent."""
    return _body(environment, lifecycle, LIFECYCLE, LIFECYCLE_WORKFLOWS)


def asks_application(environment: Environment, answer: Mapping[str, Json]) -> bool:
    """Whether the application id of this Logic App's identity has to be known, for which Graph needs a permission."""
    wanted = environment.lifecycle_workflows is not None
    return wanted and str(answer["name"]).lower() == lifecycle_logic_app(environment).lower()


def _body(
    environment: Environment, served: CatalogBlueprint | LifecycleBlueprint, catalog: str, caller: Caller
) -> dict[str, Json]:
    identifier = workflow_id(resource_group_id(environment), served.logic_app)
    return {
        "location": environment.location,
        "tags": ownership.tags(environment.name, catalog) | {PURPOSE: caller.purpose},
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "state": "Enabled",
            "definition": served.definition,
            "parameters": served.parameters,
            "accessControl": {"triggers": locked(environment, identifier, caller)},
        },
    }


def _deletion(resource: Resource, current: Mapping[str, Json]) -> Request:
    owners = (ownership.environment_of(side) for side in (resource.body, current))
    ownership.ensure_still_ours(resource.address, *owners)
    return Request("delete", resource.target)


def _unadoptable(environment: Environment, answer: Mapping[str, Json]) -> str:
    location = _comparable(answer)["location"]
    if location != environment.location:
        return f"it is in {location}, and a Logic App cannot move to {environment.location}"
    return ownership.of_another(environment.name, tagged=ownership.environment_of(answer))


def _comparable(answer: Mapping[str, Json]) -> dict[str, Json]:
    """The answer in the shape of `desired`; foreign tags and address ranges are not ours to judge."""
    properties = answer.get("properties") or {}
    wanted = dict.fromkeys((*ownership.ALL_TAGS, PURPOSE), "")
    parameters = properties.get("parameters") or {}
    return {
        "location": str(answer.get("location", "")).replace(" ", "").lower(),
        "tags": ownership.tags_like(wanted, answer),
        "identity": {"type": (answer.get("identity") or {}).get("type")},
        "properties": {
            "state": properties.get("state"),
            "definition": properties.get("definition"),
            "parameters": {name: {"value": value.get("value")} for name, value in parameters.items()},
            "accessControl": {"triggers": in_our_order((properties.get("accessControl") or {}).get("triggers"))},
        },
    }
