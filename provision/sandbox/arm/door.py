"""The front door of Azure Resource Manager: what it checks before any resource provider sees a call.

Order and codes follow the real one: token (401), api-version (400), subscription (404), permission (403), resource
group (404). Errors are `{"error": {"code", "message"}}`, lists `{"value", "nextLink"}`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from provision.sandbox.arm.access import Access
from provision.sandbox.service import Answer, Call, Refusal
from provision.sandbox.tokens import ARM, Caller, TokenAuthority

GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"


class Door:
    """Admits callers to resources of one subscription with one resource group."""

    def __init__(self, authority: TokenAuthority, access: Access, subscription: str, group: str) -> None:
        self.access = access
        self.subscription = subscription
        self.group = group
        self.page_size = 2
        """How many items a list answers at once; small, so that clients have to follow `nextLink`."""
        self._authority = authority

    @property
    def tenant(self) -> str:
        """The tenant the subscription trusts."""
        return self._authority.tenant

    @property
    def group_id(self) -> str:
        """The id of the one resource group."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"

    def admit(self, call: Call, action: str, resource: str, versions: Sequence[str]) -> Caller:
        """Who calls, when that principal may do `action` to `resource`.

        Raises:
            Refusal: with the status, code and wording of Resource Manager.
        """
        caller = self.authenticate(call, versions)
        if not self.access.permits(caller.object_id, action, resource):
            raise Refusal(
                403,
                "AuthorizationFailed",
                f"The client '{caller.app_id}' with object id '{caller.object_id}' does not have authorization to "
                f"perform action '{action}' over scope '{resource}' or the scope is invalid. If access was recently "
                "granted, please refresh your credentials.",
            )
        group = call.arguments.get("group", self.group)
        if group.lower() != self.group.lower():
            raise Refusal(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")
        return caller

    def authenticate(self, call: Call, versions: Sequence[str]) -> Caller:
        """Who calls, with a valid token and api-version, in the one subscription; no permission is asked."""
        caller = self._authority.caller(call, ARM)
        check_version(call, versions)
        subscription = call.arguments.get("subscription", self.subscription)
        if subscription.lower() != self.subscription:
            raise Refusal(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")
        return caller

    def page(self, call: Call, items: Sequence[Any], size: int = 0) -> Answer:
        """One page of `items`; the next begins where `$skiptoken` says. `size` 0 means the door's own."""
        token = call.query.get("$skiptoken", "0")
        if not token.isdigit():
            raise Refusal(400, "InvalidSkipToken", f"The skip token '{token}' is not one this service gave.")
        start, size = int(token), size or self.page_size
        body: dict[str, Any] = {"value": list(items[start : start + size])}
        if start + size < len(items):
            query = urlencode({**call.query, "$skiptoken": start + size}, safe="$")
            body["nextLink"] = f"{call.base}{call.path}?{query}"
        return Answer(200, body)


def check_version(call: Call, versions: Sequence[str]) -> None:
    """Refuse a call without an api-version, or with one that its resource type does not have."""
    version = call.query.get("api-version")
    if version is None:
        message = "The api-version query parameter (?api-version=) is required for all requests."
        raise Refusal(400, "MissingApiVersionParameter", message)
    if version in versions:
        return
    if not re.fullmatch(r"\d{4}-\d\d-\d\d(-[a-z]+)?", version):
        raise Refusal(400, "InvalidApiVersionParameter", f"The api-version '{version}' is invalid.")
    namespace, *rest = re.split("/providers/", call.path, flags=re.IGNORECASE)[-1].split("/")
    kind = "/".join((namespace, *rest[::2])) if namespace else "resourceGroups"
    raise Refusal(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for location 'westeurope' and API version '{version}' for type "
        f"'{kind}'. The supported api-versions are '{', '.join(versions)}'.",
    )


def arm_error(refusal: Refusal) -> Answer:
    """A refusal as Resource Manager words it."""
    return Answer(refusal.status, {"error": {"code": refusal.code, "message": refusal.message}})


def not_found(resource: str, group: str) -> Refusal:
    """A resource that does not exist; `resource` is type and name as the service writes them."""
    message = f"The Resource '{resource}' under resource group '{group}' was not found."
    return Refusal(404, "ResourceNotFound", message)


def stamp(moment: datetime) -> str:
    """A time as Azure writes it: seven digits of a second, UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def document(call: Call) -> dict[str, Any]:
    """The body as a JSON object.

    Raises:
        Refusal: 400 when it is anything else.
    """
    body = call.json()
    if not isinstance(body, dict):
        raise Refusal(400, "InvalidRequestContent", "The request content was invalid: a JSON object is expected.")
    return body
