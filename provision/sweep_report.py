"""What a sweep or an undo would change, or has changed -> a table and sentences, or JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from provision import layout
from provision.sweep_record import Record, Swept

MOST_ROWS: Final = 200
"""Further rows are only counted; a screen full of them is read by nobody, and JSON has all."""
COLUMNS: Final = ("change", "group", "who", "why", "since", "assignment")
WHO_STAYS: Final = ("group", "who")
_DONE: Final = "done"
_LONGEST_DATE: Final = len("2026-01-01")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells below their titles."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


Block: TypeAlias = str | Table
"""A sentence, or a table."""


def blocks(swept: Swept, packages: Mapping[str, str], *, unexplained: bool) -> list[Block]:
    """For people; `packages` has the names of access packages by id, `unexplained` lists the members without reason."""
    return [
        *_moves(swept, packages),
        *_unexplained(swept, listed=unexplained),
        *_pending(swept, packages),
        *(f"over budget: {sentence}" for sentence in swept.over),
        *(f"problem: {problem}" for problem in swept.problems if problem not in swept.over),
        *([f"{swept.omitted} more did not fit into the job's output"] if swept.omitted else []),
    ]


def text(found: Sequence[Block]) -> str:
    """The blocks as lines, for where no table can be drawn."""
    lines: list[str] = []
    for block in found:
        if isinstance(block, str):
            lines.append(block)
        else:
            lines += [line for row in layout.table((block.columns, *block.rows), None) for line in row]
    return "\n".join(lines)


def machine(environment: str, swept: Swept, packages: Mapping[str, str], more: Mapping[str, Any]) -> str:
    """For scripts: one JSON object, `version` 1, about the last job; `more` is what the command knows besides."""
    result = swept.result
    document = {
        "version": 1,
        "environment": environment,
        "source": result.get("source") or None,
        **more,
        "job": {"id": swept.ended.id, "status": swept.ended.status},
        "well": swept.ended.well,
        "outcome": result.get("outcome"),
        "detail": result.get("detail"),
        "applied": bool(result.get("applied")),
        "verified": bool(result.get("verified")),
        "checksum": swept.checksum or None,
        "counts": swept.counts,
        "server": result.get("server"),
        "over": list(swept.over),
        "problems": list(swept.problems),
        "packages": dict(sorted(packages.items())),
        "groups": _told(swept.of("group")),
        "moves": _told(swept.moves),
        "stays": _told(swept.of("stays")),
        "pending": _told(swept.of("pending")),
        "audit": _told(swept.of("audit")),
        "omitted": swept.omitted,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _told(records: Sequence[Record]) -> list[dict[str, Any]]:
    return [{key: value for key, value in record.items() if key != "kind"} for record in records]


def _moves(swept: Swept, packages: Mapping[str, str]) -> list[Block]:
    rows = [
        (
            f"{record.get('action')}{_how(record)}",
            swept.group_name(record),
            _who(record),
            _why(record, packages),
            str(record.get("since") or "")[:_LONGEST_DATE] or "-",
            str(record.get("assignment") or "-"),
        )
        for record in (*swept.written, *swept.moves)
    ]
    return _cut(COLUMNS, rows)


def _how(record: Record) -> str:
    """What became of a change besides being made."""
    if record.get("withheld"):
        return " (withheld)"
    outcome = record.get("outcome", _DONE)
    return "" if outcome == _DONE else f" ({outcome})"


def _unexplained(swept: Swept, *, listed: bool) -> list[Block]:
    number = swept.counts["unexplained"]
    if not number:
        return []
    said = (
        f"{number} {'member' if number == 1 else 'members'} that no live assignment explains "
        f"{'stays' if number == 1 else 'stay'}, because of the mode of the group"
    )
    if not listed:
        return [f"{said}; --unexplained lists them"]
    return [f"{said}:", *_cut(WHO_STAYS, [(swept.group_name(row), _who(row)) for row in swept.unexplained])]


def _pending(swept: Swept, packages: Mapping[str, str]) -> list[Block]:
    return [
        f"not in AD yet: user {row.get('user')}, assigned {_package(row, packages)}"
        for row in swept.of("pending")[:MOST_ROWS]
    ]


def _cut(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Block]:
    if not rows:
        return []
    more = len(rows) - MOST_ROWS
    return [Table(columns, rows[:MOST_ROWS]), *([f"and {more} more; --json has all"] if more > 0 else [])]


def _who(record: Record) -> str:
    return str(record.get("who") or record.get("sid") or "-")


def _why(move: Record, packages: Mapping[str, str]) -> str:
    package = _package(move, packages)
    words = {
        "granted": f"{package} is assigned",
        "over": f"the assignment of {package} has ended",
        "unexplained": "no live assignment gives it",
        "retired": "the group is retired",
        "undone": "takes back what was changed",
    }
    return words.get(str(move.get("why")), str(move.get("why")))


def _package(record: Record, packages: Mapping[str, str]) -> str:
    identifier = str(record.get("package") or "")
    return packages.get(identifier, identifier or "an access package")
