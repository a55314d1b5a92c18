"""What a custom extension must be beside its types: endpoint, authentication, waiting time, patience."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provision.sandbox.graph import bodies
from provision.sandbox.graph.settings import GraphSettings
from provision.sandbox.service import Refusal

SHORTEST = "PT5M"
LONGEST = "P14D"
REQUEST_EXTENSION = "accessPackageAssignmentRequestWorkflowExtension"
_READ_ONLY = {"id", "createdBy", "createdDateTime", "lastModifiedBy", "lastModifiedDateTime"}
_ENDPOINT = ("subscriptionId", "resourceGroupName", "logicAppWorkflowName")


def bare(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a body says about an extension: no annotations of its own, nothing the service keeps itself."""
    kept = {name: value for name, value in body.items() if name not in _READ_ONLY and "@" not in name}
    return {name: _hashed(value) for name, value in kept.items()}


def check_extension(kind: str, values: Mapping[str, Any], settings: GraphSettings) -> None:
    """Refuse an extension that the service would not take.

    Raises:
        Refusal: 400, naming the first thing that is wrong.
    """
    if not str(values.get("displayName") or "").strip():
        raise _bad("displayName is required.")
    check_endpoint(values.get("endpointConfiguration"))
    if kind_of(values.get("authenticationConfiguration")) not in {"", "azureAdPopTokenAuthentication"}:
        raise _bad("The sandbox plays only azureAdPopTokenAuthentication, the default of extensions made by v1.0.")
    check_client(values.get("clientConfiguration") or {})
    callback = values.get("callbackConfiguration")
    if callback is not None:
        _check_callback(kind, callback, settings)


def check_endpoint(endpoint: Mapping[str, Any] | None) -> None:
    """Refuse an endpoint that is not a Logic App's trigger, named whole.

    Raises:
        Refusal: 400, naming the first thing that is wrong.
    """
    if endpoint is None:
        raise _bad("endpointConfiguration is required.")
    if kind_of(endpoint) != "logicAppTriggerEndpointConfiguration":
        raise _bad("endpointConfiguration must be a logicAppTriggerEndpointConfiguration.")
    for name in _ENDPOINT:
        if not str(endpoint.get(name) or "").strip():
            raise _bad(f"endpointConfiguration.{name} is required.")
    url = endpoint.get("url")
    if not url:
        message = "endpointConfiguration.url is required when an application acts without a signed-in user."
        raise Refusal(400, "UnauthorizedClientAppOnBehalfOfUnsupported", message)
    if not str(url).startswith("https://"):
        raise _bad("endpointConfiguration.url must be an https address.")


def check_client(client: Mapping[str, Any]) -> None:
    """Refuse a patience that is out of range.

    Raises:
        Refusal: 400, naming the first thing that is wrong.
    """
    timeout, retries = client.get("timeoutInMilliseconds"), client.get("maximumRetries")
    if timeout is not None and not 200 <= timeout <= 2000:
        raise _bad(f"clientConfiguration.timeoutInMilliseconds must be from 200 to 2000, not {timeout}.")
    if retries is not None and retries not in {0, 1}:
        raise _bad(f"clientConfiguration.maximumRetries must be 0 or 1, not {retries}.")


def _check_callback(kind: str, callback: Mapping[str, Any], settings: GraphSettings) -> None:
    if kind != REQUEST_EXTENSION:
        raise _bad(f"A {kind} cannot wait: callbackConfiguration is not allowed.")
    if kind_of(callback) != "customExtensionCallbackConfiguration":
        raise _bad("The sandbox plays no callbackConfiguration of approval stages.")
    wanted = settings.callback_duration
    for name in callback:
        if not name.startswith("@") and name != wanted:
            raise _bad(f"callbackConfiguration.{name} is not supported here; this service wants {wanted}.")
    duration = callback.get(wanted)
    if duration is None:
        raise _bad(f"callbackConfiguration.{wanted} is required.")
    if not bodies.seconds_of(SHORTEST) <= bodies.seconds_of(duration) <= bodies.seconds_of(LONGEST):
        raise _bad(f"callbackConfiguration.{wanted} must be from {SHORTEST} to {LONGEST}, not {duration}.")


def kind_of(value: Mapping[str, Any] | None) -> str:
    """The type that a value names, without namespace; empty without one."""
    return str((value or {}).get("@odata.type", "")).removeprefix("#").removeprefix("microsoft.graph.")


def _hashed(value: Any) -> Any:
    if isinstance(value, Mapping) and "@odata.type" in value:
        return {**value, "@odata.type": "#" + str(value["@odata.type"]).removeprefix("#")}
    return value


def _bad(message: str) -> Refusal:
    return Refusal(400, "InvalidModel", message)
