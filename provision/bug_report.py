"""The report of a fault of Lockstep itself: versions, the command and the traceback, without secrets.

I/O: writes one file that only its owner can read.
"""

from __future__ import annotations

import os
import platform
import re
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

PACKAGES: Final = (
    "entra-lockstep",
    "azure-core",
    "azure-identity",
    "azure-mgmt-automation",
    "azure-mgmt-logic",
    "msgraph-sdk",
    "httpx",
    "pydantic",
    "typer",
)
_SECRET_NAME: Final = re.compile("token|secret|password|passwd|credential|key", re.IGNORECASE)
_SHORTEST_SECRET: Final = 6
_NAMED: Final = r"(?:password|passwd|secret|token|assertion|api_?key|signature)"
_SECRETS: Final = (
    re.compile(r"(?P<keep>\b(?:bearer|pop|basic)\s+)[\w.~+/=-]{8,}", re.IGNORECASE),
    re.compile(r"(?P<keep>)\beyJ[\w-]{5,}\.[\w.-]+"),
    re.compile(r"(?P<keep>)\b(?:gh[a-z]_\w{10,}|github_pat_\w+)"),
    re.compile(rf"(?P<keep>{_NAMED}[\"']?\s*[=:]\s*)(?:\"[^\"\n]*\"|'[^'\n]*')", re.IGNORECASE),
    re.compile(rf"(?P<keep>{_NAMED}(?:=|:\s+))[^\s&,;)}}\]\"']+", re.IGNORECASE),
    re.compile(r"(?P<keep>[?&](?:sig|code)=)[^\s&\"']+", re.IGNORECASE),
)


def summary(error: BaseException) -> str:
    """The error in one line."""
    return redacted(f"{type(error).__name__}: {error}".splitlines()[0], os.environ)


def write(
    error: BaseException, typed: Sequence[str], folder: Path | None = None, environ: Mapping[str, str] = os.environ
) -> Path:
    """Writes the report and says where it is: in the folder for reports, or else among the temporary files."""
    folder = folder or Path.home() / ".local/state/lockstep/reports"
    name = f"lockstep-{datetime.now(UTC):%Y%m%d-%H%M%S}-"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, path = tempfile.mkstemp(".txt", name, folder)
    except OSError:
        handle, path = tempfile.mkstemp(".txt", name)
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text(error, typed, environ))
    return Path(path)


def text(error: BaseException, typed: Sequence[str], environ: Mapping[str, str]) -> str:
    """The report itself."""
    versions = (f"{name} {_version(name)}" for name in PACKAGES)
    lines = (
        "Lockstep: report of a fault",
        "",
        f"command: lockstep {' '.join(typed)}",
        f"python {platform.python_version()} on {platform.platform()}",
        *versions,
        "",
        "".join(traceback.format_exception(error)),
    )
    return redacted("\n".join(lines), environ)


def redacted(text: str, environ: Mapping[str, str]) -> str:
    """The text without what looks like a secret, and without the values of environment variables named like one."""
    for value in _values(environ):
        text = text.replace(value, "***")
    for secret in _SECRETS:
        text = secret.sub(r"\g<keep>***", text)
    return text


def _values(environ: Mapping[str, str]) -> Iterator[str]:
    yield from sorted(
        (value for name, value in environ.items() if _SECRET_NAME.search(name) and len(value) >= _SHORTEST_SECRET),
        key=len,
        reverse=True,
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "is not installed"
