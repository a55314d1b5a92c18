"""The package `runbook` and the libraries it needs -> the one file that is uploaded.

On top our modules, verbatim; below them ldap3 and pyasn1 as a zip file in base64; at the end the call of `main`. The
same sources and libraries give the same text. Reads the installed packages `runbook`, `ldap3` and `pyasn1`; writes
nothing.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import io
import zipfile
from dataclasses import dataclass
from importlib import resources
from importlib.metadata import distribution

from provision.amalgamation import LATER_NAME, RULE, Amalgamation, amalgamate

PACKAGE = "runbook"
_ENTRY = "main"
_LATER = ("check", "directory_inspection", "explain", "forest", "release", "sweep", "undo")
"""What few jobs need; `runbook.main` imports it when it is asked."""
FILE_NAME = "lockstep.py"
_LIBRARIES = {"ldap3": "LGPL-3.0-or-later", "pyasn1": "BSD-2-Clause"}
_LEFT_OUT = ("ldap3/protocol/schemas/",)  # schemas of directories for use without one; 1.1 MB that nothing imports
_BASE64_LINE = 100
_UNIX = 3  # the zip format's number of the system that made the entry; otherwise it would depend on the machine

_HEADER = """\
# Lockstep runbook, for Python 3.10 or newer.
#
{promise}
#
# Made by 'lockstep bundle' from the package 'runbook'; edits made here are lost with the next 'lockstep apply'.
# sha256 of the modules: {digest}
#
# The modules stand here as they are in the source, each after those it uses:
#
{contents}
#
# The last lines hold these libraries as a zip file in base64, with their licences, as published on PyPI:
#
{libraries}
#
# ldap3 is free software under the GNU Lesser General Public License, version 3 or later; you may replace it: put
# another zip file in its place. Of it, this is left out because nothing imports it: {left_out}

"""

_FOOTER = '''

{rule}
# Libraries: a zip file in base64 (see the top)
{rule}

_LIBRARIES_ZIP = """
{archive}
"""

use_embedded(_LIBRARIES_ZIP, {names!r})
use_later({later!r}, {text}, {line}, globals())

if __name__ == "__main__":
    sys.exit(main())
'''


@dataclass(frozen=True, slots=True)
class Bundle:
    """The file to upload: its text, the SHA-256 of its UTF-8 bytes in hexadecimal, and its usual name."""

    text: str
    sha256: str
    name: str


@dataclass(frozen=True, slots=True)
class _Library:
    """One distribution: its files by their path in the archive."""

    name: str
    version: str
    licence: str
    files: dict[str, bytes]


def bundle() -> Bundle:
    """The runbook as it would be uploaded now.

    Raises:
        AmalgamationRefused: the modules of the runbook cannot share one file; a fault of Lockstep.
    """
    sources = _sources()
    libraries = [_library(name, licence) for name, licence in _LIBRARIES.items()]
    promise = ast.get_docstring(ast.parse(sources.pop("__init__"))) or ""
    text = _text(promise, amalgamate(PACKAGE, sources, _ENTRY, _LATER), libraries)
    return Bundle(text, hashlib.sha256(text.encode()).hexdigest(), FILE_NAME)


def _sources() -> dict[str, str]:
    """The modules' texts by name."""
    files = [file for file in resources.files(PACKAGE).iterdir() if file.name.endswith(".py")]
    return {file.name.removesuffix(".py"): file.read_text("utf-8") for file in files}


def _text(promise: str, ours: Amalgamation, libraries: list[_Library]) -> str:
    header = _HEADER.format(
        promise="\n".join(f"# {line}".rstrip() for line in promise.splitlines()),
        digest=hashlib.sha256(ours.text.encode()).hexdigest(),
        contents="{contents}",
        libraries="\n".join(f"#   {_credit(library)}" for library in libraries),
        left_out=", ".join(_LEFT_OUT),
    )
    lines_above = header.count("\n") + len(ours.parts) - 1
    contents = [f"#   line {part.line + lines_above:>4}  {part.name}.py: {part.summary}" for part in ours.parts]
    footer = _FOOTER.format(
        rule=RULE,
        archive=_archive(libraries),
        names=tuple(library.name for library in libraries),
        later=tuple(f"{PACKAGE}.{name}" for name in _LATER),
        text=LATER_NAME,
        line=ours.later_line + lines_above,
    )
    return header.replace("{contents}", "\n".join(contents)) + ours.text + footer


def _credit(library: _Library) -> str:
    digest = hashlib.sha256()
    for path, content in sorted(library.files.items()):
        digest.update(f"{path} {hashlib.sha256(content).hexdigest()}\n".encode())
    return f"{library.name} {library.version} ({library.licence}), sha256 of its list of files: {digest.hexdigest()}"


def _library(name: str, licence: str) -> _Library:
    """The library as installed: its Python files and its licences."""
    installed = distribution(name)
    files = {}
    for path in installed.files or ():
        where = path.as_posix()
        is_source = path.suffix == ".py" and where.startswith(f"{name}/") and not where.startswith(_LEFT_OUT)
        is_licence = ".dist-info/" in where and path.name.startswith(("LICENSE", "COPYING"))
        if is_source or is_licence:
            files[where] = path.read_binary()
    return _Library(name, installed.version, licence, files)


def _archive(libraries: list[_Library]) -> str:
    """A zip file of all files, in base64; the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for library in libraries:
            for path, content in sorted(library.files.items()):
                entry = zipfile.ZipInfo(path)  # its time is that of the zip format's beginning
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.create_system = _UNIX
                archive.writestr(entry, content, compresslevel=9)
    encoded = base64.b64encode(buffer.getvalue()).decode()
    return "\n".join(encoded[start : start + _BASE64_LINE] for start in range(0, len(encoded), _BASE64_LINE))
