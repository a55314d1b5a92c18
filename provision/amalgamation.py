"""Modules of one package -> one text in which they stand below each other, readable and in an order that runs.

Pure. Refuses rather than guesses: whatever could mean something else when modules share one namespace is an error.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

RULE = "# " + "=" * 98
"""The line above and below the name of a module."""
LATER_NAME = "_LATER_MODULES"
_LATER_QUOTE = "'''"


class AmalgamationRefused(Exception):
    """The modules cannot share one file; the message names module, line and reason."""


@dataclass(frozen=True, slots=True)
class Part:
    """One module's share of the file; `line` counts from 1 within the text."""

    name: str
    line: int
    summary: str


@dataclass(frozen=True, slots=True)
class Amalgamation:
    """The text, which begins with the one `from __future__` line, and where each module begins in it.

    Modules for later stand at its end, in a literal of the name `LATER_NAME`; `later_line` is where that begins.
    """

    text: str
    parts: tuple[Part, ...]
    later_line: int


@dataclass(frozen=True, slots=True)
class _Module:
    name: str
    body: str
    summary: str
    needs: frozenset[str]
    binds: dict[str, str]  # a name -> what binds it: the import statement, or the module itself


def amalgamate(package: str, sources: Mapping[str, str], entry: str, later: Iterable[str] = ()) -> Amalgamation:
    """The modules `sources` (name without package -> text) of `package`, each after those that it imports.

    First comes what `entry` needs, then `entry`, then modules that it does not need. What only the modules `later`
    need comes last, as they do themselves, in a literal: as readable as the rest, but compiled only when asked for.

    Raises:
        AmalgamationRefused: see the module's docstring.
    """
    modules = {name: _read(package, name, text) for name, text in sorted(sources.items())}
    _refuse_clashes(modules.values())
    order = _order(modules, entry)
    rare = _only_for(set(later), modules, order)
    sheet = _Sheet(["from __future__ import annotations", ""], [])
    for name in order:
        if name not in rare:
            sheet.add(modules[name])
    line = len(sheet.lines) + 3
    if rare:
        sheet.lines.extend(["", "", f"{LATER_NAME} = r{_LATER_QUOTE}from __future__ import annotations", ""])
        for name in [name for name in order if name in rare]:
            if _LATER_QUOTE in modules[name].body:
                raise AmalgamationRefused(f"{name}: holds {_LATER_QUOTE}, which would end the literal it stands in")
            sheet.add(modules[name])
        sheet.lines.append(_LATER_QUOTE)
    return Amalgamation("\n".join(sheet.lines) + "\n", tuple(sheet.parts), line)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The lines so far, and what stands where."""

    lines: list[str]
    parts: list[Part]

    def add(self, module: _Module) -> None:
        """Writes a module below the others."""
        self.lines.extend(["", RULE])
        self.parts.append(Part(module.name, len(self.lines) + 1, module.summary))
        self.lines.extend([f"# {module.name}.py", RULE, "", *module.body.strip("\n").split("\n"), ""])


def _only_for(later: set[str], modules: Mapping[str, _Module], order: list[str]) -> set[str]:
    """The modules `later`, and those that nothing but these needs."""
    reached: set[str] = set(later)
    for name in reversed(order):  # whoever needs a module stands after it
        if name in reached:
            reached |= modules[name].needs
    rare = set(reached)
    for name in reversed(order):
        if name not in rare:
            rare -= modules[name].needs
    return rare


def _order(modules: Mapping[str, _Module], entry: str) -> list[str]:
    """Every module after those that it needs, and as near to them as can be."""
    needs = {name: sorted(module.needs) for name, module in modules.items()}
    for name, needed in needs.items():
        for missing in [other for other in needed if other not in modules]:
            raise AmalgamationRefused(f"{name}: imports {missing}, which is not among the modules")
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        raise AmalgamationRefused(f"modules import each other in a circle: {' -> '.join(error.args[1])}") from error
    order: dict[str, None] = {}
    for name in [entry, *needs]:
        _place(name, needs, order)
    return list(order)


def _place(name: str, needs: Mapping[str, list[str]], order: dict[str, None]) -> None:
    for needed in needs[name]:
        _place(needed, needs, order)
    order.setdefault(name)


def _read(package: str, name: str, text: str) -> _Module:
    if not text.isascii():
        raise AmalgamationRefused(f"{name}: holds characters that are not ASCII; workers damage them")
    tree = ast.parse(text, name)
    needs: set[str] = set()
    binds: dict[str, str] = {}
    drop: set[int] = set()
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and _is_ours(statement.module, package):
            needs.add(_needed(package, name, statement))
            drop |= _lines_of(statement)
        elif isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            drop |= _lines_of(statement)
        else:
            binds.update(_bound(name, statement))
    _refuse_inner(package, name, tree)
    summary = (ast.get_docstring(tree) or "").split("\n\n")[0].replace("\n", " ").split(". ")[0].rstrip(".")
    return _Module(name, _without(text, drop), summary, frozenset(needs), binds)


def _needed(package: str, name: str, statement: ast.ImportFrom) -> str:
    renamed = [alias for alias in statement.names if alias.asname or alias.name == "*"]
    if statement.module == package or statement.level or renamed:
        raise AmalgamationRefused(f"{name}:{statement.lineno}: write 'from {package}.module import name' and no other")
    return (statement.module or "").removeprefix(f"{package}.")


def _refuse_inner(package: str, name: str, tree: ast.Module) -> None:
    """Refuses every import that is relative or of the package itself, except those at the top level."""
    for node in ast.walk(tree):
        ours = isinstance(node, ast.Import) and any(_is_ours(alias.name, package) for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            ours = node.level > 0 or (_is_ours(node.module, package) and node not in tree.body)
        if ours:
            raise AmalgamationRefused(
                f"{name}:{getattr(node, 'lineno', 0)}: import of {package} that cannot be dropped"
            )


def _bound(name: str, statement: ast.stmt) -> dict[str, str]:
    """The names that a statement binds at the top level, and what binds them."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name: name}
    if isinstance(statement, ast.Import):
        names = [(alias.asname or alias.name.partition(".")[0], alias) for alias in statement.names]
        return {bound: f"import {alias.name if alias.asname else bound}" for bound, alias in names}
    if isinstance(statement, ast.ImportFrom):
        if any(alias.name == "*" for alias in statement.names):
            raise AmalgamationRefused(f"{name}:{statement.lineno}: 'import *' hides which names it binds")
        return {alias.asname or alias.name: f"from {statement.module} import {alias.name}" for alias in statement.names}
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        stored = [
            node for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        ]
        return {node.id: name for node in stored}
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return {}
    raise AmalgamationRefused(f"{name}:{statement.lineno}: only definitions may stand at the top level of a module")


def _refuse_clashes(modules: Iterable[_Module]) -> None:
    seen: dict[str, str] = {}
    for module in modules:
        for bound, origin in module.binds.items():
            if seen.setdefault(bound, origin) != origin:
                raise AmalgamationRefused(f"{module.name}: binds {bound}, which is something else in {seen[bound]}")
            if hasattr(builtins, bound):
                raise AmalgamationRefused(f"{module.name}: binds {bound}, which is a builtin to the other modules")


def _is_ours(module: str | None, package: str) -> bool:
    return module is not None and (module == package or module.startswith(f"{package}."))


def _lines_of(statement: ast.stmt) -> set[int]:
    return set(range(statement.lineno, (statement.end_lineno or statement.lineno) + 1))


def _without(text: str, drop: set[int]) -> str:
    """The text without those lines; the blank lines around a gap become as many as there were on one side."""
    kept: list[str] = []
    blanks_before = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if number in drop:
            blanks_before = blanks_before or len(kept) - len("\n".join(kept).rstrip("\n").split("\n"))
        elif not line and blanks_before:
            blanks_before -= 1
        else:
            blanks_before = 0
            kept.append(line)
    return "\n".join(kept)
