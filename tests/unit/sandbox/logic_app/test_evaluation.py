"""The evaluator answers as Microsoft's engine did when tests/ask_oracle.py recorded them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from provision.sandbox.logic_app.condition import read_condition
from provision.sandbox.logic_app.evaluation import evaluate, evaluate_node
from provision.sandbox.logic_app.tree import ExpressionError
from provision.sandbox.logic_app.value import same

CASES = Path(__file__).parents[3] / "cases" / "expression"

KNOWN_DIFFERENCES = frozenset(
    {
        # Microsoft's JSON reader is lenient; the sandbox reads standard JSON only and so refuses more
        "@json('{''a'':1}')",
        "@json('{a:1}')",
        "@json('{\"a\":1,}')",
        "@json('[1,]')",
        "@json('// c\n{\"a\":1}')",
        "@json('NaN')",
        "@json('01')",
        "@json('{\"a\":0x1F}')",
        # numbers inside an object: 1E+20 is written 1e+20, and the line separator is not escaped; both mean the same
        '@string(json(\'{"a":1.0,"b":1e20,"c":"<>&\'\'/\\u0001\\n\\u2028"}\'))',
    }
)


class RecordedScope:
    """The surroundings that the recorded answers were given in."""

    def __init__(self, context: Mapping[str, Any]) -> None:
        self.context = context

    def _named(self, group: str, name: str) -> Any:
        return {key.lower(): value for key, value in self.context.get(group, {}).items()}.get(name.lower())

    def trigger(self) -> Mapping[str, Any]:
        return dict(self.context.get("trigger", {}))

    def action(self, name: str) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = self._named("actions", name)
        return found

    def parameter(self, name: str) -> Any:
        return self._named("parameters", name)

    def variable(self, name: str) -> Any:
        return self._named("variables", name)

    def workflow(self) -> Mapping[str, Any]:
        return dict(self.context.get("workflow", {}))

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 12, 0, 0, 1, tzinfo=UTC)


def recorded() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        found += [
            pytest.param(path.stem, document["context"], case, id=f"{path.stem}-{number}")
            for number, case in enumerate(document["cases"])
        ]
    return found


def answer(area: str, context: Mapping[str, Any], expression: Any) -> dict[str, Any]:
    scope = RecordedScope(context)
    try:
        if area == "condition":
            return {"value": evaluate_node(read_condition(expression), scope)}
        return {"value": evaluate(expression, scope)}
    except ExpressionError as error:
        return {"error": str(error)}


@pytest.mark.parametrize(("area", "context", "case"), recorded())
def test_answers_as_the_engine_of_microsoft(area: str, context: Mapping[str, Any], case: Mapping[str, Any]) -> None:
    given = answer(area, context, case["expression"])
    agrees = ("error" in given) == ("error" in case) and same(given.get("value"), case.get("value"))
    if isinstance(case["expression"], str) and case["expression"] in KNOWN_DIFFERENCES:
        assert not agrees, f"{case['expression']} agrees now: take it out of KNOWN_DIFFERENCES"
    else:
        assert agrees, f"{case['expression']}: {given} instead of {case}"


def test_known_differences_are_recorded_cases() -> None:
    expressions = {
        case["expression"]
        for _, _, case in (param.values for param in recorded())
        if isinstance(case["expression"], str)
    }
    assert expressions >= KNOWN_DIFFERENCES
