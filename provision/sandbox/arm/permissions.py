"""Microsoft.Authorization: what the caller itself may do at a scope (api-version 2022-04-01).

One entry for each role that the caller holds at the scope or above it. An action is allowed when one entry names it in
`actions` and not in its own `notActions`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from provision.sandbox.arm.door import Door, arm_error
from provision.sandbox.arm.roles import Role
from provision.sandbox.service import Answer, Call, Refusal, Route

VERSIONS = ("2015-07-01", "2018-07-01", "2022-04-01")


class Permissions:
    """The caller's permissions at any scope."""

    def __init__(self, door: Door, exists: Callable[[str], bool]) -> None:
        """`exists` says whether a scope (a resource id) is there."""
        self._door = door
        self._exists = exists

    def routes(self) -> Sequence[Route]:
        """The list."""
        return (Route("GET", "/{scope*}/providers/Microsoft.Authorization/permissions", self._list),)

    def refuse(self, refusal: Refusal) -> Answer:
        """An error of Resource Manager."""
        return arm_error(refusal)

    def _list(self, call: Call) -> Answer:
        scope = "/" + call.arguments["scope"].strip("/")
        caller = self._door.admit(call, "Microsoft.Authorization/permissions/read", scope, VERSIONS)
        if not self._exists(scope):
            raise Refusal(404, "ResourceNotFound", f"The Resource '{scope}' was not found.")
        held = self._door.access.roles_at(caller.object_id, scope)
        return self._door.page(call, [permission(item) for item in held])


def permission(item: Role) -> Mapping[str, list[str]]:
    """What a role allows, as definitions and permissions show it."""
    return {
        "actions": list(item.actions),
        "notActions": list(item.not_actions),
        "dataActions": [],
        "notDataActions": [],
    }
