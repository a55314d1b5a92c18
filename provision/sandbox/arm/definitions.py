"""Microsoft.Authorization: the role definitions over the wire (api-version 2022-04-01), read only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from provision.sandbox.arm.door import Door, arm_error
from provision.sandbox.arm.permissions import permission
from provision.sandbox.arm.roles import ROLES, Role, role
from provision.sandbox.service import Answer, Call, Refusal, Route

VERSIONS = ("2022-04-01",)


class RoleDefinitions:
    """The built-in roles, visible at every scope the caller may read."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def routes(self) -> Sequence[Route]:
        """List and read."""
        definitions = "/{scope*}/providers/Microsoft.Authorization/roleDefinitions"
        return (
            Route("GET", definitions, self._list),
            Route("GET", definitions + "/{name}", self._get),
        )

    def refuse(self, refusal: Refusal) -> Answer:
        """An error of Resource Manager."""
        return arm_error(refusal)

    def _admit(self, call: Call) -> str:
        scope = "/" + call.arguments["scope"].strip("/")
        self._door.admit(call, "Microsoft.Authorization/roleDefinitions/read", scope, VERSIONS)
        return scope

    def _list(self, call: Call) -> Answer:
        scope = self._admit(call)
        match = re.fullmatch(r"roleName eq '([^']*)'", call.query.get("$filter", "roleName eq ''"))
        if match is None:
            raise Refusal(400, "UnsupportedQuery", f"The filter '{call.query['$filter']}' is not supported.")
        found = [item for item in ROLES if match[1] in ("", item.name)]
        return self._door.page(call, [_definition(item, scope) for item in found])

    def _get(self, call: Call) -> Answer:
        scope = self._admit(call)
        found = role(call.arguments["name"])
        if found is None:
            message = f"The specified role definition with ID '{call.arguments['name']}' does not exist."
            raise Refusal(404, "RoleDefinitionDoesNotExist", message)
        return Answer(200, _definition(found, scope))


def _definition(item: Role, scope: str) -> dict[str, Any]:
    return {
        "id": f"{scope}/providers/Microsoft.Authorization/roleDefinitions/{item.identifier}",
        "name": item.identifier,
        "type": "Microsoft.Authorization/roleDefinitions",
        "properties": {
            "roleName": item.name,
            "type": "BuiltInRole",
            "description": "",
            "assignableScopes": ["/"],
            "permissions": [permission(item)],
        },
    }
