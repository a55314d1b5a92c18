"""The custom extension of a catalog: how entitlement management starts the Logic App and waits for it.

Source: Microsoft Graph v1.0, accessPackageAssignmentRequestWorkflowExtension and its endpoint, authentication and
callback configurations. An app that creates one must send the trigger's `url`; it carries no signature.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from provision import ownership
from provision.blueprint import Blueprint
from provision.change import Change
from provision.errors import ServiceRefusal
from provision.inventory import CatalogInventory, Inventory
from provision.kinds.endpoint import (
    ENDPOINT,
    POP,
    deletion,
    endpoint,
    found_endpoint,
    in_minutes,
    namesake,
    refuse_second,
    trigger_urls,
)
from provision.kinds.kind import Verdict
from provision.kinds.kind import no_doubt as doubt
from provision.naming import extension
from provision.resource import Address, GraphCollection, GraphTarget, Json, Owner, Request, Resource

__all__ = ["KIND", "desired", "doubt", "found", "request", "verdict"]

KIND = "custom extension"
TYPE = "#microsoft.graph.accessPackageAssignmentRequestWorkflowExtension"
CALLBACK = "#microsoft.graph.customExtensionCallbackConfiguration"
READ_ONLY = ("id", "createdDateTime", "lastModifiedDateTime", "createdBy", "lastModifiedBy")


def address(catalog: str, name: str) -> Address:
    """The address of a catalog's custom extension, by the catalog's id and name."""
    return Address(KIND, name, catalog)


def desired(blueprint: Blueprint) -> Iterable[Resource]:
    """One for each listed catalog, launching the catalog's Logic App and waiting for its callback."""
    environment = blueprint.environment
    for catalog in blueprint.catalogs:
        purpose = f"Keeps AD groups in step with the access packages of {catalog.name}"
        body = {
            "displayName": extension(environment.name, catalog.name),
            "description": ownership.marked(environment.name, purpose),
            "endpointConfiguration": endpoint(environment, catalog.logic_app, catalog.id),
            "authenticationConfiguration": POP,
            "timeoutDuration": f"PT{environment.callout.launch_and_wait_minutes}M",
        }
        target = GraphCollection("extensions", (catalog.id,))
        yield Resource(address(catalog.id, catalog.name), target, body, "starts the Logic App and waits for it")


def found(inventory: Inventory) -> Iterable[Resource]:
    """Ours by the mark in the description; a foreign one under the display name that ours would have."""
    for catalog in inventory.catalogs:
        ours = sorted(owned(inventory, catalog), key=lambda answer: str(answer["id"]))
        for place, answer in enumerate(ours):
            where = Address(KIND, catalog.name, catalog.id, str(answer["id"]) if place else "")
            yield _found(inventory, catalog, where, answer, Owner.OURS)
        name = extension(inventory.environment.name, catalog.name)
        taken = [answer for answer in catalog.extensions if answer.get("displayName") == name]
        if taken and not ours:
            yield replace(
                _found(inventory, catalog, address(catalog.id, catalog.name), taken[0], Owner.FOREIGN),
                unadoptable=_unadoptable(inventory, taken),
            )


def owned(inventory: Inventory, catalog: CatalogInventory) -> Sequence[Mapping[str, Json]]:
    """The catalog's custom extensions that this environment has made."""
    return [
        answer
        for answer in catalog.extensions
        if answer.get("@odata.type") == TYPE
        and ownership.is_marked(answer.get("description"), inventory.environment.name)
        and not namesake(inventory.environment, answer)
    ]


def request(change: Change, current: Json) -> Request | None:
    """POST, or PUT of everything the service showed with our part replaced."""
    resource = change.resource
    if change.action == "delete":
        return deletion(resource, current) if current is not None else None
    if change.action == "create":
        refuse_second(change, current or ())
        return Request("post", resource.target, _wire(resource.body))
    ownership.ensure_there(resource.address, current)
    environment = ownership.marked_for(resource.body["description"])
    ownership.ensure_not_of_another(resource.address, environment, text=current.get("description"))
    kept = {key: value for key, value in current.items() if key not in READ_ONLY and not key.startswith("@odata.c")}
    return Request("put", change.target, {**kept, **_wire(resource.body)})


def verdict(refusal: ServiceRefusal) -> Verdict:
    """The service tries the endpoint when it is registered, and a new access policy takes a moment to count there."""
    text = f"{refusal.code} {refusal}".lower()
    about_call = any(word in text for word in ("connection", "logic app", "logicapp", "callout"))
    return "wait" if refusal.status in (400, 401, 404, 424) and about_call else "failed"


def _found(
    inventory: Inventory, catalog: CatalogInventory, where: Address, answer: Mapping[str, Json], owner: Owner
) -> Resource:
    remedy = "rename it: every custom extension of a catalog needs a display name of its own"
    target = GraphTarget("extension", (catalog.id, str(answer["id"])))
    return Resource(where, target, _comparable(answer, trigger_urls(inventory)), remedy, owner, answer)


def _unadoptable(inventory: Inventory, taken: Sequence[Mapping[str, Json]]) -> str:
    kind = taken[0].get("@odata.type")
    if kind != TYPE:
        return f"its type is {kind}, and the type of a custom extension cannot be changed"
    if len(taken) > 1:
        return f"{len(taken)} bear this name"
    another = ownership.of_another(inventory.environment.name, text=taken[0].get("description"))
    return another or namesake(inventory.environment, taken[0])


def _wire(body: Mapping[str, Json]) -> dict[str, Json]:
    """The body as Graph takes it, with the types that it needs to be told."""
    return {
        "@odata.type": TYPE,
        "displayName": body["displayName"],
        "description": body["description"],
        "endpointConfiguration": {"@odata.type": ENDPOINT, **body["endpointConfiguration"]},
        "authenticationConfiguration": {"@odata.type": body["authenticationConfiguration"]},
        "callbackConfiguration": {"@odata.type": CALLBACK, "timeoutDuration": body["timeoutDuration"]},
    }


def _comparable(answer: Mapping[str, Json], urls: Mapping[str, Json]) -> dict[str, Json]:
    """The answer in the shape of `desired`."""
    callback = answer.get("callbackConfiguration") or {}
    return {
        "displayName": answer.get("displayName"),
        "description": answer.get("description"),
        "endpointConfiguration": found_endpoint(answer, urls),
        "authenticationConfiguration": (answer.get("authenticationConfiguration") or {}).get("@odata.type"),
        # Microsoft's metadata says timeoutDuration, its examples say durationBeforeTimeout
        "timeoutDuration": in_minutes(callback.get("timeoutDuration") or callback.get("durationBeforeTimeout")),
    }
