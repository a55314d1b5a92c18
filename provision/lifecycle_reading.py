"""What Lifecycle Workflows holds, read for one environment.

Whether it is asked at all: when the environment has the section `lifecycle_workflows`, or when a Logic App of this
environment bears the tag for it. Everything of ours there needs that Logic App, it is made first and deleted last; so
without section and without Logic App there is nothing to find, and whoever deploys needs no permission for it.

I/O: only through the Reader it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from provision import ownership
from provision.environment import Environment, LifecycleWorkflow
from provision.inventory import Answers, LifecycleInventory
from provision.kinds.logic_app import asks_application
from provision.kinds.task_extension import COLLECTION
from provision.listed_catalogs import Reader, whole
from provision.naming import lifecycle_logic_app
from provision.resource import LIFECYCLE, GraphCollection, GraphTarget, Json, WorkflowTarget
from provision.side_by_side import DEFAULT, side_by_side


def wished(environment: Environment) -> dict[str, tuple[str, str]]:
    """The name of the Logic App as in `Inventory.wished`; nothing without the section."""
    name = lifecycle_logic_app(environment)
    return {name.lower(): (name, LIFECYCLE)} if environment.lifecycle_workflows else {}


def logic_app(environment: Environment, listed: Mapping[str, Json]) -> WorkflowTarget:
    """How to read a Logic App of the resource group: that of Lifecycle Workflows with its application id."""
    return WorkflowTarget(str(listed["id"]), application=asks_application(environment, listed))


def lifecycle(
    reader: Reader, environment: Environment, logic_apps: Answers, parallel: int = DEFAULT
) -> LifecycleInventory | None:
    """Extensions and workflows; None when it was not asked. `logic_apps` are those of the resource group."""
    section = environment.lifecycle_workflows
    if section is None and not any(_serves(environment, answer) for answer in logic_apps):
        return None
    extensions = whole(reader, COLLECTION)
    listed = whole(reader, GraphCollection("workflows"))
    matches = {one.label: _matching(one, listed) for one in (section.workflows if section else ())}
    wanted = {identifier for found in matches.values() for identifier in found}
    if any(ownership.is_marked(answer.get("description"), environment.name) for answer in extensions):
        wanted = {str(workflow["id"]) for workflow in listed}  # a list shows no tasks, and any of them may have ours
    targets = [GraphTarget("workflow", (str(one["id"]),)) for one in listed if str(one["id"]) in wanted]
    workflows = side_by_side([partial(reader.read, target) for target in targets], parallel, wait=False)
    return LifecycleInventory(matches, extensions, tuple(answer for answer in workflows if answer))


def _serves(environment: Environment, answer: Mapping[str, Json]) -> bool:
    return ownership.is_tagged(answer, environment.name) and ownership.catalog_of(answer) == LIFECYCLE


def _matching(wanted: LifecycleWorkflow, listed: Answers) -> tuple[str, ...]:
    """The ids of the workflows that go by the id, or by the very name."""
    key, value = ("id", wanted.id) if wanted.id else ("displayName", wanted.name)
    return tuple(str(answer["id"]) for answer in listed if _same(key, answer.get(key), value))


def _same(key: str, one: Json, other: str | None) -> bool:
    return str(one).lower() == other if key == "id" else one == other
