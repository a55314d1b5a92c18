"""The names of everything Lockstep makes: the same environment and catalog always give the same names. Pure.

Limits: a Logic App's name has at most 43 characters ("Naming rules and restrictions for Azure resources"), and Entra
takes Logic Apps whose resource id has at most 150 ("Trigger Logic Apps with custom extensions").
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
import uuid
from collections import Counter
from collections.abc import Mapping

from provision.environment import Environment

AUTOMATION_API_VERSION = "2024-10-23"
JOBS_API_VERSION = "2023-11-01"
"""Of jobs, and of what people type: the newest that public samples start jobs with, available in every cloud."""
LOGIC_API_VERSION = "2019-05-01"
LOGIC_APP_LENGTH = 43
LOGIC_APP_ID_LENGTH = 150
_NAMESPACE = uuid.UUID("b5ab2f8c-5e9c-4b5a-9a52-1b1a5f0c7d11")


def slug(name: str) -> str:
    """A catalog's name in lower-case ASCII letters, digits and single hyphens; never empty."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "catalog"


def logic_apps(environment: str, catalogs: Mapping[str, str]) -> dict[str, str]:
    """Logic App names by catalog id, for catalogs given as id -> display name.

    Catalogs whose names come to the same slug are told apart by a short hash of their id.
    """
    slugs = {catalog: slug(name) for catalog, name in catalogs.items()}
    times = Counter(slugs.values())
    return {
        catalog: f"lockstep-{environment}-{short}" + (f"-{_short_hash(catalog)}" if times[short] > 1 else "")
        for catalog, short in slugs.items()
    }


def lifecycle_logic_app(environment: Environment) -> str:
    """The name of the Logic App of Lifecycle Workflows; the default one when the environment has no such section."""
    section = environment.lifecycle_workflows
    return (section and section.logic_app) or f"lockstep-{environment.name}-lifecycle"


def logic_app_problem(name: str, workflow_id: str, owner: str) -> str | None:
    """Why a Logic App cannot have this name, with the remedy; None when it can. `owner` is what it serves."""
    remedy = "Give it a shorter `logic_app:` name"
    if not re.fullmatch(r"[A-Za-z0-9._()-]+", name):
        reason = "may only have letters, digits and - . _ ( )"
    elif len(name) > LOGIC_APP_LENGTH:
        reason = f"has {len(name)} characters, Azure allows {LOGIC_APP_LENGTH}"
    elif len(workflow_id) > LOGIC_APP_ID_LENGTH:
        reason = f"makes a resource id of {len(workflow_id)} characters, Entra accepts {LOGIC_APP_ID_LENGTH}"
        if len(workflow_id) - len(name) >= LOGIC_APP_ID_LENGTH:
            remedy = "Use a resource group with a shorter name"
    else:
        return None
    return f"{owner}: the Logic App name {name} {reason}. {remedy}"


def resource_group_id(environment: Environment) -> str:
    """The resource id of the environment's resource group."""
    return f"/subscriptions/{environment.subscription}/resourceGroups/{environment.resource_group}"


def account_id(environment: Environment) -> str:
    """The resource id of the Automation account."""
    account = environment.automation.account
    return f"{resource_group_id(environment)}/providers/Microsoft.Automation/automationAccounts/{account}"


def workflow_id(resource_group_id: str, name: str) -> str:
    """The resource id of a Logic App."""
    return f"{resource_group_id}/providers/Microsoft.Logic/workflows/{name}"


def settings_variable(environment: str) -> str:
    """The Automation variable with the runbook's settings."""
    return f"lockstep-{environment}-settings"


def mapping_variable(environment: str) -> str:
    """The Automation variable with the mapping's text."""
    return f"lockstep-{environment}-mapping"


def undo_variable(environment: str) -> str:
    """The Automation variable with the changes that a job undoes; there only while it runs."""
    return f"lockstep-{environment}-undo"


def sweep_schedule(environment: str) -> str:
    """The Automation schedule of the nightly sweep."""
    return f"lockstep-{environment}-sweep"


def job_schedule(account: str, content: str) -> str:
    """The GUID of a job schedule, which cannot be changed: another `content` makes another one."""
    return str(uuid.uuid5(_NAMESPACE, f"{account.lower()}|{content}"))


def extension(environment: str, catalog: str) -> str:
    """The display name of a catalog's custom extension."""
    return f"Lockstep {environment}: {catalog}"


def task_extension(environment: str) -> str:
    """The display name of the custom task extension, which is unique in its tenant."""
    return f"Lockstep {environment}: Lifecycle Workflows"


def workflow_task(environment: str) -> str:
    """The display name of our task in a workflow of Lifecycle Workflows."""
    return f"Lockstep {environment}: AD groups"


def role_assignment(scope: str, role: str, principal: str) -> str:
    """The GUID of a role assignment: made anew for a principal that was made anew."""
    return str(uuid.uuid5(_NAMESPACE, f"{scope}|{role}|{principal}".lower()))


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.lower().encode()).hexdigest()[:6]
