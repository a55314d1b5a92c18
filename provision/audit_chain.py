"""The audit file of a worker -> whether each line names the one before it. Pure.

The runbook writes it (`runbook/audit_file.py`). What was cut off at the end only shows beside the digest of the last
line, kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chain:
    """How many lines there are, what is wrong with which of them (counted from 1), and the digest of the last one."""

    lines: int
    problems: tuple[str, ...]
    last: str


def checked(lines: Iterable[bytes]) -> Chain:
    """The chain of lines, each without its end."""
    problems: list[str] = []
    last, number = "", 0
    for number, line in enumerate(lines, start=1):
        previous = _previous(line)
        if previous is None:
            problems.append(f"line {number} is not whole: a job was killed while it wrote, or somebody changed it")
        elif previous != last:
            problems.append(
                f"line {number} does not follow the line before it: one of them was changed, or lines between them "
                "were taken out"
            )
        last = hashlib.sha256(line).hexdigest()
    return Chain(number, tuple(problems), last)


def _previous(line: bytes) -> str | None:
    """What a line says of the one before it; None when it does not say."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    previous = found.get("previous") if isinstance(found, dict) else None
    return previous if isinstance(previous, str) else None
