"""Environment -> inventory: everything that a plan is decided on, as the services say it.

I/O: only through the Reader it is given. A read that fails, or that may be only a part, raises; absent is what a
service said is absent, or what a complete list does not hold.
"""

from __future__ import annotations

from collections.abc import Mapping

from provision import listed_catalogs, ownership
from provision.environment import Environment
from provision.errors import ProvisionError
from provision.inventory import Answers, CatalogInventory, Inventory
from provision.kinds import catalog_role, role_assignment
from provision.listed_catalogs import Matches, Reader, logic_app_names, whole
from provision.naming import (
    AUTOMATION_API_VERSION,
    account_id,
    mapping_variable,
    resource_group_id,
    settings_variable,
)
from provision.resource import (
    ArmCollection,
    ArmTarget,
    ContentTarget,
    GraphCollection,
    GraphTarget,
    Json,
    WorkflowTarget,
)

LOGIC_API_VERSION = "2019-05-01"
POLICY_EXPAND = "catalog,accessPackage,customExtensionStageSettings($expand=customExtension)"


def inventory(reader: Reader, environment: Environment) -> Inventory:
    """Everything that a plan for the environment is decided on."""
    account = account_id(environment)
    matches = listed_catalogs.matches(reader, environment)
    workflows = whole(reader, ArmCollection(_workflows_id(environment), LOGIC_API_VERSION))
    catalogs = _catalogs(reader, matches, _tagged(environment, workflows))
    wished = logic_app_names(environment, matches)
    listed = tuple(reader.read(ArmCollection(f"{account}/runbooks", AUTOMATION_API_VERSION)) or ())
    runbooks = _runbooks(reader, environment, listed)
    return Inventory(
        environment=environment,
        account=reader.read(ArmTarget(account, AUTOMATION_API_VERSION)),
        workers=_workers(reader, environment),
        runbooks=runbooks,
        neighbours=tuple(sorted({ownership.environment_of(runbook) for runbook in listed} - {"", environment.name})),
        contents=_contents(reader, account, runbooks),
        variables=_variables(reader, environment),
        role_assignments=tuple(reader.read(role_assignment.collection(account)) or ()),
        workflows=_workflows(reader, environment, workflows, wished),
        wished=wished,
        catalogs=catalogs,
        catalog_roles=whole(reader, catalog_role.COLLECTION),
        matches={label: tuple(str(catalog["id"]) for catalog in found) for label, found in matches.items()},
    )


def _tagged(environment: Environment, workflows: Answers) -> set[str]:
    """The ids of the catalogs that Logic Apps of ours are tagged with."""
    ours = [workflow for workflow in workflows if ownership.is_tagged(workflow, environment.name)]
    return {ownership.catalog_of(workflow) for workflow in ours} - {""}


def _catalogs(reader: Reader, matches: Matches, tagged: set[str]) -> tuple[CatalogInventory, ...]:
    """The listed catalogs in the order of the environment, then those that are listed no more."""
    listed = {str(found[0]["id"]): found[0] for found in matches.values() if len(found) == 1}
    former = {
        identifier: reader.read(GraphTarget("catalog", (identifier,))) for identifier in sorted(tagged - {*listed})
    }
    policies = whole(reader, GraphCollection("policies", expand=POLICY_EXPAND))
    return tuple(
        _catalog(reader, identifier, answer, policies, listed=identifier in listed)
        for identifier, answer in (listed | former).items()
    )


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
    names = (settings_variable(environment.name), mapping_variable(environment.name))
    found = [
        reader.read(ArmTarget(f"{account_id(environment)}/variables/{name}", AUTOMATION_API_VERSION)) for name in names
    ]
    return tuple(answer for answer in found if answer)


def _workflows_id(environment: Environment) -> str:
    return f"{resource_group_id(environment)}/providers/Microsoft.Logic/workflows"


def _workflows(reader: Reader, environment: Environment, listed: Answers, wished: Mapping[str, Json]) -> Answers:
    found = [
        reader.read(WorkflowTarget(str(workflow["id"])))
        for workflow in listed
        if ownership.is_tagged(workflow, environment.name) or str(workflow["name"]).lower() in wished
    ]
    return tuple(answer for answer in found if answer)
