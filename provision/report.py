"""Plan -> text, JSON or Markdown. Pure: the same plan always gives the same characters."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import Any

from rich.markup import escape

from provision.change import ABSENT, Change, Difference
from provision.plan import Plan
from provision.resource import Owner, Reference

SIGNS = {"create": ("+", "green"), "update": ("~", "yellow"), "delete": ("-", "red")}
PAST = {"create": "created", "update": "updated", "delete": "deleted"}
VALUE_LENGTH = 100
DIFFERENCES_SHOWN = 12
DIFF_LINES_SHOWN = 16


def text(plan: Plan, *, markup: bool = False) -> str:
    """For people; with `markup`, in rich's own, for a terminal."""
    lines = [f"Environment {plan.environment}: {summary(plan)}"]
    for change in plan.changes:
        sign, colour = SIGNS[change.action]
        why = (change.action == "create" and change.resource.note) or change.reason
        lines.append(_coloured(f"  {sign} {change.resource.address} - {why}", colour, markup))
        lines += [_coloured(f"      {line}", "dim", markup) for line in _details(change)]
    lines += [_coloured(f"  ! {refusal}", "bold red", markup) for refusal in plan.refusals]
    if plan.changes:
        lines.append(f"Checksum {plan.checksum}")
    return "\n".join(lines)


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
        "refusals": list(plan.refusals),
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
        if details := list(_details(change)):
            lines += ["", f"<details><summary>{_html(str(change.resource.address))}</summary>", ""]
            lines += [*(f"    {line}" for line in details), "", "</details>"]
    lines += ["", *(f"**Refused:** {_html(refusal)}" for refusal in plan.refusals)] if plan.refusals else []
    if plan.changes:
        lines += ["", f"Checksum `{plan.checksum}`"]
    return "\n".join(lines)


def done(plan: Plan, form: str) -> str:
    """The result of an apply that reached its end, for people or (`json`) for scripts."""
    if form == "json":
        return machine(plan)
    counts = ", ".join(f"{plan.count(action)} {past}" for action, past in PAST.items() if plan.count(action))
    return f"Environment {plan.environment}: {counts or 'nothing to do'}, {plan.unchanged} unchanged"


def gone(plan: Plan, left: Plan, form: str) -> str:
    """The result of a destroy: what was deleted, and what a new look at everything has found."""
    deleted = [str(change.resource.address) for change in plan.changes]
    remaining = [str(change.resource.address) for change in left.changes]
    others = [str(r.address) for r in left.found if r.owner is not Owner.OURS]
    if form == "json":
        document = {
            "version": 1,
            "environment": plan.environment,
            "deleted": deleted,
            "left": remaining,
            "kept": others,
        }
        return json.dumps(document, indent=2, ensure_ascii=False)
    lines = [f"Environment {plan.environment}: {len(deleted) or 'nothing'} deleted, {len(remaining) or 'nothing'} left"]
    lines += [f"  kept, because it is not Lockstep's: {address}" for address in others]
    lines.append("AD groups keep their members; the mapping and the hybrid workers are as they were.")
    return "\n".join(lines)


def _entry(change: Change) -> dict[str, Any]:
    return {
        "action": change.action,
        "kind": change.resource.address.kind,
        "name": change.resource.address.name,
        "catalog": change.resource.address.catalog or None,
        "reason": change.reason,
        "differences": [_difference(difference) for difference in change.differences],
    }


def _difference(difference: Difference) -> dict[str, Any]:
    sides = {"before": difference.before, "after": difference.after}
    known = {side: str(value) if isinstance(value, Reference) else value for side, value in sides.items()}
    return {"path": difference.path} | {side: value for side, value in known.items() if value is not ABSENT}


def _details(change: Change) -> Iterator[str]:
    for difference in change.differences[:DIFFERENCES_SHOWN]:
        yield from _told(difference)
    if len(change.differences) > DIFFERENCES_SHOWN:
        yield f"... and {len(change.differences) - DIFFERENCES_SHOWN} more differences"


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
    return _cut(str(value) if known else json.dumps(value, ensure_ascii=False, default=str))


def _cut(value: str) -> str:
    return value if len(value) <= VALUE_LENGTH else f"{value[:VALUE_LENGTH]}..."


def _coloured(line: str, colour: str, markup: bool) -> str:  # noqa: FBT001 - private, one caller
    return f"[{colour}]{escape(line)}[/]" if markup else line


def _cell(value: str) -> str:
    return _html(value).replace("|", "\\|").replace("\n", " ")


def _html(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
