"""The catalog role by which a Logic App may call back: access package assignment manager on its one catalog.

Source: Microsoft Graph v1.0, `rbacApplication: roleAssignments` of entitlement management. There is no description to
mark as ours; the principal is, because it is the identity of our Logic App.
"""

from __future__ import annotations

from collections.abc import Iterable

from provision.blueprint import Blueprint
from provision.change import Change
from provision.errors import ServiceRefusal
from provision.inventory import Inventory
from provision.kinds import logic_app
from provision.kinds.kind import Verdict
from provision.kinds.kind import no_doubt as doubt
from provision.resource import Address, GraphCollection, GraphTarget, Json, Owner, Reference, Request, Resource

__all__ = ["KIND", "desired", "doubt", "found", "request", "verdict"]

KIND = "catalog role"
ASSIGNMENT_MANAGER = "e2182095-804a-4656-ae11-64734e9b7ae5"
COLLECTION = GraphCollection("catalog roles", filter=f"roleDefinitionId eq '{ASSIGNMENT_MANAGER}'")


def desired(blueprint: Blueprint) -> Iterable[Resource]:
    """One for the Logic App of every listed catalog."""
    for catalog in blueprint.catalogs:
        principal = Reference(logic_app.address(catalog.logic_app, catalog.id), ("identity", "principalId"))
        body = {
            "principalId": principal,
            "roleDefinitionId": ASSIGNMENT_MANAGER,
            "appScopeId": f"/AccessPackageCatalog/{catalog.id}",
        }
        yield Resource(_address(catalog.logic_app, catalog.id), COLLECTION, body, "lets the Logic App call back")


def found(inventory: Inventory) -> Iterable[Resource]:
    """This role on the catalog of each of our Logic Apps; one that was given twice is there once too often."""
    for app in logic_app.found(inventory):
        principal = ((app.answer or {}).get("identity") or {}).get("principalId")
        if not principal:
            continue
        owner = Owner.OURS if app.owner is Owner.OURS else Owner.KEPT  # what has our name may be adopted with its role
        scope = f"/AccessPackageCatalog/{app.address.catalog}"
        wanted = {"principalId": principal, "roleDefinitionId": ASSIGNMENT_MANAGER, "appScopeId": scope}
        same = sorted(str(answer["id"]) for answer in inventory.catalog_roles if _same(answer, wanted))
        for place, identifier in enumerate(same):
            address = _address(app.address.name, app.address.catalog, identifier if place else "")
            yield Resource(address, GraphTarget("catalog role", (identifier,)), wanted, owner=owner)


def request(change: Change, current: Json) -> Request | None:
    """POST unless it is there already; DELETE by id."""
    if change.action == "delete":
        return Request("delete", change.resource.target) if current is not None else None
    if any(_same(answer, change.resource.body) for answer in current or ()):
        return None
    return Request("post", COLLECTION, dict(change.resource.body))


def verdict(refusal: ServiceRefusal) -> Verdict:
    """An identity takes a while to be known to Graph; an assignment that exists is what was wanted."""
    text = f"{refusal.code} {refusal}".lower()
    if "already exist" in text:
        return "done"
    missing = "principal" in text or "not found" in text or "does not exist" in text
    return "wait" if refusal.status in (400, 404) and missing else "failed"


def _same(answer: Json, wanted: Json) -> bool:
    return all(str(answer.get(key, "")).lower() == str(value).lower() for key, value in wanted.items())


def _address(app: str, catalog: str, key: str = "") -> Address:
    return Address(KIND, f"access package assignment manager for {app}", catalog, key)
