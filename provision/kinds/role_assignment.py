"""Azure roles on the Automation account: the account's own identity reads its variables, each Logic App starts jobs.

Source: Azure Authorization REST API 2022-04-01, role assignments. An assignment cannot be changed, so role and holder
are part of its address: another role is a new assignment, and the old one is deleted after it.
"""

from __future__ import annotations

from collections.abc import Iterable

from provision import ownership
from provision.blueprint import Blueprint
from provision.change import Change
from provision.environment import Environment
from provision.errors import ServiceRefusal
from provision.inventory import Inventory
from provision.kinds import logic_app
from provision.kinds.kind import Verdict
from provision.kinds.kind import no_doubt as doubt
from provision.naming import account_id, role_assignment
from provision.resource import LIFECYCLE, Address, ArmCollection, ArmTarget, Json, Owner, Reference, Request, Resource

__all__ = ["KIND", "desired", "doubt", "found", "request", "verdict"]

KIND = "role assignment"
API_VERSION = "2022-04-01"
COLLECTION = "/providers/Microsoft.Authorization/roleAssignments"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
AUTOMATION_ROLES = {
    "operator": "d3881f73-407a-4167-8283-e981cbba0404",
    "job_operator": "4fe576fe-1146-4730-92eb-48519fa6bf9f",
}
NAMES = {
    READER: "Reader",
    AUTOMATION_ROLES["operator"]: "Automation Operator",
    AUTOMATION_ROLES["job_operator"]: "Automation Job Operator",
}
ACCOUNT_IDENTITY = "the Automation account's identity"


def desired(blueprint: Blueprint) -> Iterable[Resource]:
    """Reader for the account's identity; the automation role for the identity of every Logic App."""
    environment = blueprint.environment
    target = collection(account_id(environment))
    yield Resource(
        _address(READER, ACCOUNT_IDENTITY),
        target,
        _body(environment, READER, blueprint.principal),
        _purpose(READER),
    )
    role = AUTOMATION_ROLES[environment.automation.role]
    apps = [(catalog.logic_app, catalog.id) for catalog in blueprint.catalogs]
    if blueprint.lifecycle:
        apps.append((blueprint.lifecycle.logic_app, LIFECYCLE))
    for name, catalog in apps:
        principal = Reference(logic_app.address(name, catalog), ("identity", "principalId"))
        address = _address(role, name, catalog)
        yield Resource(address, target, _body(environment, role, principal), _purpose(role))


def found(inventory: Inventory) -> Iterable[Resource]:
    """Assignments of our roles to our identities on the account, and ours of identities that are gone.

    One that somebody else made fits just as well, and is not deleted. What the account's own identity has serves every
    environment on the account, and stays as long as there is another one.
    """
    environment = inventory.environment
    holders = _holders(inventory)
    for answer in inventory.role_assignments:
        properties = answer["properties"]
        principal, role = properties["principalId"], properties["roleDefinitionId"].rsplit("/", 1)[1].lower()
        ours = _is_ours(inventory, role, properties.get("description"))
        principal, *holder = holders.get(principal.lower(), (principal, f"the former identity {principal}", ""))
        known = principal.lower() in holders
        if (known or ours) and role in NAMES and properties["scope"].lower() == account_id(environment).lower():
            yield Resource(
                _address(role, *holder),
                ArmTarget(answer["id"], API_VERSION),
                _body(environment, role, principal),
                owner=Owner.OURS if ours else Owner.KEPT,
                answer=answer,
            )


def request(change: Change, current: Json) -> Request | None:
    """PUT under a name made of scope, role and principal, which a repeated apply makes again."""
    if change.action == "delete":
        return Request("delete", change.resource.target) if current is not None else None
    body = change.resource.body
    scope = body["scope"]
    subscription = "/".join(scope.split("/")[:3])
    properties = {
        "roleDefinitionId": f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{body['role']}",
        "principalId": body["principalId"],
        "principalType": "ServicePrincipal",  # without it a new identity is looked up in a directory that lags
        "description": body["description"],
    }
    name = role_assignment(scope, body["role"], body["principalId"])
    return Request("put", ArmTarget(f"{scope}{COLLECTION}/{name}", API_VERSION), {"properties": properties})


def verdict(refusal: ServiceRefusal) -> Verdict:
    """An identity takes a while to be known everywhere; the same assignment under another name is as good."""
    if refusal.code == "PrincipalNotFound":
        return "wait"
    return "done" if refusal.code == "RoleAssignmentExists" else "failed"


def collection(scope: str) -> ArmCollection:
    """All role assignments at `scope` and above it."""
    return ArmCollection(f"{scope}{COLLECTION}", API_VERSION, "atScope()")


def _is_ours(inventory: Inventory, role: str, description: str | None) -> bool:
    if role == READER:
        return ownership.is_lockstep(description) and not inventory.neighbours
    return ownership.is_described(description, inventory.environment.name)


def _holders(inventory: Inventory) -> dict[str, tuple[str, str, str]]:
    """The identities that hold our roles, by object id in lower case: object id as they show it, name, catalog."""
    account = ((inventory.account or {}).get("identity") or {}).get("principalId")
    holders = {account.lower(): (account, ACCOUNT_IDENTITY, "")} if account else {}
    for app in logic_app.found(inventory):
        principal = ((app.answer or {}).get("identity") or {}).get("principalId")
        if principal:  # also of a Logic App that only bears our name: it may be adopted, and its role with it
            holders[principal.lower()] = (principal, app.address.name, app.address.catalog)
    return holders


def _address(role: str, holder: str, catalog: str = "") -> Address:
    return Address(KIND, f"{NAMES[role]} for {holder}", catalog)


def _body(environment: Environment, role: str, principal: str | Reference) -> dict[str, Json]:
    return {
        "scope": account_id(environment),
        "role": role,
        "principalId": principal,
        "description": ownership.description(environment.name, _purpose(role)),
    }


def _purpose(role: str) -> str:
    return "lets the runbook read its variables" if role == READER else "lets the Logic App start jobs"
