"""`lockstep schema`: the JSON Schema of what people write, for editors."""

from __future__ import annotations

import json
from typing import Any, Literal

from provision.environment import Environment
from provision.environment.schema import published
from provision.terminal import Terminal
from runbook.mapping import json_schema


def schema(of: Literal["environment", "mapping"], terminal: Terminal) -> int:
    """Exit code 0."""
    terminal.result(text(of))
    return 0


def text(of: Literal["environment", "mapping"]) -> str:
    """The schema as it is kept in environments/."""
    made: dict[str, Any] = json_schema() if of == "mapping" else published(Environment.model_json_schema())
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"
