"""The lock file beside a mapping: it pins each group's name to the GUID of the group that was meant.

    {"Groups": {"Group_A": "12345678-1234-1234-1234-1234567890ab"}}

A group that is deleted and made anew under its name is another group, perhaps with other rights; the runbook then
leaves it alone until somebody has looked. I/O: reads and writes that one file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from provision.environment import Environment
from provision.environment.document import Place, Problem
from provision.environment.problems import invalid
from provision.errors import ProvisionError
from runbook.group_name import GUID, GroupName, GroupNameInvalid, parse_group_name
from runbook.json_text import JsonInvalid, JsonNode, read_json
from runbook.mapping import Mapping

KEY: Final = "Groups"
_PINNED: Final = ("account", "dn")
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Pin:
    """One group's name, as the mapping writes it, and its GUID in lower case."""

    name: GroupName
    guid: str


def names(mapping: Mapping) -> tuple[GroupName, ...]:
    """Every name of the mapping that could come to mean another group, each once; a GUID or a SID never does."""
    found: dict[tuple[str, str, str], GroupName] = {}
    for name in (*(name for package in mapping.packages for name in package.groups), *mapping.retired):
        if name.form in _PINNED:
            found.setdefault(name.comparable, name)
    return tuple(found.values())


def command(environment: Environment) -> str:
    """What writes the lock file."""
    return f"`lockstep mapping lock -e {environment.origin}`"


def read(environment: Environment) -> tuple[Pin, ...]:
    """The pins of the environment's lock file; none when it names no file.

    Raises:
        ProvisionError: the file is not there, or everything that is wrong with it, each with its place.
    """
    path = environment.mapping.lock
    if path is None:
        return ()
    text = _text(path)
    if text is None:
        where = environment.where("mapping", "lock")
        raise ProvisionError(f"{where}: the lock file {path} does not exist; {command(environment)} writes it")
    return parsed(text, str(path))


def parsed(text: str, name: str) -> tuple[Pin, ...]:
    """The pins in the text of a lock file; `name` is how messages call it.

    Raises:
        ProvisionError: everything that is wrong with it, each with its place.
    """
    try:
        root = read_json(text)
    except JsonInvalid as error:
        raise invalid(name, [Problem(Place(error.line, error.column), f"not JSON: {error.message}")]) from error
    problems: list[Problem] = []
    pins = tuple(_pins(root, problems))
    if problems:
        raise invalid(name, problems)
    return pins


def kept(path: Path) -> tuple[Pin, ...]:
    """The pins that a new lock file would replace: none when there is no file yet.

    Raises:
        ProvisionError: there is one, and it cannot be read as such.
    """
    text = _text(path)
    return () if text is None else parsed(text, str(path))


def written(pins: Iterable[Pin]) -> str:
    """The text of the lock file: sorted, so that a review shows what changed and nothing else."""
    in_order = sorted(pins, key=lambda pin: (pin.name.text.casefold(), pin.name.text))
    groups = {pin.name.text: pin.guid for pin in in_order}
    return json.dumps({KEY: groups}, indent=2, ensure_ascii=False) + "\n"


def warnings(environment: Environment, mapping: Mapping, pins: Iterable[Pin]) -> Iterator[str]:
    """Where the mapping and its lock file do not speak of the same groups."""
    if environment.mapping.lock is None:
        return
    pinned, named = {pin.name.comparable: pin.name for pin in pins}, {name.comparable: name for name in names(mapping)}
    loose = [name for found, name in named.items() if found not in pinned]
    stray = [name for found, name in pinned.items() if found not in named]
    path, remedy = environment.mapping.lock, command(environment)
    if loose:
        yield f"{path} does not pin {_listed(loose)}, which the mapping names; {remedy} does"
    if stray:
        yield f"{path} pins {_listed(stray)}, which the mapping does not name; {remedy} takes that out"


def _listed(found: list[GroupName]) -> str:
    shown = ", ".join(sorted(map(str, found))[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"{'group' if len(found) == 1 else 'groups'} {shown}{more}"


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ProvisionError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ProvisionError(f"{path}: is not UTF-8; save the file as UTF-8") from error


def _pins(root: JsonNode, problems: list[Problem]) -> Iterator[Pin]:
    lines: dict[tuple[str, str, str], int] = {}
    members = _members(root, "the lock file", problems)
    for found, value in members:
        if found.value != KEY:
            problems.append(_problem(found, f'unknown key "{found.value}"; known: {KEY}'))
            continue
        for name, guid in _members(value, f'"{KEY}"', problems):
            pin = _pin(name, guid, problems)
            if pin and pin.name.comparable in lines:
                said = f"group '{pin.name}' is pinned already in line {lines[pin.name.comparable]}; remove one"
                problems.append(_problem(name, said))
            elif pin:
                lines[pin.name.comparable] = name.line
                yield pin
    if root.kind == "object" and not any(found.value == KEY for found, _ in members):
        problems.append(_problem(root, f'key "{KEY}" is missing; `lockstep mapping lock` writes the file'))


def _members(node: JsonNode, what: str, problems: list[Problem]) -> tuple[tuple[JsonNode, JsonNode], ...]:
    if node.kind != "object":
        problems.append(_problem(node, f"{what} must be an object, not {node.kind}"))
        return ()
    return node.members


def _pin(name: JsonNode, guid: JsonNode, problems: list[Problem]) -> Pin | None:
    try:
        group = parse_group_name(name.value)
    except GroupNameInvalid as error:
        problems.append(_problem(name, f"group {error}"))
        return None
    if guid.kind != "string" or not GUID.fullmatch(guid.value):
        problems.append(_problem(guid, f"group '{group}' is not pinned to a GUID; `lockstep mapping lock` finds it"))
        return None
    return Pin(group, str(guid.value).lower())


def _problem(node: JsonNode, message: str) -> Problem:
    return Problem(Place(node.line, node.column), message)
