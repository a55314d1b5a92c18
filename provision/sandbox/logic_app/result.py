"""How an action's turn ended.

Pure data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Result:
    """The end of one turn; `retries` holds the attempts before the last one."""

    status: str = "Succeeded"
    outputs: Any = None
    code: str | None = None
    error: dict[str, Any] | None = None
    retries: list[dict[str, Any]] = field(default_factory=list)


def failed(code: str, message: str, outputs: Any = None) -> Result:
    """A failure with the reason as the history shows it."""
    return Result("Failed", outputs, code, {"code": code, "message": message})


class Terminated(Exception):
    """A Terminate action, or the end of the sandbox: the run stops with this status."""

    def __init__(self, status: str, code: str | None = None, message: str | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.code = code
        self.error = {"code": code, "message": message} if code or message else None
