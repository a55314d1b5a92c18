"""`lockstep render`: a Logic App, exactly as it would be sent. Reads catalogs from Graph, for their own only."""

from __future__ import annotations

import json

from provision import listed_catalogs, workflow
from provision.blueprint import CatalogBlueprint
from provision.commands.pipeline import connected
from provision.desired import lifecycle_blueprint, workflow_inputs
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.kinds import logic_app
from provision.listed_catalogs import Matches
from provision.terminal import Terminal


def render(reference: str, catalog: str, terminal: Terminal) -> int:
    """Prints the resource as JSON; 0.

    Raises:
        ProvisionError: the environment lists no such catalog, or Entra does not have it.
    """
    environment = Environment.load(reference)
    with connected(environment) as azure:
        found = listed_catalogs.matches(azure, environment)
    body = logic_app.body(environment, _blueprint(environment, found, catalog))
    terminal.result(json.dumps(body, indent=2, ensure_ascii=False))
    return 0


def lifecycle(reference: str, terminal: Terminal) -> int:
    """Prints the resource of Lifecycle Workflows as JSON, without asking anybody; 0.

    Raises:
        ProvisionError: the environment leaves Lifecycle Workflows alone.
    """
    environment = Environment.load(reference)
    blueprint = lifecycle_blueprint(environment, {})
    if blueprint is None:
        raise ProvisionError(
            f"--lifecycle: {environment.origin} has no section `lifecycle_workflows`. Add one, with the workflows that "
            "should get the task."
        )
    body = logic_app.lifecycle_body(environment, blueprint)
    terminal.result(json.dumps(body, indent=2, ensure_ascii=False))
    return 0


def _blueprint(environment: Environment, found: Matches, label: str) -> CatalogBlueprint:
    for identifier, (name, displayed) in _listed(environment, found).items():
        if label in (displayed, identifier):
            inputs = workflow_inputs(environment, identifier)
            definition, parameters = workflow.definition(inputs), workflow.parameters(inputs)
            return CatalogBlueprint(identifier, displayed, name, definition, parameters, ())
    listed = ", ".join(catalog.label for catalog in environment.catalogs)
    raise ProvisionError(
        f"--catalog: {label} is not a catalog of environment {environment.name} that Entra has exactly once. "
        f"The environment lists {listed}; `lockstep plan` says what is wrong with them."
    )


def _listed(environment: Environment, found: Matches) -> dict[str, tuple[str, str]]:
    """Logic App name and display name of the catalogs, by id."""
    displayed = {str(answer["id"]): str(answer["displayName"]) for answers in found.values() for answer in answers}
    names = listed_catalogs.logic_app_names(environment, found)
    return {identifier: (name, displayed[identifier]) for name, identifier in names.values()}
