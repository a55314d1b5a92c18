"""The evaluator beside Microsoft's own engine, live, on expressions nobody thought of."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from provision.sandbox.logic_app.evaluation import evaluate
from provision.sandbox.logic_app.functions import FUNCTIONS
from provision.sandbox.logic_app.tree import ExpressionError
from provision.sandbox.logic_app.value import same

ROOT = Path(__file__).parents[2]
ORACLE = ROOT.parent / "shared" / "judge" / "wdl_oracle.py"
PYTHON = os.environ.get("LOCKSTEP_ORACLE", "")

pytestmark = pytest.mark.skipif(
    not PYTHON or not ORACLE.exists(),
    reason="needs LOCKSTEP_ORACLE (the Python of the oracle, see tests/ask_oracle.py) and ../shared/judge",
)

BODY = {
    "text": "Abc",
    "number": 7,
    "float": 1.5,
    "yes": True,
    "nothing": None,
    "list": ["a", 2, None],
    "object": {"K": "v"},
}
CONTEXT: dict[str, Any] = {
    "trigger": {"name": "manual", "status": "Succeeded", "outputs": {"body": BODY}},
    "parameters": {"p": "pv"},
}
ATOMS = [
    *("'a'", "'Abc'", "''", "' x '", "'a,b,,c'", "'1'", "'true'", "'ÄöÜß'", "'2020-02-29T23:59:59Z'", "'yyyy-MM-dd'"),
    *("0", "1", "-1", "3", "401", "1.5", "-0.25", "2.0", "true", "false", "null"),
    *("createArray(1, 'a')", "json('[]')", "json('{\"a\":1}')", "json('{}')", "parameters('p')"),
    *(f"triggerBody()?['{name}']" for name in BODY),
    *(
        "triggerBody()?['object']?['k']",
        "triggerBody()?['list'][1]",
        "triggerBody()?['list']?[9]",
        "triggerBody()?['x']",
    ),
]
LEFT_OUT = {"guid", "utcnow", "trigger", "triggeroutputs", "triggerbody", "actions", "outputs", "body"}
LEFT_OUT |= {"parameters", "variables", "workflow"}  # they need a name or give another answer each time
LEFT_OUT |= {"json"}  # Microsoft's reader takes more than standard JSON


class Given:
    """The scope of `CONTEXT`."""

    def trigger(self) -> Mapping[str, Any]:
        return dict(CONTEXT["trigger"])

    def action(self, name: str) -> Mapping[str, Any] | None:
        raise AssertionError(name)

    def parameter(self, name: str) -> Any:
        return CONTEXT["parameters"][name]

    def variable(self, name: str) -> Any:
        raise AssertionError(name)

    def workflow(self) -> Mapping[str, Any]:
        raise AssertionError

    def now(self) -> datetime:
        return datetime.now(UTC)


def invent(chance: random.Random, depth: int) -> str:
    if depth == 0 or chance.random() < 0.25:
        return chance.choice(ATOMS)
    function = chance.choice([one for name, one in FUNCTIONS.items() if name not in LEFT_OUT])
    count = chance.randint(function.fewest, min(function.most, function.fewest + 2))
    return f"{function.name}({', '.join(invent(chance, depth - 1) for _ in range(count))})"


def ours(expression: str) -> dict[str, Any]:
    try:
        return {"value": evaluate(expression, Given())}
    except ExpressionError as error:
        return {"error": str(error)}


@pytest.mark.parametrize("seed", range(3))
def test_invented_expressions_are_answered_as_by_microsoft(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - test data, not a secret
    expressions = [f"@{invent(chance, 3)}" for _ in range(1500)]
    expressions += [f"x@{{{invent(chance, 2)}}}y" for _ in range(300)]
    asked = json.dumps({"context": CONTEXT, "expressions": expressions})
    command = [PYTHON, str(ROOT / "tests" / "ask_oracle.py"), "answer", str(ORACLE)]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
    theirs = json.loads(done.stdout)
    wrong = []
    for expression, expected in zip(expressions, theirs, strict=True):
        given = ours(expression)
        if "must match ISO 8601" in given.get("error", ""):
            continue  # Microsoft's reader guesses at other dates; the sandbox refuses them
        if ("error" in given) != ("error" in expected) or not same(given.get("value"), expected.get("value")):
            wrong.append(f"{expression}: {given} instead of {expected}")
    assert not wrong, f"{len(wrong)} of {len(expressions)} differ:\n" + "\n".join(wrong[:20])
