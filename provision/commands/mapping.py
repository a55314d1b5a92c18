"""`lockstep mapping check`: what the runbook will read in the environment's mapping, and what it lacks by now."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from provision import mapping_lock, mapping_source
from provision.commands.opening import opened
from provision.dropped import ADVICE, Dropped, deployed_mapping, dropped
from provision.environment import Environment, EnvironmentMapping
from provision.errors import ProvisionError
from provision.mapping_source import MappingText
from provision.naming import AUTOMATION_API_VERSION, account_id, mapping_variable
from provision.resource import ArmTarget
from provision.terminal import Terminal
from runbook.mapping import MappedPackage, Mapping, MappingInvalid


def check(reference: str, form: str, terminal: Terminal, *, deployed: bool = False) -> int:
    """Exit code 0; with `deployed` 1 when groups of the deployed mapping would be left to themselves.

    Raises:
        ProvisionError: the environment, the mapping or its lock file has problems; all of them.
    """
    environment = opened(reference, terminal)
    source = mapping_source.read(environment)
    mapping = mapping_source.parsed(source)
    for warning in mapping_lock.warnings(environment, mapping, source.pins):
        terminal.warn(warning)
    gone = _gone(environment, mapping, terminal) if deployed else None
    if form == "json":
        terminal.result(machine(source, mapping, {"deployed": gone and gone.document()} if deployed else {}))
    else:
        terminal.table(*_table(mapping))
        terminal.say(f"{source.name}: {_counted(mapping)}, no problems")
        if gone:
            _tell(gone, terminal)
    return 1 if gone and gone.left else 0


def machine(source: MappingText, mapping: Mapping, more: dict[str, Any]) -> str:
    """For scripts: one JSON object, `version` 1; `sha256` is that of the text, as the runbook checks it."""
    packages = [
        {"id": p.package_id, "groups": [str(group) for group in p.groups], **({"mode": p.mode} if p.mode else {})}
        for p in mapping.packages
    ]
    document = {
        "version": 1,
        "source": source.name,
        "sha256": hashlib.sha256(source.text.encode()).hexdigest(),
        "access_packages": packages,
        "retired_groups": [str(group) for group in mapping.retired],
        **more,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _gone(environment: Environment, mapping: Mapping, terminal: Terminal) -> Dropped | None:
    """What the deployed mapping has besides; None when there is none to compare with, which is told."""
    if not isinstance(environment.mapping, EnvironmentMapping):
        said = f"the mapping's source is {environment.mapping.source}, which the runbook reads at every job"
        terminal.say(f"{environment.where('mapping', 'source')}: {said}; there is nothing deployed to compare with")
        return None
    from provision.commands.pipeline import connected  # slow to load, and only --deployed needs it

    name = mapping_variable(environment.name)
    target = ArmTarget(f"{account_id(environment)}/variables/{name}", AUTOMATION_API_VERSION)
    with connected(environment) as azure, terminal.progress(f"Reading variable {name}"):
        answer = azure.read(target)
    try:
        there = deployed_mapping(environment, answer)
    except MappingInvalid as error:
        raise ProvisionError(
            f"variable {name} holds no mapping ({error}); somebody has written there: `lockstep plan` shows it"
        ) from error
    if there is None:
        terminal.say(f"nothing is deployed to compare with: there is no variable {name} of Lockstep's")
        return None
    return dropped(there, mapping, environment.directory.domain)


def _tell(gone: Dropped, terminal: Terminal) -> None:
    lines = list(gone.told())
    for line in lines:
        terminal.show(line)
    if gone.left:
        terminal.warn(f"{_plural(len(gone.left), 'group')} would be left to themselves. {ADVICE}")
    elif not lines:
        terminal.say("compared with what is deployed: nothing was dropped")


def _table(mapping: Mapping) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The packages; their modes only where one has a mode of its own."""
    columns, rows = ["ACCESS PACKAGE", "AD GROUPS"], [[p.package_id, _groups(p)] for p in mapping.packages]
    rows += [["(retired)", ", ".join(map(str, mapping.retired))]] if mapping.retired else []
    if any(package.mode for package in mapping.packages):
        columns.insert(1, "MODE")
        for row, mode in zip(rows, [*(p.mode or "as the environment" for p in mapping.packages), ""], strict=False):
            row.insert(1, mode)
    return tuple(columns), [tuple(row) for row in rows]


def _groups(package: MappedPackage) -> str:
    return ", ".join(str(group) for group in package.groups)


def _counted(mapping: Mapping) -> str:
    groups = {group.comparable for package in mapping.packages for group in package.groups}
    told = [_plural(len(mapping.packages), "access package"), _plural(len(groups), "AD group")]
    told += [_plural(len(mapping.retired), "retired group")] if mapping.retired else []
    return ", ".join(told)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
