"""Reads the actions of a definition, nested ones too.

Pure. A kind that Azure knows and the sandbox does not is refused by name, as are settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provision.sandbox.logic_app import document
from provision.sandbox.logic_app.action_inputs import INPUTS, is_expression
from provision.sandbox.logic_app.action_kinds import (
    COMMON_MEMBERS,
    EMULATED,
    FOREIGN,
    FOREIGN_MEMBERS,
    FOREIGN_OPTIONS,
    MEMBERS,
    OPTIONS,
    SECURABLE,
)
from provision.sandbox.logic_app.condition import read_condition
from provision.sandbox.logic_app.definition import STATUSES, Action, Limit
from provision.sandbox.logic_app.refusal import invalid, not_emulated
from provision.sandbox.logic_app.tree import ExpressionError, Node

DEEPEST = 8
LONGEST_NAME = 80


def read_actions(where: str, written: Any, depth: int = 1) -> tuple[Action, ...]:
    """The actions of one container.

    Raises:
        Refusal: 400, naming the path.
    """
    if depth > DEEPEST:
        raise invalid(where, f"actions are nested deeper than {DEEPEST}")
    return tuple(
        _action(f"{where}.{name}", name, body, depth) for name, body in document.mapping(where, written).items()
    )


def _action(where: str, name: str, written: Any, depth: int) -> Action:
    if not name.strip() or len(name) > LONGEST_NAME or any(char in '<>%&\\?/#:*"|' for char in name):
        raise invalid(where, f'a name has 1 to {LONGEST_NAME} characters and none of <>%&\\?/#:*"|')
    kind = _kind(where, document.mapping(where, written).get("type"))
    found = document.members(where, written, COMMON_MEMBERS | MEMBERS[kind], (*FOREIGN_MEMBERS, *_limit_of(kind)))
    if kind in INPUTS:
        INPUTS[kind](f"{where}.inputs", found.get("inputs"))
    return Action(
        name=name,
        kind=kind,
        path=where,
        run_after=_run_after(f"{where}.runAfter", found.get("runAfter", {})),
        inputs=found.get("inputs"),
        condition=_condition(where, kind, found),
        branches=_branches(where, kind, found, depth),
        cases=_cases(where, found) if kind == "Switch" else {},
        limit=_limit(f"{where}.limit", found.get("limit")) if kind == "Until" else Limit(),
        options=document.flags(
            f"{where}.operationOptions", found.get("operationOptions"), OPTIONS.get(kind, ()), FOREIGN_OPTIONS
        ),
        secured=document.secured(
            f"{where}.runtimeConfiguration", found.get("runtimeConfiguration"), SECURABLE.get(kind, ())
        ),
    )


def _kind(where: str, written: Any) -> str:
    if isinstance(written, str) and written.lower() in {name.lower() for name in FOREIGN}:
        raise not_emulated(where, f"the action type {written}")
    return document.one_of(f"{where}.type", written, EMULATED)


def _limit_of(kind: str) -> tuple[str, ...]:
    return () if kind == "Until" else ("limit",)


def _run_after(where: str, written: Any) -> dict[str, frozenset[str]]:
    result = {}
    for name, statuses in document.mapping(where, written).items():
        if not isinstance(statuses, list) or not statuses:
            raise invalid(f"{where}.{name}", "a list of at least one status is needed")
        result[name] = frozenset(document.one_of(f"{where}.{name}", status, STATUSES) for status in statuses)
    return result


def _condition(where: str, kind: str, found: Mapping[str, Any]) -> Node | None:
    if kind not in {"If", "Switch", "Until"}:
        return None
    written = found.get("expression")
    if not (is_expression(written) or (kind == "If" and isinstance(written, dict))):
        raise invalid(f"{where}.expression", "an expression is needed")
    try:
        return read_condition(written)
    except ExpressionError as error:
        raise invalid(f"{where}.expression", str(error)) from None


def _branches(where: str, kind: str, found: Mapping[str, Any], depth: int) -> dict[str, tuple[Action, ...]]:
    written: dict[str, Any] = {}
    if kind in {"If", "Scope", "Until"}:
        written["actions"] = (f"{where}.actions", found.get("actions", {}))
    if kind == "If":
        other = document.members(f"{where}.else", found.get("else", {}), ("actions",))
        written["else"] = (f"{where}.else.actions", other.get("actions", {}))
    if kind == "Switch":
        for name, case in document.mapping(f"{where}.cases", found.get("cases")).items():
            inner = document.members(f"{where}.cases.{name}", case, ("case", "actions"))
            written[name] = (f"{where}.cases.{name}.actions", inner.get("actions", {}))
        other = document.members(f"{where}.default", found.get("default", {}), ("actions",))
        written["default"] = (f"{where}.default.actions", other.get("actions", {}))
    return {name: read_actions(path, actions, depth + 1) for name, (path, actions) in written.items()}


def _cases(where: str, found: Mapping[str, Any]) -> dict[str, Any]:
    cases = {name: case.get("case") for name, case in found["cases"].items()}
    if not 1 <= len(cases) <= 25 or "default" in cases:
        raise invalid(f"{where}.cases", "1 to 25 cases are needed, none of them named default")
    for name, value in cases.items():
        if isinstance(value, bool) or not isinstance(value, str | int) or is_expression(value):
            raise invalid(f"{where}.cases.{name}.case", "a constant text or whole number is needed")
    if len(set(cases.values())) != len(cases):
        raise invalid(f"{where}.cases", "two cases compare with the same value")
    return cases


def _limit(where: str, written: Any) -> Limit:
    found = document.members(where, written, ("count", "timeout"))
    if not found:
        raise invalid(where, "count, timeout or both are needed")
    default = Limit()
    count = document.whole(f"{where}.count", found["count"], 1, 5000) if "count" in found else default.count
    timeout = document.duration(f"{where}.timeout", found["timeout"]) if "timeout" in found else default.timeout
    return Limit(count, timeout)
