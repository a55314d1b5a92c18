"""The Logic App of a catalog: definition, identity, and a trigger that only entitlement management may call.

Source: Azure Logic Apps REST API 2019-05-01, workflows; "Secure access and data - Azure AD PoP"; design D3 to D5. A PUT
replaces the resource, so that identity, access control, parameters and tags are in every one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from provision import ownership
from provision.blueprint import Blueprint, CatalogBlueprint
from provision.change import Change
from provision.environment import Environment
from provision.inventory import Inventory
from provision.kinds.kind import failed as verdict
from provision.naming import resource_group_id, workflow_id
from provision.resource import Address, Json, Owner, Request, Resource, WorkflowTarget

__all__ = ["KIND", "desired", "doubt", "found", "request", "verdict"]

KIND = "Logic App"
ENTITLEMENT_MANAGEMENT = "810dcf14-1858-4bf2-8134-4c369fa3235b"  # application id of the service that calls the trigger
POLICY = "AzureADEntitlementManagementPOPAuthPolicy"
PURPOSE = {"Purpose": "Azure AD Entitlement Management"}
CLAIMS = ("iss", "aud", "appid", "m", "u", "p")


def address(name: str, catalog: str) -> Address:
    """The address of a catalog's Logic App."""
    return Address(KIND, name, catalog)


def desired(blueprint: Blueprint) -> Iterable[Resource]:
    """One for each listed catalog."""
    for catalog in blueprint.catalogs:
        identifier = workflow_id(resource_group_id(blueprint.environment), catalog.logic_app)
        yield Resource(
            address(catalog.logic_app, catalog.id),
            WorkflowTarget(identifier),
            body(blueprint.environment, catalog),
            f"takes the callouts of catalog {catalog.name}",
        )


def found(inventory: Inventory) -> Iterable[Resource]:
    """Every Logic App with the tags of this environment, and foreign ones under names that ours would have."""
    names = {catalog.id: catalog.name for catalog in inventory.catalogs}
    for answer in inventory.workflows:
        ours = ownership.is_tagged(answer, inventory.environment.name)
        tagged = ownership.catalog_of(answer) if ours else ""
        name, catalog = inventory.wished.get(answer["name"].lower(), (answer["name"], tagged))
        yield Resource(
            address(name, catalog),
            WorkflowTarget(answer["id"]),
            _comparable(answer),
            f"give catalog {names.get(catalog, catalog)} another name with `logic_app:` in the environment file",
            Owner.OURS if ours else Owner.FOREIGN,
            answer,
        )


def request(change: Change, current: Json) -> Request | None:
    """PUT of the whole resource; tags and address ranges that others have set stay."""
    resource, body = change.resource, change.resource.body
    if change.action == "delete":
        return Request("delete", resource.target) if current is not None else None
    there = current or {}
    ours = ownership.is_tagged(there, body["tags"][ownership.ENVIRONMENT])
    ownership.ensure_free(resource.address, current, ours=ours)
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
    return "" if _set(there) == wanted else "the service did not keep the access control of the trigger"


def body(environment: Environment, catalog: CatalogBlueprint) -> dict[str, Json]:
    """The resource of a catalog's Logic App as it is sent."""
    identifier = workflow_id(resource_group_id(environment), catalog.logic_app)
    return {
        "location": environment.location,
        "tags": ownership.tags(environment.name, catalog.id) | PURPOSE,
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "state": "Enabled",
            "definition": catalog.definition,
            "parameters": catalog.parameters,
            "accessControl": {"triggers": _locked(environment, identifier)},
        },
    }


def _locked(environment: Environment, identifier: str) -> dict[str, Json]:
    """Only a proof-of-possession token of entitlement management for exactly this workflow opens the trigger."""
    cloud = environment.cloud
    values = (
        cloud.issuer(environment.tenant),  # the only one with a slash at its end
        cloud.pop_audience,
        ENTITLEMENT_MANAGEMENT,
        "POST",
        cloud.pop_host,
        identifier,
    )
    claims = [{"name": name, "value": value} for name, value in zip(CLAIMS, values, strict=True)]
    policy = {"type": "AADPOP", "claims": claims}
    return {
        "sasAuthenticationPolicy": {"state": "Disabled"},
        "openAuthenticationPolicies": {"policies": {POLICY: policy}},
    }


def _comparable(answer: Mapping[str, Json]) -> dict[str, Json]:
    """The answer in the shape of `desired`; foreign tags and address ranges are not ours to judge."""
    properties = answer.get("properties") or {}
    wanted = ownership.tags("-", "-") | PURPOSE
    parameters = properties.get("parameters") or {}
    return {
        "location": str(answer.get("location", "")).replace(" ", "").lower(),
        "tags": ownership.tags_like(wanted, answer),
        "identity": {"type": (answer.get("identity") or {}).get("type")},
        "properties": {
            "state": properties.get("state"),
            "definition": properties.get("definition"),
            "parameters": {name: {"value": value.get("value")} for name, value in parameters.items()},
            "accessControl": {"triggers": _set((properties.get("accessControl") or {}).get("triggers"))},
        },
    }


def _set(triggers: Json) -> Json:
    """The access control without what services add as unset, and with the claims, which are a set, in our order."""
    if not isinstance(triggers, Mapping):
        return triggers
    policies = {
        name: {**policy, "claims": sorted(policy.get("claims") or (), key=_place)}
        for name, policy in ((triggers.get("openAuthenticationPolicies") or {}).get("policies") or {}).items()
    }
    return {
        **{key: value for key, value in triggers.items() if value},
        **({"openAuthenticationPolicies": {"policies": policies}} if policies else {}),
    }


def _place(claim: Mapping[str, Json]) -> tuple[int, str]:
    name = str(claim.get("name"))
    return CLAIMS.index(name) if name in CLAIMS else len(CLAIMS), name
