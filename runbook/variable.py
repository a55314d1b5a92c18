"""Variables of the Automation account, read through Resource Manager.

The module `automationassets` would do it too, but Windows workers do not have it. Talks through `https` only.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from runbook.envelope import Envelope
from runbook.https import Https
from runbook.identity import ManagedIdentity
from runbook.outcome import Failed

_VARIABLE_API_VERSION = "2023-11-01"


class Variables:
    """The variables of the account that the envelope names."""

    def __init__(self, envelope: Envelope, https: Https, identity: ManagedIdentity) -> None:
        self._base = f"{envelope.arm}{quote(envelope.automation_account)}/variables"  # resource groups have any letters
        self._https = https
        self._authorization = identity.authorization(envelope.arm_audience)

    def read(self, name: str) -> str:
        """The variable's text. Automation keeps JSON: of a JSON string the string, of anything else its JSON.

        Raises:
            Failed: the variable cannot be read, or is encrypted.
        """
        what = f"Automation variable {name}"
        reply = self._https.get(
            f"{self._base}/{quote(name, safe='')}?api-version={_VARIABLE_API_VERSION}", self._authorization, what
        )
        if reply.status != 200:
            raise Failed(f"{what}: Resource Manager answered {reply.status} {reply.reason()}; {_remedy(reply.status)}")
        properties = reply.json_object(what).get("properties")
        value = properties.get("value") if isinstance(properties, dict) else None
        if not isinstance(value, str):
            raise Failed(f"{what}: it has no readable value (is it encrypted?); run 'lockstep apply'")
        decoded = _decoded_value(value, what)
        return decoded if isinstance(decoded, str) else value


def _decoded_value(value: str, what: str) -> Any:
    try:
        return json.loads(value)
    except ValueError as error:
        raise Failed(f"{what}: its value is not JSON; run 'lockstep apply'") from error


def _remedy(status: int) -> str:
    if status in {401, 403}:
        return "give the account's managed identity the role Reader on the Automation account"
    if status == 404:
        return "run 'lockstep apply'"
    return "try again later"
