"""The workflows that are there at the beginning: one for joiners, one for movers, one for leavers.

Each has tasks with arguments that a careless client can lose or bring out of order, and one runs an extension of
somebody else, in a task that is disabled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provision.sandbox import seed
from provision.sandbox.graph.lifecycle_workflows.definitions import (
    ADD_TO_GROUPS,
    DISABLE_ACCOUNT,
    ENABLE_ACCOUNT,
    EXTENSION_ARGUMENT,
    LAST_DAY_MAIL,
    MOVE_MAIL,
    REMOVE_FROM_GROUPS,
    RUN_EXTENSION,
    WELCOME_MAIL,
    seed_definitions,
)
from provision.sandbox.graph.lifecycle_workflows.entity_types import DEFINITION, EXTENSION, IG
from provision.sandbox.graph.lifecycle_workflows.versions import Versions
from provision.sandbox.graph.seed_bodies import FOREIGN_EXTENSION
from provision.sandbox.graph.tenant import Tenant

JOINER, MOVER, LEAVER = "Onboard new hire", "Change of department", "Offboard leaver"
JOINER_ID = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaa01"
MOVER_ID = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaa02"
LEAVER_ID = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaa03"
FOREIGN_EXTENSION_ID = "99999999-9999-4999-8999-999999999902"
"""A custom task extension of somebody else, in a disabled task of the workflow for movers."""
_CLOUD_GROUP = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbb01"
_OLD_GROUP = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbb02"
_HR = seed.USERS[6].object_id


def _trigger(attribute: str, days: int) -> dict[str, Any]:
    kind = f"#microsoft.graph.{IG}timeBasedAttributeTrigger"
    return {"@odata.type": kind, "timeBasedAttribute": attribute, "offsetInDays": days}


_MOVED = {
    "@odata.type": f"#microsoft.graph.{IG}attributeChangeTrigger",
    "triggerAttributes": [{"name": "department"}],
}


def _conditions(trigger: Mapping[str, Any]) -> dict[str, Any]:
    scope = {"@odata.type": f"#microsoft.graph.{IG}ruleBasedSubjectSet", "rule": "(department ne 'Contractors')"}
    kind = f"#microsoft.graph.{IG}triggerAndScopeBasedConditions"
    return {"@odata.type": kind, "scope": scope, "trigger": dict(trigger)}


_Arguments = Mapping[str, str]
_Tasks = Sequence[tuple[str, str, _Arguments]]

_JOINER: _Tasks = (
    (ENABLE_ACCOUNT, "Enable the account", {}),
    (
        WELCOME_MAIL,
        "Welcome mail",
        {"cc": _HR, "customSubject": "Welcome, {{userGivenName}}!", "customBody": "See you soon.", "locale": "en-us"},
    ),
    (ADD_TO_GROUPS, "Add to the all-hands group", {"groupID": _CLOUD_GROUP}),
)
_MOVER: _Tasks = (
    (REMOVE_FROM_GROUPS, "Leave the old department's group", {"groupID": _OLD_GROUP}),
    (MOVE_MAIL, "Tell the manager", {"cc": _HR, "customSubject": "{{userDisplayName}} moves", "locale": "de-de"}),
    (RUN_EXTENSION, "Order a new badge", {EXTENSION_ARGUMENT: FOREIGN_EXTENSION_ID}),
)
_LEAVER: _Tasks = (
    (LAST_DAY_MAIL, "Goodbye mail", {"cc": _HR, "customSubject": "Thank you", "locale": "en-us"}),
    (REMOVE_FROM_GROUPS, "Leave the all-hands group", {"groupID": f"{_CLOUD_GROUP},{_OLD_GROUP}"}),
    (DISABLE_ACCOUNT, "Disable the account", {}),
)
_WORKFLOWS = (
    (JOINER_ID, "joiner", JOINER, _trigger("employeeHireDate", -1), _JOINER),
    (MOVER_ID, "mover", MOVER, _MOVED, _MOVER),
    (LEAVER_ID, "leaver", LEAVER, _trigger("employeeLeaveDateTime", 0), _LEAVER),
)
_DISABLED = {"Order a new badge"}


def populate(tenant: Tenant, versions: Versions) -> None:
    """Put the task definitions, the workflows and somebody else's extension into an empty tenant."""
    seed_definitions(tenant)
    extension = {name: value for name, value in FOREIGN_EXTENSION.items() if not name.endswith("By")}
    tenant.add(EXTENSION, {**extension, "displayName": "Order a badge"}, key=FOREIGN_EXTENSION_ID)
    for key, category, name, trigger, tasks in _WORKFLOWS:
        values = {
            "category": category,
            "description": f"{name}, for everybody but contractors.",
            "displayName": name,
            "executionConditions": _conditions(trigger),
            "isEnabled": True,
            "isSchedulingEnabled": category != "mover",
        }
        versions.create(values, [_task(tenant, *task) for task in tasks], key)


def _task(tenant: Tenant, definition: str, name: str, arguments: _Arguments) -> dict[str, Any]:
    return {
        "arguments": [{"name": argument, "value": value} for argument, value in arguments.items()],
        "category": tenant.require(DEFINITION, definition).values["category"],
        "continueOnError": name == "Welcome mail",
        "description": f"{name} (made in the portal)",
        "displayName": name,
        "isEnabled": name not in _DISABLED,
        "taskDefinitionId": definition,
    }
