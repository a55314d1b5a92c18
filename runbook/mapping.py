"""The mapping: which AD groups each access package stands for. The one parser, for the CLI and for the job.

    {"AccessPackages": [
        {"AccessPackageID": "12345678-1234-1234-1234-1234567890ab", "ADGroups": ["Group_A", "Group_B"],
         "Mode": "managed"}],
     "RetiredGroups": ["Group_C"]}

"Mode" and "RetiredGroups" may be left out. Text in, frozen values out; nothing here reads or writes anything. A mapping
that is not whole is an error, never an empty mapping: a package that is missing by mistake would cost people their
access.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runbook.group_name import GUID, GroupName, GroupNameInvalid, parse_group_name
from runbook.json_text import JsonInvalid, JsonNode, read_json
from runbook.safety import MODES

_EXAMPLE = '{"AccessPackages": [{"AccessPackageID": "<guid>", "ADGroups": ["Group_A"]}]}'


@dataclass(frozen=True, slots=True)
class MappingProblem:
    """One thing to correct; `line` and `column` count from 1."""

    line: int
    column: int
    message: str


class MappingInvalid(Exception):
    """The mapping cannot be used; `problems` holds every reason found, `name` what was read."""

    def __init__(self, name: str, problems: tuple[MappingProblem, ...]) -> None:
        super().__init__("\n".join(f"{name}:{p.line}:{p.column}: {p.message}" for p in problems))
        self.name = name
        self.problems = problems


@dataclass(frozen=True, slots=True)
class MappedPackage:
    """An access package (`package_id` in lower case) and its groups; `line` and `column` say where it is written.

    `mode` is one of `safety.MODES`, or empty where the environment's holds.
    """

    package_id: str
    groups: tuple[GroupName, ...]
    line: int
    column: int
    mode: str = ""


@dataclass(frozen=True, slots=True)
class Mapping:
    """Every access package that Lockstep answers for, each once, in the order of the text; never empty.

    `retired` are groups that no access package gives any more, and that a sweep empties.
    """

    packages: tuple[MappedPackage, ...]
    retired: tuple[GroupName, ...] = ()

    def package(self, package_id: str) -> MappedPackage | None:
        """The package with that id, in whatever case it is written."""
        wanted = package_id.lower()
        return next((package for package in self.packages if package.package_id == wanted), None)


def parse_mapping(text: str, name: str) -> Mapping:
    """The mapping in `text`; `name` is how messages call it (a path or a URL).

    Raises:
        MappingInvalid: the text is empty, is not JSON or is not a whole mapping.
    """
    if not text.strip().strip("\ufeff"):
        raise MappingInvalid(name, (MappingProblem(1, 1, f"the mapping is empty; write {_EXAMPLE}"),))
    try:
        root = read_json(text)
    except JsonInvalid as error:
        raise MappingInvalid(name, (MappingProblem(error.line, error.column, f"not JSON: {error.message}"),)) from error
    check = _Check()
    mapping = check.mapping(root)
    if check.problems:
        problems = sorted(check.problems, key=lambda problem: (problem.line, problem.column))
        raise MappingInvalid(name, tuple(problems))
    return mapping


def json_schema() -> dict[str, Any]:
    """The format as JSON Schema, for editors; what a schema cannot say (duplicates by id) only the parser checks."""
    guid = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
    group = {
        "type": "string",
        "minLength": 1,
        "description": "An AD group: Group_A, DOMAIN\\Group_A, a distinguished name, a GUID or a SID.",
    }
    package = {
        "type": "object",
        "required": ["AccessPackageID", "ADGroups"],
        "additionalProperties": False,
        "properties": {
            "AccessPackageID": {"type": "string", "pattern": guid, "description": "Id of the access package in Entra."},
            "ADGroups": {"type": "array", "minItems": 1, "uniqueItems": True, "items": group},
            "Mode": {"enum": list(MODES), "description": "Who leaves its groups; default: as the environment says."},
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Lockstep mapping: access packages to AD groups",
        "type": "object",
        "required": ["AccessPackages"],
        "additionalProperties": False,
        "properties": {
            "$schema": {"type": "string"},
            "AccessPackages": {"type": "array", "minItems": 1, "items": package},
            "RetiredGroups": {
                "type": "array",
                "uniqueItems": True,
                "items": group,
                "description": "Groups that no access package gives any more, and that a sweep empties.",
            },
        },
    }


class _Check:
    """Reads the tree of values and notes every problem on the way, so that all are shown at once."""

    def __init__(self) -> None:
        self.problems: list[MappingProblem] = []

    def mapping(self, root: JsonNode) -> Mapping:
        optional = ("RetiredGroups", "$schema")
        members = self._members(root, "the mapping", required=("AccessPackages",), optional=optional)
        entries = self._entries(members.get("AccessPackages"), '"AccessPackages"', "access package")
        packages = tuple(self._package(entry) for entry in entries)
        first: dict[str, MappedPackage] = {}
        for package in packages:
            earlier = first.setdefault(package.package_id, package)
            if package.package_id and earlier is not package:
                again = f"access package {package.package_id} is already mapped in line {earlier.line}; merge the two"
                self.problems.append(MappingProblem(package.line, package.column, again))
        return Mapping(packages, self._retired(members.get("RetiredGroups"), packages))

    def _package(self, node: JsonNode) -> MappedPackage:
        required = ("AccessPackageID", "ADGroups")
        members = self._members(node, "an access package", required=required, optional=("Mode",))
        package_id = self._package_id(members.get("AccessPackageID"))
        entries = self._entries(members.get("ADGroups"), '"ADGroups"', "group")
        groups = tuple(group for _, group in self._groups(entries, "in this access package"))
        return MappedPackage(package_id, groups, node.line, node.column, self._mode(members.get("Mode")))

    def _retired(self, node: JsonNode | None, packages: tuple[MappedPackage, ...]) -> tuple[GroupName, ...]:
        if node is None or not self._is(node, "array", '"RetiredGroups"'):
            return ()
        given = {name.comparable: package.line for package in reversed(packages) for name in package.groups}
        groups = self._groups(node.items, 'in "RetiredGroups"')
        for entry, group in groups:
            if group.comparable in given:
                said = f"group '{group}' is retired, and the access package in line {given[group.comparable]} gives it"
                self._note(entry, f"{said}; take it out of one of the two")
        return tuple(group for _, group in groups)

    def _groups(self, entries: tuple[JsonNode, ...], where: str) -> list[tuple[JsonNode, GroupName]]:
        """The groups in a list, after noting those that are there twice."""
        found: list[tuple[JsonNode, GroupName]] = []
        for entry in entries:
            group = self._group(entry)
            if group is None:
                continue
            if any(group.comparable == other.comparable for _, other in found):
                self._note(entry, f"group '{group}' is listed twice {where}; remove one")
            found.append((entry, group))
        return found

    def _mode(self, node: JsonNode | None) -> str:
        if node is None or not self._is(node, "string", '"Mode"'):
            return ""
        if node.value not in MODES:
            self._note(node, f"'{node.value}' is not one of {', '.join(MODES)}")
            return ""
        return str(node.value)

    def _package_id(self, node: JsonNode | None) -> str:
        if node is None or not self._is(node, "string", '"AccessPackageID"'):
            return ""
        if not GUID.fullmatch(node.value):
            self._note(node, f"'{node.value}' is not a GUID; write the access package's object id as Entra shows it")
            return ""
        return str(node.value).lower()

    def _group(self, node: JsonNode) -> GroupName | None:
        if not self._is(node, "string", "a group"):
            return None
        try:
            return parse_group_name(node.value)
        except GroupNameInvalid as error:
            self._note(node, f"group {error}")
            return None

    def _members(
        self, node: JsonNode, what: str, *, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> dict[str, JsonNode]:
        """An object's values by key, after noting unknown, doubled and missing keys."""
        if not self._is(node, "object", what):
            return {}
        found: dict[str, JsonNode] = {}
        for key, value in node.members:
            if key.value not in required + optional:
                self._note(key, f'unknown key "{key.value}" in {what}; known: {_known(required + optional)}')
            elif key.value in found:
                self._note(key, f'key "{key.value}" is there twice in {what}; remove one')
            else:
                found[key.value] = value
        for key_name in required:
            if key_name not in found:
                self._note(node, f'key "{key_name}" is missing in {what}')
        return found

    def _entries(self, node: JsonNode | None, what: str, entry: str) -> tuple[JsonNode, ...]:
        if node is None or not self._is(node, "array", what):
            return ()
        if not node.items:
            self._note(node, f"{what} is empty; list at least one {entry}")
        return node.items

    def _is(self, node: JsonNode, kind: str, what: str) -> bool:
        if node.kind == kind:
            return True
        article = "an" if kind in {"array", "object"} else "a"
        self._note(node, f"{what} must be {article} {kind}, not {node.kind}")
        return False

    def _note(self, node: JsonNode, message: str) -> None:
        self.problems.append(MappingProblem(node.line, node.column, message))


def _known(keys: tuple[str, ...]) -> str:
    return ", ".join(key for key in keys if not key.startswith("$"))
