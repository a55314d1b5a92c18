"""Modes, budgets and other limits as the runbook reads them: what is deployed, beside what the file says. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from provision import ownership
from provision.inventory import Inventory
from provision.kinds.settings import settings
from provision.kinds.variable import parsed
from provision.naming import settings_variable
from provision.overview.linked import NOTE
from provision.overview.table import Cell, Table, table
from provision.resource import Json

NOT_DEPLOYED: Final = "nothing is deployed yet"
SCOPES: Final = ("run", "group", "user")


def rules(found: Inventory) -> Table:
    """One line for each rule; where file and deployment differ, both are told."""
    wished = dict(_rules(settings(found.environment, "", {})))
    there = deployed(found)
    if there is None:
        rows = [_row(name, NOT_DEPLOYED, said) for name, said in wished.items()]
    else:
        known = dict(_rules(there))
        names = dict.fromkeys((*known, *wished))
        rows = [_row(name, known.get(name, "-"), wished.get(name, "-")) for name in names]
    return table(
        "rules",
        "Modes and budgets",
        "What limits every job. The first column of values is what the runbook reads now.",
        columns=("rule", "in force", "environment file"),
        rows=rows,
        empty="None.",
    )


def deployed(found: Inventory) -> Mapping[str, Json] | None:
    """The settings of the environment as they are deployed; None when they are not there, or not ours."""
    name = settings_variable(found.environment.name)
    for answer in found.variables:
        properties = answer["properties"]
        if answer["name"] == name and ownership.is_described(properties.get("description"), found.environment.name):
            value = parsed(properties)
            return value if isinstance(value, dict) else None
    return None


def _row(name: str, there: str, wished: str) -> tuple[str, Cell | str, str]:
    return name, there if there == wished else Cell(there, NOTE), wished


def _rules(values: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    safety = values.get("safety") or {}
    yield "mode", str(safety.get("mode") or "authoritative")
    budgets = safety.get("budgets") or {}
    for scope in (scope for scope in SCOPES if scope in budgets):
        yield f"removals per {scope}", _limit(budgets[scope])
    for rule in safety.get("groups") or ():
        yield f"group {rule.get('group')}", _rule(rule)
    yield "distribution groups", "may be changed" if safety.get("distribution_groups") else "are left alone"
    yield "protected groups", ", ".join(map(str, safety.get("protected_groups") or ())) or "only AD's own"
    yield "protected users", ", ".join(map(str, safety.get("protected_users") or ())) or "only AD's own"
    yield "scheduled sweep", "applies" if values.get("scheduled_sweep") else "does not apply"
    yield "wait for an account", f"{values.get('account_wait') or 0} seconds"


def _limit(limit: Mapping[str, Json]) -> str:
    count, percent, minimum = (limit.get(key) for key in ("count", "percent", "minimum"))
    parts = [f"at most {count:,}"] if count is not None else []
    if percent is not None:
        beyond = f" of {minimum:,} or more" if minimum else ""
        parts.append(f"at most {percent} %{beyond}")
    return ", ".join(parts) or "no limit"


def _rule(rule: Mapping[str, Json]) -> str:
    parts = [f"mode {rule['mode']}"] if rule.get("mode") else []
    if rule.get("minimum_members"):
        parts.append(f"keeps at least {rule['minimum_members']} members")
    return ", ".join(parts) or "-"
