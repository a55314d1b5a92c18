"""Imports packages from an archive inside this file, so that nothing needs to be installed on the worker.

The archive is an ordinary zip file in base64. It is unpacked in memory, when one of its packages is first imported;
nothing is written to the worker's disk.
"""

from __future__ import annotations

import base64
import io
import sys
import zipfile
from collections.abc import Sequence
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType


class EmbeddedPackages(MetaPathFinder, InspectLoader):
    """Finds and loads the modules of `packages` in `archive`, before any installed copy of them."""

    def __init__(self, archive: str, packages: tuple[str, ...]) -> None:
        self._archive = archive
        self._packages = packages
        self._files: dict[str, str] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's description, or None when it is not in the archive."""
        del path, target  # the archive alone decides
        if fullname.partition(".")[0] not in self._packages:
            return None
        file = self._file(fullname)
        if file is None:
            return None
        is_package = file.endswith("/__init__.py")
        return ModuleSpec(fullname, self, origin=f"<embedded>/{file}", is_package=is_package)

    def get_source(self, fullname: str) -> str | None:
        """The module's text, for tracebacks too."""
        file = self._file(fullname)
        return self._files[file] if file else None

    def get_code(self, fullname: str) -> CodeType | None:
        """The module, compiled."""
        file = self._file(fullname)
        return compile(self._files[file], f"<embedded>/{file}", "exec", dont_inherit=True) if file else None

    def is_package(self, fullname: str) -> bool:
        """Whether the module is a package."""
        return (self._file(fullname) or "").endswith("/__init__.py")

    def _file(self, fullname: str) -> str | None:
        if not self._files:
            with zipfile.ZipFile(io.BytesIO(base64.b64decode(self._archive))) as archive:
                self._files = {name: archive.read(name).decode() for name in archive.namelist() if name[-3:] == ".py"}
        path = fullname.replace(".", "/")
        return next((file for file in (f"{path}.py", f"{path}/__init__.py") if file in self._files), None)


def use_embedded(archive: str, packages: tuple[str, ...]) -> None:
    """Makes `packages` importable from the archive."""
    sys.meta_path.insert(0, EmbeddedPackages(archive, packages))
