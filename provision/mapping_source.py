"""The environment's mapping on this side: its text, from wherever it is kept, and its content.

I/O: reads the files beside the environment, or asks GitHub through `provision.github`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from provision import github, mapping_lock
from provision.environment import Environment, GitHubMapping
from provision.environment.document import Place, Problem
from provision.environment.problems import invalid
from provision.errors import ProvisionError
from provision.mapping_lock import Pin
from runbook.mapping import Mapping, MappingInvalid, parse_mapping

Fetch: TypeAlias = Callable[[GitHubMapping, Path | None], str]
"""Gets the text from GitHub; takes the source and the authority to trust."""


@dataclass(frozen=True, slots=True)
class MappingText:
    """The text as the runbook will read it; `name` is how messages call it.

    `lines` is given for a mapping that is written inside the environment file: where the key and the value of each
    line of `text` stand there. `pins` are those of the lock file beside it.
    """

    text: str
    name: str
    lines: tuple[tuple[Place, Place], ...] = ()
    pins: tuple[Pin, ...] = ()

    def place(self, line: int, column: int) -> Place:
        """Where line and column of the text are for the person who wrote it."""
        if not self.lines:
            return Place(line, column)
        key, value = self.lines[line - 1]
        written = self.text.split("\n")[line - 1]
        return key if column - 1 == len(written) - len(written.lstrip()) else value

    def where(self, line: int, column: int) -> str:
        """The same as `file:line:column`."""
        place = self.place(line, column)
        return f"{self.name}:{place.line}:{place.column}"


def read(environment: Environment, fetch: Fetch = github.fetch) -> MappingText:
    """The text of the environment's mapping, with the pins of its lock file.

    Raises:
        ProvisionError: one of the two cannot be had, or the lock file is not whole.
    """
    return replace(unpinned(environment, fetch), pins=mapping_lock.read(environment))


def unpinned(environment: Environment, fetch: Fetch = github.fetch) -> MappingText:
    """The text of the environment's mapping, whatever its lock file is like.

    Raises:
        ProvisionError: it cannot be had.
    """
    source = environment.mapping
    if isinstance(source, GitHubMapping):
        return MappingText(fetch(source, environment.cloud.ca_file), github.label(source))
    if source.file is not None:
        return MappingText(_file(environment, source.file), str(source.file))
    return _inline(environment, source.content or {})


def parsed(source: MappingText) -> Mapping:
    """The access packages and groups in the text.

    Raises:
        ProvisionError: everything that is wrong with it, each with its place.
    """
    try:
        return parse_mapping(source.text, source.name)
    except MappingInvalid as error:
        problems = [Problem(source.place(p.line, p.column), p.message) for p in error.problems]
        raise invalid(source.name, problems) from error


def _file(environment: Environment, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        where = environment.where("mapping", "file")
        raise ProvisionError(
            f"{where}: the mapping file {path} does not exist; write it, or correct the path"
        ) from error
    except OSError as error:
        raise ProvisionError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ProvisionError(f"{path}: is not UTF-8; save the file as UTF-8") from error


def _inline(environment: Environment, content: dict[str, Any]) -> MappingText:
    written = list(_written(content, ("mapping", "content"), "", ""))
    lines = tuple((environment.place(*path, key=True), environment.place(*path)) for _, path in written)
    return MappingText("\n".join(line for line, _ in written), environment.origin, lines)


def _written(
    value: Any, path: tuple[str | int, ...], key: str, comma: str
) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """JSON with every value on a line of its own, and the path of each line's value."""
    indent = "  " * (len(path) - 2)
    if not isinstance(value, dict | list) or not value:
        yield f"{indent}{key}{json.dumps(value, ensure_ascii=False)}{comma}", path
        return
    members = value.items() if isinstance(value, dict) else enumerate(value)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield f"{indent}{key}{opening}", path
    last = len(value) - 1
    for place, (step, item) in enumerate(members):
        inner = f"{json.dumps(step, ensure_ascii=False)}: " if isinstance(value, dict) else ""
        yield from _written(item, (*path, step), inner, "," if place < last else "")
    yield f"{indent}{closing}{comma}", path
