"""Everything that Azure and Graph hold in a sandbox, in a form that is equal for two runs with the same end.

Ids that a service makes up become names, and times are left out; how many there are of something is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from provision.sandbox import seed
from provision.sandbox.graph.tenant import Entity
from provision.sandbox.sandbox import Sandbox

TIMES = {
    "changedTime",
    "created",
    "createdDateTime",
    "createdTime",
    "lastModifiedDateTime",
    "modified",
    "modifiedDateTime",
    "version",
}
SEEDED = {seed.DEPLOYER_OBJECT_ID, seed.AUTOMATION_OBJECT_ID}


def final_state(sandbox: Sandbox) -> dict[str, list[str]]:
    """Every resource as JSON text, sorted, by what it is."""
    names = dict(_names(sandbox))
    return {kind: sorted(_text(row, names) for row in rows) for kind, rows in _rows(sandbox).items() if rows}


def differences(state: dict[str, list[str]], wanted: dict[str, list[str]]) -> list[str]:
    """What is in one of the states only, each in a line."""
    found = []
    for kind in sorted({*state, *wanted}):
        left, missing = list(state.get(kind, [])), list(wanted.get(kind, []))
        for row in [row for row in left if row in missing]:
            if row in missing:
                left.remove(row)
                missing.remove(row)
        found += [f"too much: {kind} {row[:400]}" for row in left]
        found += [f"not there: {kind} {row[:400]}" for row in missing]
    return found


def _rows(sandbox: Sandbox) -> dict[str, list[Any]]:
    cloud, tenant = sandbox.world.cloud, sandbox.world.entitlement.tenant
    rows: dict[str, list[Any]] = {
        "Logic App": list(cloud.workflows._resources.values()),
        "Logic App at its host": sorted(sandbox.world.host._apps),
        "runbook": [_fields(runbook) for runbook in cloud.runbooks.all()],
        "variable": [_fields(variable) for variable in cloud.variables._variables.values()],
        "schedule": [
            (found.name, found.description, found.frequency, found.interval, found.enabled, f"{found.start:%H:%M %z}")
            for found in cloud.schedules.all()
        ],
        "job schedule": [
            (tie.identifier, tie.schedule.name, tie.runbook.name, tie.run_on, dict(tie.parameters))
            for tie in cloud.schedules.ties()
        ],
        "Azure role": [
            (found.scope, found.role.name, found.principal, found.principal_type, found.description)
            for found in cloud.access.all()
        ],
        "principal": [(found.display_name, sorted(found.app_roles)) for found in sandbox.world.principals.all()],
    }
    return rows | {kind: [_entity(row) for row in held.values()] for kind, held in tenant._sets.items()}


def _fields(made: Any) -> dict[str, Any]:
    return {name: getattr(made, name) for name in made.__slots__}


def _entity(row: Entity) -> dict[str, Any]:
    return {"type": row.type, "values": row.values, "links": row.links, "hidden": row.hidden}


def _names(sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    """Made-up ids and what to call them; those that hold others come first."""
    world = sandbox.world
    for setting in world.entitlement.tenant.rows("customExtensionStageSetting"):
        yield setting.id, f"<{setting.values['stage']} {setting.links['customExtension']}>"
    for question in world.entitlement.tenant.rows("accessPackageQuestion"):
        yield question.id, f"<question {question.values['sequence']}>"
    for extension in world.entitlement.tenant.rows("customCalloutExtension"):
        if extension.id != seed.FOREIGN_EXTENSION_ID:
            yield extension.id, f"<extension {extension.values['displayName']}>"
    for task in world.entitlement.tenant.rows("identityGovernance.task"):
        yield task.id, f"<task {task.values['displayName']}>"
        if "[lockstep:" in task.values["description"]:  # older versions of a workflow name an extension that is gone
            yield from ((argument["value"], "<task extension>") for argument in task.values["arguments"])
    yield from _names_of_identities(sandbox)
    for identifier, app in world.host._apps.items():
        yield app.key, f"<key of {identifier}>"


def _names_of_identities(sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    for principal in sandbox.world.principals.all():
        if principal.object_id not in SEEDED:
            yield principal.object_id, f"<identity of {principal.display_name}>"
            if principal.app_id:
                yield principal.app_id, f"<application of {principal.display_name}>"


def _text(row: Any, names: dict[str, str]) -> str:
    text = json.dumps(_timeless(row), sort_keys=True, ensure_ascii=False)
    for identifier, name in names.items():
        text = text.replace(identifier, name)
    return json.dumps(_ordered(json.loads(text)), ensure_ascii=False)


def _ordered(value: Any) -> Any:
    """The same with every list of names in one order: Graph promises none for what it links."""
    if isinstance(value, dict):
        return {key: _ordered(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted(value) if all(isinstance(inner, str) for inner in value) else [_ordered(v) for v in value]
    return value


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(inner) for key, inner in value.items() if key not in TIMES}
    return [_timeless(inner) for inner in value] if isinstance(value, list | tuple) else value
