"""Environment, inventory and files -> the blueprint, and the ordered resources that it asks for. Pure.

The files (mapping, bundle, template) are handed in or rendered from what ships with the package.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from provision import workflow
from provision.blueprint import Blueprint, CatalogBlueprint, LifecycleBlueprint, PolicyBlueprint
from provision.environment import Environment, EnvironmentMapping, LifecycleWorkflows, Waiting
from provision.inventory import CatalogInventory, Inventory
from provision.kinds import KINDS
from provision.kinds.binding import policy_name
from provision.mapping_source import MappingText
from provision.naming import lifecycle_logic_app, settings_variable
from provision.resource import LIFECYCLE, Resource
from provision.workflow import LifecycleInputs, WorkflowInputs
from runbook.mapping import Mapping as GroupMapping


def blueprint(inventory: Inventory, mapping: GroupMapping, source: MappingText, script: str) -> Blueprint:
    """What the environment asks for, with its mapping (and the mapping's text and pins) and the one-file runbook.

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
        mapping=source.text if carried else None,
        catalogs=tuple(
            _catalog(environment, catalog, names[catalog.id], mapped)
            for catalog in inventory.catalogs
            if catalog.listed
        ),
        lifecycle=_lifecycle(inventory),
        pins={str(pin.name): pin.guid for pin in source.pins},
    )


def desired(blueprint: Blueprint) -> tuple[Resource, ...]:
    """All resources in the order of creation: the environment's own, catalog by catalog, Lifecycle Workflows."""
    order = {catalog.id: place for place, catalog in enumerate(blueprint.catalogs)}
    order[LIFECYCLE] = len(order)
    wanted = [resource for kind in KINDS for resource in kind.desired(blueprint)]
    return tuple(sorted(wanted, key=lambda resource: order.get(resource.address.catalog, -1)))


def workflow_inputs(environment: Environment, catalog: str) -> WorkflowInputs:
    """What the template is rendered with, for the catalog with this id."""
    callout = environment.callout
    return WorkflowInputs(
        **_job_inputs(environment, callout),
        catalog=catalog,
        on_failure=callout.on_failure,
        on_pending="sweep" if environment.sweep.picks_up else "fail",
    )


def lifecycle_inputs(environment: Environment, section: LifecycleWorkflows) -> LifecycleInputs:
    """What the template is rendered with, for Lifecycle Workflows."""
    return LifecycleInputs(**_job_inputs(environment, section))


def lifecycle_blueprint(environment: Environment, workflows: Mapping[str, str]) -> LifecycleBlueprint | None:
    """What Lifecycle Workflows gets, with these workflows (id -> display name); None without the section."""
    section = environment.lifecycle_workflows
    if section is None:
        return None
    inputs = lifecycle_inputs(environment, section)
    definition, parameters = workflow.definition(inputs), workflow.parameters(inputs)
    return LifecycleBlueprint(lifecycle_logic_app(environment), definition, parameters, workflows)


def _job_inputs(environment: Environment, waiting: Waiting) -> dict[str, Any]:
    """What every Logic App needs to start a job and to wait for it."""
    cloud, automation = environment.cloud, environment.automation
    return {
        "environment": environment.name,
        "subscription": environment.subscription,
        "resource_group": environment.resource_group,
        "automation_account": automation.account,
        "runbook": automation.runbook,
        "worker_group": automation.hybrid_worker_group,
        "settings": settings_variable(environment.name),
        "poll_interval": waiting.poll_interval,
        "poll_count": waiting.poll_count,
        "poll_deadline": waiting.poll_deadline,
        "arm": cloud.arm,
        "arm_audience": cloud.arm_audience,
        "graph": cloud.graph,
        "graph_audience": cloud.graph_audience,
    }


def _lifecycle(inventory: Inventory) -> LifecycleBlueprint | None:
    there = inventory.lifecycle
    names = {str(answer["id"]): str(answer["displayName"]) for answer in (there.workflows if there else ())}
    found = [ids[0] for ids in (there.matches.values() if there else ()) if len(ids) == 1]
    return lifecycle_blueprint(inventory.environment, {identifier: names[identifier] for identifier in found})


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
