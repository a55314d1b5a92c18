"""Variables of the Automation account, read through Resource Manager.

The module `automationassets` would do it too, but Windows workers do not have it. Talks through `https` only.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from runbook.envelope import Envelope
from runbook.https import Https
from runbook.identity import ManagedIdentity, bearer, resource_of
from runbook.outcome import Failed, Refused

_VARIABLE_API_VERSION = "2023-11-01"


class Variables:
    """The variables of the account that the envelope names; `own_account` is the one that the token names, or empty."""

    def __init__(self, envelope: Envelope, https: Https, identity: ManagedIdentity) -> None:
        """Raises: Refused when the job runs in another account than the envelope names."""
        self._base = f"{envelope.arm}{quote(envelope.automation_account)}/variables"  # resource groups have any letters
        self._https = https
        token = identity.token(envelope.arm_audience)
        self.own_account = resource_of(token)
        _refuse_foreign(envelope.automation_account, self.own_account)
        self._authorization = bearer(token)

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


def _refuse_foreign(named: str, own: str) -> None:
    """Whoever may start a job chooses the account it reads; settings of another one could send secrets anywhere."""
    if "/providers/microsoft.automation/automationaccounts/" in own and own != named.lower():
        raise Refused(f"the envelope names {named}, but this job runs in {own}; no settings are read from elsewhere")


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
