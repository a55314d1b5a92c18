"""The custom task extension: how Lifecycle Workflows starts the Logic App and waits for it.

Source: Microsoft Graph v1.0, identityGovernance customTaskExtension and customTaskExtensionCallbackConfiguration. An
update is a PATCH that is answered by nothing. The Logic App's identity may call back because `authorizedApps` names its
application id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from provision import ownership
from provision.blueprint import Blueprint
from provision.change import Change
from provision.errors import ProvisionError, ServiceRefusal
from provision.inventory import Inventory
from provision.kinds import extension, logic_app
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
from provision.naming import task_extension
from provision.resource import (
    LIFECYCLE,
    Address,
    GraphCollection,
    GraphTarget,
    Json,
    Owner,
    Reference,
    Request,
    Resource,
)

__all__ = ["KIND", "desired", "doubt", "found", "request", "verdict"]

KIND = "custom task extension"
TYPE = "#microsoft.graph.identityGovernance.customTaskExtension"
CALLBACK = "#microsoft.graph.identityGovernance.customTaskExtensionCallbackConfiguration"
APPLICATION = "#microsoft.graph.application"
PURPOSE = "Keeps AD groups in step with access packages when people join, move and leave"
BY_APP_ID = " (authorizedApps by appId)"
"""Stands in the description of an extension that names its application so: no other answer surely tells by which name
it was sent, and with another one everything must be sent again."""
COLLECTION = GraphCollection("task extensions")


def address(environment: str) -> Address:
    """The address of the environment's custom task extension."""
    return Address(KIND, task_extension(environment), LIFECYCLE)


def desired(blueprint: Blueprint) -> Iterable[Resource]:
    """One, when the environment serves Lifecycle Workflows."""
    environment, lifecycle = blueprint.environment, blueprint.lifecycle
    section = environment.lifecycle_workflows
    if lifecycle is None or section is None:
        return
    application = Reference(logic_app.address(lifecycle.logic_app, LIFECYCLE), ("applicationId",))
    named = BY_APP_ID if section.authorized_apps_key == "appId" else ""
    body = {
        "displayName": task_extension(environment.name),
        "description": ownership.marked(environment.name, PURPOSE + named),
        "endpointConfiguration": endpoint(environment, lifecycle.logic_app, LIFECYCLE),
        "authenticationConfiguration": POP,
        "timeoutDuration": f"PT{section.launch_and_wait_minutes}M",
        "authorizedApps": [application],
    }
    yield Resource(address(environment.name), COLLECTION, body, "starts the Logic App and waits for it")


def found(inventory: Inventory) -> Iterable[Resource]:
    """Ours by the mark in the description; a foreign one under the display name that ours would have."""
    name = inventory.environment.name
    ours = sorted(owned(inventory), key=lambda answer: str(answer["id"]))
    for place, answer in enumerate(ours):
        where = Address(KIND, task_extension(name), LIFECYCLE, str(answer["id"]) if place else "")
        yield _found(inventory, where, answer, Owner.OURS)
    taken = [answer for answer in _all(inventory) if answer.get("displayName") == task_extension(name)]
    if taken and not ours:
        yield _found(inventory, address(name), taken[0], Owner.FOREIGN)


def owned(inventory: Inventory) -> Sequence[Mapping[str, Json]]:
    """The custom task extensions that this environment has made."""
    environment = inventory.environment
    marked = [one for one in _all(inventory) if ownership.is_marked(one.get("description"), environment.name)]
    return [answer for answer in marked if not namesake(environment, answer)]


def of_namesakes(inventory: Inventory) -> Sequence[Mapping[str, Json]]:
    """Those of other environments that are called the same."""
    return [answer for answer in _all(inventory) if namesake(inventory.environment, answer)]


def request(change: Change, current: Json) -> Request | None:
    """POST, or PATCH of all that is ours."""
    resource = change.resource
    if change.action == "delete":
        return deletion(resource, current) if current is not None else None
    if change.action == "create":
        refuse_second(change, current or ())
        return Request("post", COLLECTION, _wire(resource.body))
    ownership.ensure_there(resource.address, current)
    environment = ownership.marked_for(resource.body["description"])
    ownership.ensure_not_of_another(resource.address, environment, text=current.get("description"))
    if any(difference.path == "authenticationConfiguration" for difference in change.differences):
        raise ProvisionError(
            f"{resource.address} calls without a proof-of-possession token, and Lifecycle Workflows cannot change that "
            "in place. Remove its task from the workflows, delete it, then run the same command again."
        )
    return Request("patch", change.target, _wire(resource.body))


def verdict(refusal: ServiceRefusal) -> Verdict:
    """The endpoint may be tried, and the identity that is authorized may not be known everywhere yet."""
    text = f"{refusal.code} {refusal}".lower()
    new = "application" in text and ("not found" in text or "does not exist" in text)
    return "wait" if refusal.status in (400, 404) and new else extension.verdict(refusal)


def _all(inventory: Inventory) -> Sequence[Mapping[str, Json]]:
    return inventory.lifecycle.extensions if inventory.lifecycle else ()


def _found(inventory: Inventory, where: Address, answer: Mapping[str, Json], owner: Owner) -> Resource:
    remedy = "rename it: every custom task extension of a tenant needs a display name of its own"
    body = _comparable(answer, trigger_urls(inventory), _application(inventory))
    barred = "" if owner is Owner.OURS else _unadoptable(inventory.environment.name, body)
    barred = barred or namesake(inventory.environment, answer)
    target = GraphTarget("task extension", (str(answer["id"]),))
    return Resource(where, target, body, remedy, owner, answer, barred)


def _unadoptable(environment: str, body: Mapping[str, Json]) -> str:
    if body["authenticationConfiguration"] != POP:
        return "it calls without a proof-of-possession token, which cannot be changed in place"
    return ownership.of_another(environment, text=body["description"])


def _application(inventory: Inventory) -> Json:
    """The application id that ours should authorize, as far as it is known."""
    apps = [app.answer or {} for app in logic_app.found(inventory) if app.address.catalog == LIFECYCLE]
    return next((app["applicationId"] for app in apps if app.get("applicationId")), None)


def _wire(body: Mapping[str, Json]) -> dict[str, Json]:
    """The body as Graph takes it, with the types that it needs to be told."""
    name = "appId" if BY_APP_ID in body["description"] else "id"
    return {
        "@odata.type": TYPE,
        "displayName": body["displayName"],
        "description": body["description"],
        "endpointConfiguration": {"@odata.type": ENDPOINT, **body["endpointConfiguration"]},
        "authenticationConfiguration": {"@odata.type": body["authenticationConfiguration"]},
        "callbackConfiguration": {
            "@odata.type": CALLBACK,
            "timeoutDuration": body["timeoutDuration"],
            "authorizedApps": [{"@odata.type": APPLICATION, name: app} for app in body["authorizedApps"]],
        },
    }


def _comparable(answer: Mapping[str, Json], urls: Mapping[str, Json], application: Json) -> dict[str, Json]:
    """The answer in the shape of `desired`. A service that does not show the applications is believed to keep ours."""
    callback = answer.get("callbackConfiguration") or {}
    apps = callback.get("authorizedApps")
    told = [application] if apps is None and application and callback else [_app(app) for app in apps or ()]
    return {
        "displayName": answer.get("displayName"),
        "description": answer.get("description"),
        "endpointConfiguration": found_endpoint(answer, urls),
        "authenticationConfiguration": (answer.get("authenticationConfiguration") or {}).get("@odata.type"),
        "timeoutDuration": in_minutes(callback.get("timeoutDuration")),
        "authorizedApps": sorted(told, key=str),
    }


def _app(app: Mapping[str, Json]) -> Json:
    """The application id, which Microsoft's metadata calls `appId` and its examples `id`."""
    return app.get("appId") or app.get("id")
