"""What a custom task extension must be beside its types: endpoint, authentication, waiting time, who may call back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from provision.sandbox.graph import bodies
from provision.sandbox.graph.extension_rules import check_client, check_endpoint, kind_of
from provision.sandbox.graph.lifecycle_workflows.entity_types import CALLBACK
from provision.sandbox.graph.settings import GraphSettings
from provision.sandbox.service import Refusal

SHORTEST = "PT5M"
LONGEST = "PT3H"
POP = "azureAdPopTokenAuthentication"
BEARER = "azureAdTokenAuthentication"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def check_extension(values: Mapping[str, Any], settings: GraphSettings) -> None:
    """Refuse a custom task extension that the service would not take.

    Raises:
        Refusal: 400, naming the first thing that is wrong.
    """
    if not str(values.get("displayName") or "").strip():
        raise _bad("displayName is required.")
    check_endpoint(values.get("endpointConfiguration"))
    authentication = values.get("authenticationConfiguration") or {}
    if kind_of(authentication) not in {POP, BEARER}:
        raise _bad(f"authenticationConfiguration must be {POP} or {BEARER}.")
    if kind_of(authentication) == BEARER and not authentication.get("resourceId"):
        raise _bad("authenticationConfiguration.resourceId is required.")
    check_client(values.get("clientConfiguration") or {})
    callback = values.get("callbackConfiguration")
    if callback is not None:
        _check_callback(callback, settings)


def check_change(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Refuse what cannot be changed any more: an extension with bearer tokens must be made anew to get PoP ones.

    Raises:
        Refusal: 400.
    """
    kinds = [kind_of(values["authenticationConfiguration"]) for values in (old, new)]
    if kinds[0] != kinds[1]:
        raise _bad(f"The token security of a custom task extension cannot change from {kinds[0]} to {kinds[1]}.")


def authorized(extension: Mapping[str, Any]) -> set[str]:
    """The client ids of the apps that may call back for an extension without a permission, in lower case."""
    apps = (extension.get("callbackConfiguration") or {}).get("authorizedApps") or []
    resource = (extension.get("authenticationConfiguration") or {}).get("resourceId")
    found = {str(app.get("appId") or app.get("id")) for app in apps} | ({str(resource)} if resource else set())
    return {client.lower() for client in found}


def _check_callback(callback: Mapping[str, Any], settings: GraphSettings) -> None:
    if kind_of(callback) != CALLBACK:
        raise _bad(f"callbackConfiguration must be a microsoft.graph.{CALLBACK}.")
    duration = callback.get("timeoutDuration")
    if duration is None or "durationBeforeTimeout" in callback:
        raise _bad("callbackConfiguration.timeoutDuration, and no durationBeforeTimeout, is required.")
    if not bodies.seconds_of(SHORTEST) <= bodies.seconds_of(duration) <= bodies.seconds_of(LONGEST):
        raise _bad(f"callbackConfiguration.timeoutDuration must be from {SHORTEST} to {LONGEST}, not {duration}.")
    for app in callback.get("authorizedApps", []):
        _check_app(app, settings.authorized_app_key)


def _check_app(app: Mapping[str, Any], wanted: str) -> None:
    names = ("id", "appId") if wanted == "both" else (wanted,)
    given = [name for name in ("id", "appId") if app.get(name) is not None]
    if len(given) != 1 or given[0] not in names:
        raise _bad(f"An authorised app is named by {' or '.join(names)}, and by nothing else.")
    if not _GUID.fullmatch(str(app[given[0]])):
        raise _bad(f"The authorised app '{app[given[0]]}' is not a client id.")


def _bad(message: str) -> Refusal:
    return Refusal(400, "InvalidModel", message)
