"""Plan -> text, JSON or Markdown. Pure: the same plan always gives the same characters."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from rich.markup import escape

from provision.change import ABSENT, Change, Difference
from provision.plan import Plan, Refusal
from provision.resource import Reference

SIGNS = {"create": ("+", "green"), "update": ("~", "yellow"), "delete": ("-", "red")}
PAST = {"create": "created", "update": "updated", "delete": "deleted"}
VALUE_LENGTH = 100
DIFFERENCES_SHOWN = 12
DIFF_LINES_SHOWN = 16
_DIGEST = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
"""A SHA-256 in hexadecimal: its beginning tells people enough."""


def text(plan: Plan, *, markup: bool = False) -> str:
    """For people; with `markup`, in rich's own, for a terminal."""
    shared = _shared(plan)
    lines = [f"Environment {plan.environment}: {summary(plan)}{f' - {shared}' if shared else ''}"]
    for change in plan.changes:
        sign, colour = SIGNS[change.action]
        why = (change.action == "create" and change.resource.note) or change.reason
        told = "" if shared else f" - {why}"
        lines.append(_coloured(f"  {sign} {change.resource.address}{told}", colour, markup))
        lines += [_coloured(f"      {line}", "dim", markup) for line in _details(change.differences)]
    for refusal in plan.refusals:
        lines.append(_coloured(f"  ! {refusal}", "bold red", markup))
        lines += [_coloured(f"      {line}", "dim", markup) for line in _details(refusal.differences)]
    if plan.changes:
        lines.append(f"Checksum {plan.checksum}")
    return "\n".join(lines)


def _shared(plan: Plan) -> str:
    """The reason that all changes of a plan have, which only deletes and more than one thing; else empty."""
    reasons = {change.reason for change in plan.changes}
    alike = len(plan.changes) > 1 and len(reasons) == 1 and plan.count("delete") == len(plan.changes)
    return reasons.pop() if alike else ""


def summary(plan: Plan) -> str:
    """One line: how much there is to do."""
    if not plan.changes:
        return f"nothing to do, {plan.unchanged} resources are as they should be"
    counts = ", ".join(f"{plan.count(action)} to {action}" for action in SIGNS if plan.count(action))
    return f"{counts}, {plan.unchanged} unchanged"


def machine(plan: Plan) -> str:
    """For scripts: one JSON object, `version` 1. An absent side of a difference is an absent key."""
    document = {
        "version": 1,
        "environment": plan.environment,
        "checksum": plan.checksum,
        "counts": {action: plan.count(action) for action in SIGNS} | {"unchanged": plan.unchanged},
        "changes": [_entry(change) for change in plan.changes],
        "refusals": [str(refusal) for refusal in plan.refusals],
        "foreign": [_foreign(refusal) for refusal in plan.refusals],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def markdown(plan: Plan) -> str:
    """For a pull request: a table, and the differences of every update."""
    lines = [f"### Lockstep plan for `{plan.environment}`", "", f"{summary(plan)}.", ""]
    if plan.changes:
        lines += ["| | resource | reason |", "|---|---|---|"]
    for change in plan.changes:
        lines.append(f"| {change.action} | {_cell(str(change.resource.address))} | {_cell(change.reason)} |")
    for change in plan.changes:
        lines += _folded(str(change.resource.address), change.differences)
    for refusal in plan.refusals:
        lines += ["", f"**Refused:** {_html(str(refusal))}"]
        lines += _folded(str(refusal.resource.address), refusal.differences)
    if plan.changes:
        lines += ["", f"Checksum `{plan.checksum}`"]
    return "\n".join(lines)


def done(plan: Plan, form: str) -> str:
    """The result of an apply that reached its end, for people or (`json`) for scripts."""
    if form == "json":
        return machine(plan)
    counts = ", ".join(f"{plan.count(action)} {past}" for action, past in PAST.items() if plan.count(action))
    return f"Environment {plan.environment}: {counts or 'nothing to do'}, {plan.unchanged} unchanged"


def _entry(change: Change) -> dict[str, Any]:
    return {
        "action": change.action,
        "kind": change.resource.address.kind,
        "name": change.resource.address.name,
        "catalog": change.resource.address.catalog or None,
        "adopts": change.adopts,
        "reason": change.reason,
        "differences": [_difference(difference) for difference in change.differences],
    }


def _foreign(refusal: Refusal) -> dict[str, Any]:
    found = refusal.resource
    return {
        "kind": found.address.kind,
        "name": found.address.name,
        "catalog": found.address.catalog or None,
        "adoptable": refusal.adoptable,
        "reason": found.unadoptable or None,
        "differences": [_difference(difference) for difference in refusal.differences],
    }


def _folded(title: str, found: Sequence[Difference]) -> list[str]:
    """The differences of one resource as Markdown that opens at a click."""
    if not found:
        return []
    opening = ["", f"<details><summary>{_html(title)}</summary>", ""]
    return [*opening, *(f"    {line}" for line in _details(found)), "", "</details>"]


def _difference(difference: Difference) -> dict[str, Any]:
    sides = {"before": difference.before, "after": difference.after}
    known = {side: str(value) if isinstance(value, Reference) else value for side, value in sides.items()}
    return {"path": difference.path} | {side: value for side, value in known.items() if value is not ABSENT}


def _details(found: Sequence[Difference]) -> Iterator[str]:
    for difference in found[:DIFFERENCES_SHOWN]:
        yield from _told(difference)
    if len(found) > DIFFERENCES_SHOWN:
        yield f"... and {len(found) - DIFFERENCES_SHOWN} more differences"


def _told(difference: Difference) -> Iterator[str]:
    before, after = difference.before, difference.after
    if isinstance(before, str) and isinstance(after, str) and ("\n" in before or "\n" in after):
        yield from _unified(difference.path, before, after)
    else:
        yield f"{difference.path}: {_short(before)} -> {_short(after)}"


def _unified(path: str, before: str, after: str) -> Iterator[str]:
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1))[2:]
    added = sum(line.startswith("+") for line in lines)
    removed = sum(line.startswith("-") for line in lines)
    yield f"{path}: {added} lines added, {removed} removed"
    yield from (_cut(line) for line in lines[:DIFF_LINES_SHOWN])
    if len(lines) > DIFF_LINES_SHOWN:
        yield f"... and {len(lines) - DIFF_LINES_SHOWN} more lines"


def _short(value: object) -> str:
    known = value is ABSENT or isinstance(value, Reference)
    text = str(value) if known else json.dumps(value, ensure_ascii=False, default=str)
    return _cut(text)


def _cut(value: str) -> str:
    value = _DIGEST.sub(r"\1...", value)
    return value if len(value) <= VALUE_LENGTH else f"{value[:VALUE_LENGTH]}..."


def _coloured(line: str, colour: str, markup: bool) -> str:  # noqa: FBT001 - private, one caller
    return f"[{colour}]{escape(line)}[/]" if markup else line


def _cell(value: str) -> str:
    return _html(value).replace("|", "\\|").replace("\n", " ")


def _html(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
