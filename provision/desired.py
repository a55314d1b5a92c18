"""Environment, inventory and files -> the blueprint, and the ordered resources that it asks for. Pure.

The files (mapping, bundle, template) are handed in or rendered from what ships with the package.
"""

from __future__ import annotations

from collections.abc import Container

from provision import workflow
from provision.blueprint import Blueprint, CatalogBlueprint, PolicyBlueprint
from provision.environment import Environment, EnvironmentMapping
from provision.inventory import CatalogInventory, Inventory
from provision.kinds import KINDS
from provision.kinds.binding import policy_name
from provision.naming import settings_variable
from provision.resource import Resource
from provision.workflow import WorkflowInputs
from runbook.mapping import Mapping


def blueprint(inventory: Inventory, mapping: Mapping, text: str, script: str) -> Blueprint:
    """What the environment asks for, with its mapping (and the mapping's text) and the one-file runbook.

    The inventory must have passed the preflight.
    """
    environment, account = inventory.environment, inventory.account or {}
    mapped = {package.package_id for package in mapping.packages}
    carried = isinstance(environment.mapping, EnvironmentMapping)
    names = {catalog: name for name, catalog in inventory.wished.values()}
    return Blueprint(
        environment=environment,
        location=str(account["location"]).replace(" ", "").lower(),
        principal=str(account["identity"]["principalId"]),
        script=script,
        mapping=text if carried else None,
        catalogs=tuple(
            _catalog(environment, catalog, names[catalog.id], mapped)
            for catalog in inventory.catalogs
            if catalog.listed
        ),
    )


def desired(blueprint: Blueprint) -> tuple[Resource, ...]:
    """All resources in the order of creation: the environment's own first, then catalog by catalog."""
    order = {catalog.id: place for place, catalog in enumerate(blueprint.catalogs)}
    wanted = [resource for kind in KINDS for resource in kind.desired(blueprint)]
    return tuple(sorted(wanted, key=lambda resource: order.get(resource.address.catalog, -1)))


def workflow_inputs(environment: Environment, catalog: str) -> WorkflowInputs:
    """What the template is rendered with, for the catalog with this id."""
    cloud, automation, callout = environment.cloud, environment.automation, environment.callout
    return WorkflowInputs(
        environment=environment.name,
        catalog=catalog,
        subscription=environment.subscription,
        resource_group=environment.resource_group,
        automation_account=automation.account,
        runbook=automation.runbook,
        worker_group=automation.hybrid_worker_group,
        settings=settings_variable(environment.name),
        on_failure=callout.on_failure,
        poll_interval=callout.poll_interval,
        poll_count=callout.poll_count,
        poll_deadline=callout.poll_deadline,
        arm=cloud.arm,
        arm_audience=cloud.arm_audience,
        graph=cloud.graph,
        graph_audience=cloud.graph_audience,
    )


def _catalog(
    environment: Environment, catalog: CatalogInventory, logic_app: str, mapped: Container[str]
) -> CatalogBlueprint:
    inputs = workflow_inputs(environment, catalog.id)
    policies = [
        PolicyBlueprint(str(policy["id"]), policy_name(catalog, policy))
        for policy in catalog.policies
        if str(policy["accessPackage"]["id"]).lower() in mapped
    ]
    return CatalogBlueprint(
        id=catalog.id,
        name=catalog.name,
        logic_app=logic_app,
        definition=workflow.definition(inputs),
        parameters=workflow.parameters(inputs),
        policies=tuple(sorted(policies, key=lambda policy: (policy.name, policy.id))),
    )
