"""The desired resources -> one deployment template of Resource Manager, as far as a template can make them. Pure.

Source: "Understand the structure and syntax of ARM templates", schema 2019-04-01; its limits: 800 resources, 4 MB. What
Microsoft Graph holds (extensions, catalog roles, bound stages, tasks) is beyond a template, and so is the content of a
runbook, which a template can only fetch from an address. The nightly schedule is left out, too: its start must be in
the future, and a job schedule that is there already is refused. `lockstep apply` finds all this to be done.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from provision.change import Change
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.kinds import KINDS, job_schedule, role_assignment, runbook, runbook_content, schedule
from provision.reference import unresolved
from provision.resource import Address, ArmTarget, Json, Reference, Request, Resource, WorkflowTarget

SCHEMA: Final = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
RESOURCES: Final = 800
BYTES: Final = 4 * 1024 * 1024
RUNBOOK_URI: Final = "runbookUri"

OF_RUNBOOK: Final = (runbook.KIND, runbook_content.KIND)
ONLY_ONCE: Final = (schedule.KIND, job_schedule.KIND)

_RUNBOOK_URI: Final = {
    "type": "string",
    "defaultValue": "",
    "metadata": {
        "description": "Address from which Azure Automation can fetch the file that `lockstep bundle` writes. "
        "Empty: the runbook is left to `lockstep apply`."
    },
}
_KINDS: Final = {kind.KIND: kind for kind in KINDS}
_Places = Mapping[Address, ArmTarget | WorkflowTarget]


def template(environment: Environment, wanted: Sequence[Resource]) -> dict[str, Json]:
    """The template for the environment's resource group.

    Raises:
        ProvisionError: it would be more than Resource Manager takes.
    """
    placed = (r for r in wanted if r.address.kind not in ONLY_ONCE)
    places = {r.address: r.target for r in placed if isinstance(r.target, ArmTarget | WorkflowTarget)}
    resources = [_resource(r, places) for r in wanted if r.address in places or _is_role(r)]
    left = [_left(r) for r in wanted if r.address.kind in OF_RUNBOOK or not (r.address in places or _is_role(r))]
    made: dict[str, Json] = {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "metadata": {
            "lockstep": {
                "environment": environment.name,
                "subscription": environment.subscription,
                "resourceGroup": environment.resource_group,
                "notInTemplate": left,
                "next": "lockstep apply makes what is in notInTemplate, and checks the rest",
            }
        },
        "parameters": {RUNBOOK_URI: _RUNBOOK_URI},
        "resources": resources,
        "outputs": {"notDeployed": {"type": "array", "value": literal(left)}},
    }
    _check_size(made, len(resources))
    return made


def literal(value: Json) -> Json:
    """The value with nothing in it that Resource Manager would evaluate: only `[...]` is an expression."""
    if isinstance(value, str):
        return f"[{value}" if value.startswith("[") and value.endswith("]") else value
    if isinstance(value, Mapping):
        return {key: literal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [literal(item) for item in value]
    return value


def _left(resource: Resource) -> str:
    return f"{resource.address}" + (f" (unless {RUNBOOK_URI} is given)" if resource.address.kind in OF_RUNBOOK else "")


def _is_role(resource: Resource) -> bool:
    return resource.address.kind == role_assignment.KIND


def _resource(resource: Resource, places: _Places) -> dict[str, Json]:
    if _is_role(resource):
        return _role(resource, places)
    target = places[resource.address]
    kind, name = _named(target.id)
    head = {"type": kind, "apiVersion": target.api_version, "name": literal(name)}
    if resource.address.kind == runbook.KIND:
        return _runbook(head, resource)
    request = _KINDS[resource.address.kind].request(Change("create", resource, ""), None)
    return {**head, **_filled(_body(request), places)}


def _runbook(head: Mapping[str, Json], resource: Resource) -> dict[str, Json]:
    """Only when its content can be fetched: without it, deploying again would take the published content away."""
    link = {
        "uri": f"[parameters('{RUNBOOK_URI}')]",
        "contentHash": {"algorithm": "sha256", "value": resource.body["tags"][runbook.CONTENT_TAG]},
    }
    body = literal(resource.body)
    properties = {**body["properties"], "logVerbose": False, "logProgress": False, "publishContentLink": link}
    return {
        "condition": f"[not(empty(parameters('{RUNBOOK_URI}')))]",
        **head,
        **body,
        "properties": properties,
    }


def _role(resource: Resource, places: _Places) -> dict[str, Json]:
    """Its name must be known before anything is deployed, and so cannot be made of the principal's id."""
    request = _KINDS[role_assignment.KIND].request(Change("create", resource, ""), None)
    body, principal = resource.body, resource.body["principalId"]
    holder = _id(places[principal.address].id) if isinstance(principal, Reference) else _quoted(str(principal))
    kind, name = _named(body["scope"])
    return {
        "type": "Microsoft.Authorization/roleAssignments",
        "apiVersion": role_assignment.API_VERSION,
        "name": f"[guid({_id(body['scope'])}, {holder}, {_quoted(body['role'])})]",
        "scope": f"{kind}/{name}",
        **_filled(_body(request), places),
    }


def _filled(body: Mapping[str, Json], places: _Places) -> dict[str, Json]:
    """The body with expressions in the place of References, and what they wait for."""
    needed = {reference.address: _id(places[reference.address].id) for reference in unresolved(body)}
    waits = {"dependsOn": [f"[{identifier}]" for identifier in needed.values()]} if needed else {}
    return {**waits, **_expressed(body, places)}


def _expressed(value: Json, places: _Places) -> Json:
    if isinstance(value, Reference):
        target = places[value.address]
        return f"[reference({_id(target.id)}, {_quoted(target.api_version)}, 'full').{'.'.join(value.path)}]"
    if isinstance(value, Mapping):
        return {key: _expressed(item, places) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_expressed(item, places) for item in value]
    return literal(value)


def _body(request: Request | None) -> Mapping[str, Json]:
    body: Mapping[str, Json] = request.body if request else {}
    return {key: value for key, value in body.items() if key != "name"}


def _named(identifier: str) -> tuple[str, str]:
    """Type and name of a resource in the resource group, as templates write them."""
    namespace, *parts = identifier.rsplit("/providers/", 1)[1].split("/")
    return "/".join((namespace, *parts[::2])), "/".join(parts[1::2])


def _id(identifier: str) -> str:
    kind, name = _named(identifier)
    return f"resourceId({', '.join(_quoted(part) for part in (kind, *name.split('/')))})"


def _quoted(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def _check_size(made: Mapping[str, Json], count: int) -> None:
    size = len(json.dumps(made).encode())
    if count > RESOURCES or size > BYTES:
        raise ProvisionError(
            f"the template would have {count} resources and {size:,} bytes; Resource Manager takes {RESOURCES} and "
            f"{BYTES:,}. Render some catalogs at a time with --catalog, or keep the mapping elsewhere."
        )
