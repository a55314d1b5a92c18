"""What Microsoft.Logic accepts as a workflow resource, before anybody looks at the definition itself."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from provision.sandbox.service import Refusal

ID_LIMIT = 150
WRITABLE = {"state", "definition", "parameters", "accessControl", "endpointsConfiguration", "integrationAccount"}
_NAME = re.compile(r"[\w.()-]{1,80}", re.ASCII)
_MEMBERS = {"id", "name", "type", "location", "tags", "identity", "properties"}
_READ_ONLY = {"provisioningState", "createdTime", "changedTime", "version", "accessEndpoint", "sku"}


def check_body(identifier: str, body: Mapping[str, Any]) -> None:
    """Refuse a workflow whose name or members the service would refuse; the definition is the host's to judge."""
    name = identifier.rsplit("/", 1)[1]
    if not _NAME.fullmatch(name) or len(identifier) > ID_LIMIT:
        message = f"The workflow name '{name}' is not valid, or its resource id exceeds {ID_LIMIT} characters."
        raise Refusal(400, "InvalidWorkflowName", message)
    properties = body.get("properties")
    if not isinstance(properties, dict) or not isinstance(properties.get("definition"), dict):
        raise Refusal(400, "InvalidRequestContent", "The workflow needs 'properties' with a 'definition'.")
    unknown = [member for member in body if member not in _MEMBERS]
    unknown += [f"properties.{member}" for member in properties if member not in WRITABLE | _READ_ONLY]
    if unknown:
        message = (
            f"The request content was invalid: Could not find member '{unknown[0]}' on object of type 'FlowResource'."
        )
        raise Refusal(400, "InvalidRequestContent", message)
    if not body.get("location"):
        raise Refusal(400, "LocationRequired", "The location property is required for this definition.")
    if properties.get("state", "Enabled") not in ("Enabled", "Disabled"):
        raise Refusal(400, "InvalidRequestContent", f"The workflow state '{properties['state']}' is not valid.")


def without_secrets(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a workflow's properties in which secure parameters have no value, as the service returns them."""
    shown: dict[str, Any] = copy.deepcopy(dict(properties))
    declared = shown["definition"].get("parameters") or {}
    for name, parameter in (shown.get("parameters") or {}).items():
        if str(declared.get(name, {}).get("type", "")).lower() in ("securestring", "secureobject"):
            parameter.pop("value", None)
    return shown
