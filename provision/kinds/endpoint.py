"""How Entra reaches a Logic App: what custom extensions of catalogs and of Lifecycle Workflows have in common. Pure.

Source: Microsoft Graph v1.0, customCalloutExtension, logicAppTriggerEndpointConfiguration. An app that creates an
extension must send the trigger's `url`; it carries no signature.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from provision import ownership
from provision.change import Change
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.inventory import Inventory
from provision.kinds import logic_app
from provision.resource import Json, Reference, Request, Resource
from provision.trigger_url import same, unsigned

ENDPOINT = "#microsoft.graph.logicAppTriggerEndpointConfiguration"
POP = "#microsoft.graph.azureAdPopTokenAuthentication"


def endpoint(environment: Environment, name: str, catalog: str) -> dict[str, Json]:
    """The endpoint configuration for the Logic App of that name, which serves that catalog or LIFECYCLE."""
    return {
        "subscriptionId": environment.subscription,
        "resourceGroupName": environment.resource_group,
        "logicAppWorkflowName": name,
        "url": Reference(logic_app.address(name, catalog), ("triggerUrl",)),
    }


def found_endpoint(answer: Mapping[str, Json], urls: Mapping[str, Json]) -> dict[str, Json]:
    """The endpoint configuration of an extension in the same shape; `urls` as from `trigger_urls`.

    A service that does not repeat the `url` is believed to have kept it.
    """
    there = answer.get("endpointConfiguration") or {}
    url, trigger = there.get("url"), urls.get(str(there.get("logicAppWorkflowName")).lower())
    told = trigger if not url or (trigger and same(url, trigger)) else unsigned(url)
    kept = {key: there.get(key) for key in ("subscriptionId", "resourceGroupName", "logicAppWorkflowName")}
    return {**kept, "url": told}


def namesake(environment: Environment, answer: Mapping[str, Json]) -> str:
    """Why an extension with this environment's mark is not its own; empty when it is, or has no such mark.

    The mark names the environment only, and two in one tenant may be called the same by mistake. Where the Logic App
    is tells them apart.
    """
    there = answer.get("endpointConfiguration") or {}
    found = (there.get("subscriptionId"), there.get("resourceGroupName"))
    own = (environment.subscription, environment.resource_group)
    same = all(not one or str(one).lower() == other.lower() for one, other in zip(found, own, strict=True))
    if same or not ownership.is_marked(answer.get("description"), environment.name):
        return ""
    return (
        f"it is of another environment with the name {environment.name}, in resource group {found[1]} of subscription "
        f"{found[0]}; give one of the two another `name`, or destroy the other one first"
    )


def deletion(resource: Resource, current: Mapping[str, Json]) -> Request:
    """DELETE of an extension.

    Raises:
        ProvisionError: it is not this environment's any more.
    """
    owners = (ownership.marked_for(side.get("description")) for side in (resource.body, current))
    ownership.ensure_still_ours(resource.address, *owners)
    return Request("delete", resource.target)


def refuse_second(change: Change, current: Iterable[Mapping[str, Json]]) -> None:
    """Refuses to make another extension of the same name: catalogs take two and call both, workflows refuse one.

    Raises:
        ProvisionError: there is one now; what a killed run has made is found by the next plan.
    """
    if any(answer.get("displayName") == change.resource.body["displayName"] for answer in current):
        raise ProvisionError(f"{change.resource.address} appeared since the plan was made. Run the same command again.")


def trigger_urls(inventory: Inventory) -> dict[str, Json]:
    """The addresses of the triggers of our Logic Apps, by name in lower case."""
    return {str(answer["name"]).lower(): answer.get("triggerUrl") for answer in inventory.workflows}


def in_minutes(duration: str | None) -> str | None:
    """An ISO 8601 duration of whole minutes in the one spelling of `desired`; anything else as it is."""
    match = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.0+)?S)?)?", duration or "")
    if match is None:
        return duration
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    return duration if total % 60 else f"PT{total // 60}M"
