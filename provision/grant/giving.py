"""One permission that is missing -> given. Nothing here takes one away.

I/O: only through the Writer it is given. Sources: Microsoft Graph v1.0 "Grant an appRoleAssignment to a service
principal"; Azure Authorization REST API 2022-04-01, role assignments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from provision.apply import Writer
from provision.environment import Environment
from provision.errors import ProvisionError, ServiceRefusal
from provision.grant.standing import Item, Seen, Standing
from provision.grant.table import AZURE_ROLES
from provision.kinds.role_assignment import API_VERSION, AUTOMATION_ROLES, COLLECTION, READER
from provision.naming import role_assignment
from provision.resource import ArmTarget, GraphCollection, Json, Request

Result: TypeAlias = Literal["there", "given", "refused", "left", "unknown"]

ASSIGNER: Final = "Role Based Access Control Administrator"
GRAPH_NEEDS: Final = (
    "giving permissions of Microsoft Graph needs AppRoleAssignment.ReadWrite.All and Application.Read.All, or as a "
    "person the Entra role Privileged Role Administrator"
)


@dataclass(frozen=True, slots=True)
class Given:
    """What came of one item; `said` tells why.

    `refused` was tried, `left` could not be tried, `unknown` is a secret whose vault this sign-in does not see: whether
    somebody has given it cannot be told.
    """

    item: Item
    result: Result
    said: str = ""


def give(standing: Standing, seen: Seen, environment: Environment, writer: Writer) -> Given:
    """Gives the permission when it is missing and everything about it is known."""
    item = standing.item
    if standing.state == "there":
        return Given(item, "there", f"by {standing.through}" if standing.through != item.permission else "")
    lacking = _lacking(item, seen)
    if lacking:
        return Given(item, "left", lacking)
    if item.azure and not item.target:
        return Given(item, "unknown", "this sign-in does not see the vault; the script below gives it")
    request = _azure(item, seen, environment) if item.azure else _graph(item, seen)
    try:
        writer.send(request, lambda _: None)
    except ServiceRefusal as refusal:
        return _refused(item, refusal)
    except ProvisionError as error:
        return Given(item, "refused", str(error))
    return Given(item, "given")


def properties(item: Item, principal: str, environment: Environment) -> dict[str, Json]:
    """The role assignment of an item, for this principal."""
    role = AZURE_ROLES[item.permission]
    definitions = f"/subscriptions/{environment.subscription}/providers/Microsoft.Authorization/roleDefinitions"
    bounds = {"condition": condition(), "conditionVersion": "2.0"} if item.permission == ASSIGNER else {}
    return {
        "roleDefinitionId": f"{definitions}/{role}",
        "principalId": principal,
        "principalType": "ServicePrincipal",
        **bounds,
    }


def condition() -> str:
    """What holds the deployer to the roles that `apply` assigns; otherwise it could make itself owner of the account.

    The form is that of "Delegate Azure role assignment management with conditions", constrain roles.
    """
    roles = ", ".join((READER, *AUTOMATION_ROLES.values()))
    write, delete = (f"Microsoft.Authorization/roleAssignments/{verb}" for verb in ("write", "delete"))
    named = "Microsoft.Authorization/roleAssignments:RoleDefinitionId"
    return (
        f"((!(ActionMatches{{'{write}'}})) OR (@Request[{named}] ForAnyOfAnyValues:GuidEquals {{{roles}}})) AND "
        f"((!(ActionMatches{{'{delete}'}})) OR (@Resource[{named}] ForAnyOfAnyValues:GuidEquals {{{roles}}}))"
    )


def _lacking(item: Item, seen: Seen) -> str:
    if item.holder not in seen.principals:
        return "the identity is not known"
    if item.azure:
        return ""
    if seen.permissions is None:
        return "the permissions of Microsoft Graph could not be read"
    if item.permission not in seen.permissions:
        return f"Microsoft Graph of this tenant has no application permission {item.permission}"
    return ""


def _graph(item: Item, seen: Seen) -> Request:
    principal = seen.principals[item.holder]
    permission = (seen.permissions or {})[item.permission]
    body = {"principalId": principal, "resourceId": seen.graph, "appRoleId": permission}
    return Request("post", GraphCollection("app roles", (principal,)), body)


def _azure(item: Item, seen: Seen, environment: Environment) -> Request:
    principal = seen.principals[item.holder]
    name = role_assignment(item.target, AZURE_ROLES[item.permission], principal)
    body = {"properties": properties(item, principal, environment)}
    return Request("put", ArmTarget(f"{item.target}{COLLECTION}/{name}", API_VERSION), body)


def _refused(item: Item, refusal: ServiceRefusal) -> Given:
    if refusal.code == "RoleAssignmentExists" or "already exists" in str(refusal):
        return Given(item, "there", "somebody gave it meanwhile")
    if refusal.code == "PrincipalNotFound":
        return Given(item, "refused", "the identity is not known everywhere yet; run the same command in a minute")
    if refusal.status == 403:
        at = item.secret.url if item.secret else item.target
        return Given(item, "refused", f"assigning roles needs {ASSIGNER} on {at}" if item.azure else GRAPH_NEEDS)
    return Given(item, "refused", str(refusal))
