"""Compiles a part of this file only when a job needs it: what most jobs never use costs them no time at the start.

In the uploaded file, and only there: `importlib.import_module("runbook.check")` finds its module in the file itself.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class LaterModules(MetaPathFinder, Loader):
    """Finds `modules` of `package`; `text` holds them all, and runs once, in the file's own `namespace`.

    `line` is where the text begins in the file, so that tracebacks name the right lines.
    """

    def __init__(self, modules: tuple[str, ...], text: str, line: int, namespace: dict[str, Any]) -> None:
        self._modules = modules
        self._text = text
        self._line = line
        self._namespace = namespace

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's description, or None when it is not in the text. Their package is an empty one."""
        del path, target  # the text alone decides
        package = any(module.startswith(f"{fullname}.") for module in self._modules)
        return ModuleSpec(fullname, self, is_package=package) if package or fullname in self._modules else None

    def exec_module(self, module: ModuleType) -> None:
        """Gives the module every name of the file, after the text has run."""
        if module.__name__ not in self._modules:
            return
        if self._text:
            padded = "\n" * (self._line - 1) + self._text
            file = self._namespace.get("__file__", "<later>")
            exec(compile(padded, file, "exec", dont_inherit=True), self._namespace)  # noqa: S102 - our own modules
            self._text = ""
        module.__dict__.update({name: value for name, value in self._namespace.items() if name[:2] != "__"})


def use_later(modules: tuple[str, ...], text: str, line: int, namespace: dict[str, Any]) -> None:
    """Makes the modules importable; see `LaterModules`."""
    sys.meta_path.insert(0, LaterModules(modules, text, line, namespace))
