"""YAML or JSON text -> plain values that know where they stand. Pure.

Scalars follow YAML 1.2 and JSON: only `true` and `false` are booleans; dates, `no` and `1:30` stay text. Anchors and
aliases work; merge keys, tags and several documents in one file do not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import yaml

Path: TypeAlias = tuple[str | int, ...]
"""The way to a value: keys of mappings and positions in lists, from the top."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something begins; lines and columns count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to correct."""

    place: Place
    message: str


TOP: Final = Place(1, 1)
_MOST_VALUES: Final = 100_000


class DocumentInvalid(ValueError):
    """The text is not YAML; `problem` says where."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Document:
    """The values in a text. `problems` are those of the notation itself, such as a key that is there twice."""

    value: Any
    problems: tuple[Problem, ...]
    _keys: dict[Path, Place]
    _values: dict[Path, Place]

    def has(self, path: Path) -> bool:
        """Whether something stands there."""
        return path in self._values

    def key(self, path: Path) -> Place:
        """Where the key of that value stands; of an item in a list, and of the whole, the value itself."""
        return self._keys.get(path) or self.of(path)

    def of(self, path: Path) -> Place:
        """Where that value stands."""
        return self._values.get(path, TOP)


def read(text: str) -> Document:
    """The document in `text`.

    Raises:
        DocumentInvalid: at the first character that is not YAML.
    """
    text = text.removeprefix("\ufeff")
    if text.lstrip().startswith("{"):
        text = text.replace("\t", " ")  # JSON may be indented with tabs, YAML may not; no JSON string holds one
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise DocumentInvalid(Problem(_marked(error), _told(error))) from error
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise DocumentInvalid(Problem(place, "this character has no place in YAML; remove it")) from error
    except RecursionError as error:
        raise DocumentInvalid(Problem(TOP, "not YAML: too deeply nested")) from error
    if root is None:
        raise DocumentInvalid(Problem(TOP, "the file is empty; write an environment, as in environments/example.yaml"))
    walk = _Walk()
    value = walk.value(root, ())
    return Document(value, tuple(walk.problems), walk.keys, walk.values)


class _Loader(yaml.SafeLoader):
    """Composes nodes; knows the scalars of YAML 1.2 only."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as PyYAML declares it


_SCALARS: Final = (
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
)
for _kind, _form, _first in _SCALARS:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(_form), list(_first))


class _Walk:
    """Turns nodes into values and notes every place on the way."""

    def __init__(self) -> None:
        self.keys: dict[Path, Place] = {}
        self.values: dict[Path, Place] = {}
        self.problems: list[Problem] = []
        self._open: list[yaml.Node] = []

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.values[path] = _place(node)
        if len(self.values) > _MOST_VALUES:
            raise DocumentInvalid(Problem(_place(node), "too many values; aliases inside aliases multiply"))
        if any(node is outer for outer in self._open):
            self._note(node, "this alias contains itself; write the value out")
            return None
        self._open.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item, (*path, place)) for place, item in enumerate(node.value)]
            return self._scalar(node)
        finally:
            self._open.pop()

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = self._key(key)
            if name in found:
                first = self.keys[(*path, name)].line
                self._note(key, f'key "{name}" is there twice; the first is in line {first}: remove one')
            elif name is not None:
                self.keys[(*path, name)] = _place(key)
                found[name] = self.value(value, (*path, name))
        return found

    def _key(self, node: yaml.Node) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self._note(node, "a key must be text, not a list or a mapping")
            return None
        if node.value == "<<" and node.style is None:
            self._note(node, "merge keys (<<) are not supported; write the keys out")
            return None
        return str(node.value)

    def _scalar(self, node: yaml.Node) -> Any:
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        if kind == "bool":
            return node.value.lower() == "true"
        if kind == "null":
            return None
        if kind in {"int", "float"}:
            return int(node.value) if kind == "int" else float(node.value)
        if kind != "str":
            self._note(node, f"the tag {node.tag} is not supported; write the plain value")
        return self._text(node)

    def _text(self, node: yaml.Node) -> str:
        """JSON escapes letters beyond 16 bits as two halves, which YAML leaves apart."""
        try:
            return str(node.value).encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._note(node, "half of a surrogate pair is no letter; remove it")
            return ""

    def _note(self, node: yaml.Node, message: str) -> None:
        self.problems.append(Problem(_place(node), message))


def _place(node: yaml.Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _marked(error: yaml.MarkedYAMLError) -> Place:
    mark = error.problem_mark or error.context_mark
    return Place(mark.line + 1, mark.column + 1) if mark else TOP


def _told(error: yaml.MarkedYAMLError) -> str:
    """PyYAML's reason, and what to write for those that people meet."""
    reason = error.problem or "cannot be read"
    advice = next((advice for part, advice in _ADVICE if part in reason), "")
    began = error.context_mark.line + 1 if error.context_mark and error.context else None
    context = f" ({error.context} that begins in line {began})" if began else ""
    return f"not YAML: {reason}{context}{advice}"


_ADVICE: Final = (
    ("'\\t'", "; indent with spaces, not with tabs"),
    ("that cannot start any token", "; put the value in quotes"),
    ("mapping values are not allowed here", "; put a value that contains ': ' in quotes, and check the indentation"),
    ("could not find expected ':'", "; a key needs a colon and a blank: `key: value`"),
    ("but found another document", "; write one environment in one file, without `---`"),
    ("unexpected end of stream", "; a quote or a bracket is not closed"),
    ("undefined alias", "; an alias needs an anchor (&name) above it"),
)
