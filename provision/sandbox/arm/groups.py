"""Microsoft.Resources: the subscription, its resource group and its resource providers, all there from the start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from provision.sandbox.arm.door import GROUP, Door, arm_error
from provision.sandbox.service import Answer, Call, Refusal, Route

VERSIONS = (
    "2019-10-01",
    "2020-06-01",
    "2020-10-01",
    "2021-01-01",
    "2021-04-01",
    "2022-09-01",
    "2022-12-01",
    "2023-07-01",
    "2024-03-01",
    "2024-07-01",
    "2024-11-01",
    "2025-03-01",
    "2025-04-01",
)
PROVIDERS = ("Microsoft.Authorization", "Microsoft.Automation", "Microsoft.Logic", "Microsoft.Resources")


class ResourceGroups:
    """Reads only: the sandbox neither makes nor deletes resource groups."""

    def __init__(self, door: Door, location: str) -> None:
        self._door = door
        self._location = location

    def routes(self) -> Sequence[Route]:
        """Subscription, resource group, providers."""
        subscription = "/subscriptions/{subscription}"
        return (
            Route("GET", subscription, self._subscription),
            Route("GET", f"{subscription}/resourceGroups", self._groups),
            Route("GET", GROUP, self._group),
            Route("HEAD", GROUP, self._head),
            Route("GET", f"{subscription}/providers/{{namespace}}", self._provider),
            Route("POST", f"{subscription}/providers/{{namespace}}/register", self._provider),
        )

    def refuse(self, refusal: Refusal) -> Answer:
        """An error of Resource Manager."""
        return arm_error(refusal)

    def _visible(self, call: Call) -> None:
        caller = self._door.authenticate(call, VERSIONS)
        if not self._door.access.knows(caller.object_id):
            message = f"The subscription '{self._door.subscription}' could not be found."
            raise Refusal(404, "SubscriptionNotFound", message)

    def _subscription(self, call: Call) -> Answer:
        self._visible(call)
        subscription = self._door.subscription
        return Answer(
            200,
            {
                "id": f"/subscriptions/{subscription}",
                "subscriptionId": subscription,
                "tenantId": self._door.tenant,
                "displayName": "Lockstep sandbox",
                "state": "Enabled",
                "authorizationSource": "RoleBased",
            },
        )

    def _groups(self, call: Call) -> Answer:
        self._visible(call)
        return self._door.page(call, [self._render()])

    def _group(self, call: Call) -> Answer:
        self._admit(call)
        return Answer(200, self._render())

    def _head(self, call: Call) -> Answer:
        self._admit(call)
        return Answer(204)

    def _admit(self, call: Call) -> None:
        action = "Microsoft.Resources/subscriptions/resourceGroups/read"
        target = f"/subscriptions/{call.arguments['subscription']}/resourceGroups/{call.arguments['group']}"
        self._door.admit(call, action, target, VERSIONS)

    def _render(self) -> dict[str, Any]:
        return {
            "id": self._door.group_id,
            "name": self._door.group,
            "type": "Microsoft.Resources/resourceGroups",
            "location": self._location,
            "tags": {},
            "properties": {"provisioningState": "Succeeded"},
        }

    def _provider(self, call: Call) -> Answer:
        self._visible(call)
        namespace = call.arguments["namespace"]
        name = next((known for known in PROVIDERS if known.lower() == namespace.lower()), None)
        if name is None:
            message = f"The resource namespace '{namespace}' is invalid."
            raise Refusal(404, "InvalidResourceNamespace", message)
        identifier = f"/subscriptions/{self._door.subscription}/providers/{name}"
        body = {"id": identifier, "namespace": name, "registrationState": "Registered", "resourceTypes": []}
        return Answer(200, body)
