"""Environment -> inventory: everything that a plan is decided on, as the services say it.

I/O: only through the Reader it is given, by several threads at once. A read that fails, or that may be only a part,
raises; absent is what a service said is absent, or what a complete list does not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from provision import lifecycle_reading, listed_catalogs, ownership
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.inventory import Answers, CatalogInventory, Inventory
from provision.kinds import catalog_role, role_assignment
from provision.listed_catalogs import Matches, Reader, logic_app_names, whole
from provision.naming import (
    AUTOMATION_API_VERSION,
    LOGIC_API_VERSION,
    account_id,
    mapping_variable,
    resource_group_id,
    settings_variable,
    sweep_schedule,
    undo_variable,
)
from provision.resource import (
    LIFECYCLE,
    ArmCollection,
    ArmTarget,
    ContentTarget,
    GraphCollection,
    GraphTarget,
    Json,
)
from provision.side_by_side import DEFAULT, side_by_side

POLICY_EXPAND = "catalog,accessPackage,customExtensionStageSettings($expand=customExtension)"


def inventory(reader: Reader, environment: Environment, parallel: int = DEFAULT) -> Inventory:
    """Everything that a plan for the environment is decided on, with at most `parallel` reads at once."""
    first = _First(reader, environment, parallel)
    matches, workflows, listed = first.matches, first.workflows, first.runbooks
    wished = logic_app_names(environment, matches) | lifecycle_reading.wished(environment)
    runbooks = _runbooks(reader, environment, listed)
    return Inventory(
        environment=environment,
        account=first.account,
        workers=first.workers,
        runbooks=runbooks,
        neighbours=tuple(sorted({ownership.environment_of(runbook) for runbook in listed} - {"", environment.name})),
        contents=_contents(reader, account_id(environment), runbooks),
        variables=first.variables,
        role_assignments=first.role_assignments,
        workflows=_workflows(reader, environment, workflows, wished, parallel),
        wished=wished,
        catalogs=_catalogs(reader, matches, _tagged(environment, workflows), first.policies, parallel),
        catalog_roles=first.catalog_roles,
        matches={label: tuple(str(catalog["id"]) for catalog in found) for label, found in matches.items()},
        lifecycle=lifecycle_reading.lifecycle(reader, environment, workflows, parallel),
        schedules=first.schedules,
        job_schedules=first.job_schedules,
    )


class _First:
    """What can be read without knowing anything else, side by side."""

    def __init__(self, reader: Reader, environment: Environment, parallel: int) -> None:
        account = account_id(environment)
        tasks: list[Callable[[], Any]] = [
            partial(reader.read, ArmTarget(account, AUTOMATION_API_VERSION)),
            partial(_workers, reader, environment),
            partial(_some, reader, ArmCollection(f"{account}/runbooks", AUTOMATION_API_VERSION)),
            partial(_variables, reader, environment),
            partial(_schedules, reader, environment),
            partial(_job_schedules, reader, environment),
            partial(_some, reader, role_assignment.collection(account)),
            partial(whole, reader, ArmCollection(_workflows_id(environment), LOGIC_API_VERSION)),
            partial(whole, reader, GraphCollection("policies", expand=POLICY_EXPAND)),
            partial(whole, reader, catalog_role.COLLECTION),
            *(partial(listed_catalogs.matching, reader, catalog) for catalog in environment.catalogs),
        ]
        found = side_by_side(tasks, parallel, wait=False)
        self.account: Mapping[str, Json] | None = found[0]
        self.workers: Answers | None = found[1]
        self.runbooks: Answers = found[2]
        self.variables: Answers = found[3]
        self.schedules: Answers = found[4]
        self.job_schedules: Answers = found[5]
        self.role_assignments: Answers = found[6]
        self.workflows: Answers = found[7]
        self.policies: Answers = found[8]
        self.catalog_roles: Answers = found[9]
        self.matches = dict(zip((catalog.label for catalog in environment.catalogs), found[10:], strict=True))


def _some(reader: Reader, collection: ArmCollection) -> Answers:
    """All items; none below something that does not exist."""
    return tuple(reader.read(collection) or ())


def _tagged(environment: Environment, workflows: Answers) -> set[str]:
    """The ids of the catalogs that Logic Apps of ours are tagged with."""
    ours = [workflow for workflow in workflows if ownership.is_tagged(workflow, environment.name)]
    return {ownership.catalog_of(workflow) for workflow in ours} - {"", LIFECYCLE}


def _catalogs(
    reader: Reader, matches: Matches, tagged: set[str], policies: Answers, parallel: int
) -> tuple[CatalogInventory, ...]:
    """The listed catalogs in the order of the environment, then those that are listed no more."""
    listed = {str(found[0]["id"]): found[0] for found in matches.values() if len(found) == 1}
    former = sorted(tagged - {*listed})
    tasks = [
        *(
            partial(_catalog, reader, identifier, answer, policies, listed=True)
            for identifier, answer in listed.items()
        ),
        *(partial(_former, reader, identifier, policies) for identifier in former),
    ]
    return tuple(side_by_side(tasks, parallel, wait=False))


def _former(reader: Reader, identifier: str, policies: Answers) -> CatalogInventory:
    """A catalog that is listed no more."""
    answer = reader.read(GraphTarget("catalog", (identifier,)))
    return _catalog(reader, identifier, answer, policies, listed=False)


def _catalog(reader: Reader, identifier: str, answer: Json, policies: Answers, *, listed: bool) -> CatalogInventory:
    if answer is None:
        return CatalogInventory(identifier, "", listed, {}, (), ())
    packages = whole(reader, GraphCollection("packages", filter=f"catalog/id eq '{identifier}'", expand="catalog"))
    for package in packages:
        if _catalog_of(package) != identifier:
            raise ProvisionError(f"Microsoft Graph gave access packages of other catalogs than {identifier}.")
    return CatalogInventory(
        identifier,
        str(answer["displayName"]),
        listed,
        {str(package["id"]).lower(): str(package["displayName"]) for package in packages},
        tuple(policy for policy in policies if _catalog_of(policy) == identifier),
        whole(reader, GraphCollection("extensions", (identifier,))),
    )


def _catalog_of(answer: Mapping[str, Json]) -> str:
    catalog = answer.get("catalog")
    if not catalog:
        raise ProvisionError(
            f"Microsoft Graph did not say which catalog {answer.get('displayName')} ({answer.get('id')}) is in. "
            "Without that nothing can be planned; try again later."
        )
    return str(catalog["id"])


def _workers(reader: Reader, environment: Environment) -> Answers | None:
    group = f"{account_id(environment)}/hybridRunbookWorkerGroups/{environment.automation.hybrid_worker_group}"
    if reader.read(ArmTarget(group, AUTOMATION_API_VERSION)) is None:
        return None
    return whole(reader, ArmCollection(f"{group}/hybridRunbookWorkers", AUTOMATION_API_VERSION))


def _runbooks(reader: Reader, environment: Environment, listed: Answers) -> Answers:
    """Ours, also under former names, and whatever has the wanted name; each whole, which a list does not promise."""
    account = account_id(environment)
    names = [
        runbook["name"]
        for runbook in listed
        if ownership.is_tagged(runbook, environment.name)
        or runbook["name"].lower() == environment.automation.runbook.lower()
    ]
    found = [reader.read(ArmTarget(f"{account}/runbooks/{name}", AUTOMATION_API_VERSION)) for name in names]
    return tuple(answer for answer in found if answer)


def _contents(reader: Reader, account: str, runbooks: Answers) -> dict[str, str]:
    contents = {
        str(runbook["name"]): reader.read(ContentTarget(f"{account}/runbooks/{runbook['name']}"))
        for runbook in runbooks
    }
    return {name: str(answer["content"]) for name, answer in contents.items() if answer}


def _variables(reader: Reader, environment: Environment) -> Answers:
    naming = (settings_variable, mapping_variable, undo_variable)
    names = [name(environment.name) for name in naming]
    found = [
        reader.read(ArmTarget(f"{account_id(environment)}/variables/{name}", AUTOMATION_API_VERSION)) for name in names
    ]
    return tuple(answer for answer in found if answer)


def _schedules(reader: Reader, environment: Environment) -> Answers:
    name = sweep_schedule(environment.name)
    found = reader.read(ArmTarget(f"{account_id(environment)}/schedules/{name}", AUTOMATION_API_VERSION))
    return (found,) if found else ()


def _job_schedules(reader: Reader, environment: Environment) -> Answers:
    """What our schedule starts; each whole, because the list leaves the parameters out."""
    collection, name = f"{account_id(environment)}/jobSchedules", sweep_schedule(environment.name)
    ids = [
        str(listed["id"]).rsplit("/", 1)[1]
        for listed in _some(reader, ArmCollection(collection, AUTOMATION_API_VERSION))
        if str((listed["properties"].get("schedule") or {}).get("name")).lower() == name
    ]
    found = [reader.read(ArmTarget(f"{collection}/{identifier}", AUTOMATION_API_VERSION)) for identifier in ids]
    return tuple(answer for answer in found if answer)


def _workflows_id(environment: Environment) -> str:
    return f"{resource_group_id(environment)}/providers/Microsoft.Logic/workflows"


def _workflows(
    reader: Reader, environment: Environment, listed: Answers, wished: Mapping[str, Json], parallel: int
) -> Answers:
    tasks = [
        partial(reader.read, lifecycle_reading.logic_app(environment, workflow))
        for workflow in listed
        if ownership.is_tagged(workflow, environment.name) or str(workflow["name"]).lower() in wished
    ]
    found = side_by_side(tasks, parallel, wait=False)
    return tuple(answer for answer in found if answer)
