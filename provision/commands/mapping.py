"""`lockstep mapping check`: what the runbook will read in the environment's mapping."""

from __future__ import annotations

import hashlib
import json

from provision import mapping_source
from provision.commands.opening import opened
from provision.mapping_source import MappingText
from provision.terminal import Terminal
from runbook.mapping import Mapping


def check(reference: str, form: str, terminal: Terminal) -> int:
    """Exit code 0.

    Raises:
        ProvisionError: the environment or the mapping has problems; all of them.
    """
    environment = opened(reference, terminal)
    source = mapping_source.read(environment)
    mapping = mapping_source.parsed(source)
    if form == "json":
        terminal.result(machine(source, mapping))
        return 0
    rows = [(package.package_id, ", ".join(str(group) for group in package.groups)) for package in mapping.packages]
    terminal.table(("ACCESS PACKAGE", "AD GROUPS"), rows)
    terminal.say(f"{source.name}: {_counted(mapping)}, no problems")
    return 0


def machine(source: MappingText, mapping: Mapping) -> str:
    """For scripts: one JSON object, `version` 1; `sha256` is that of the text, as the runbook checks it."""
    packages = [{"id": p.package_id, "groups": [str(group) for group in p.groups]} for p in mapping.packages]
    document = {
        "version": 1,
        "source": source.name,
        "sha256": hashlib.sha256(source.text.encode()).hexdigest(),
        "access_packages": packages,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _counted(mapping: Mapping) -> str:
    groups = {(group.form, group.domain, group.key) for package in mapping.packages for group in package.groups}
    return f"{_plural(len(mapping.packages), 'access package')}, {_plural(len(groups), 'AD group')}"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
