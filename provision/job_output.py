"""What goes into a job and what comes out: its one parameter, and the lines of its output that are meant for us. Pure.

The runbook writes them (`runbook/main.py`); the parameter is the one of `templates/entitlement.json.j2`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from provision.resource import Json

WELL: Final = frozenset({"done", "nothing_to_do"})
RESULT: Final = "LOCKSTEP-RESULT "
CHECK: Final = "LOCKSTEP-CHECK "
_UNREADABLE: Final = "the job printed a check that cannot be read"


@dataclass(frozen=True, slots=True)
class Ended:
    """A job at its end.

    `status` is Automation's word. `result` is the runbook's own last line, None when it wrote none; `checks` are its
    LOCKSTEP-CHECK lines (subject, state, said, fix); `text` is all of the output.
    """

    id: str
    status: str
    result: Mapping[str, Json] | None
    checks: tuple[Mapping[str, Json], ...]
    text: str

    @property
    def well(self) -> bool:
        """Whether both say so: Automation, and the runbook itself."""
        return self.status == "Completed" and says_well(self.result or {})


def says_well(result: Mapping[str, Json]) -> bool:
    """Whether the runbook's own word is one of success; anything that is no word is not."""
    outcome = result.get("outcome")
    return isinstance(outcome, str) and outcome in WELL


def encoded(envelope: Mapping[str, Json]) -> str:
    """An envelope as the job's parameter."""
    return "b64." + base64.b64encode(json.dumps(envelope).encode()).decode()


def decoded(parameter: str) -> dict[str, Json] | None:
    """The envelope in a job's parameter; None when it holds none, as with a job that is not Lockstep's."""
    try:
        found = json.loads(base64.b64decode(parameter.removeprefix("b64."), validate=True))
    except (ValueError, RecursionError):
        return None
    return found if parameter.startswith("b64.") and isinstance(found, dict) else None


def ended(text: str) -> tuple[Mapping[str, Json] | None, tuple[Mapping[str, Json], ...]]:
    """The result and the checks in a job's output, whatever form its line ends have.

    Only the last result counts. A check that cannot be read is a failed one.
    """
    _, found, after = text.rpartition(RESULT)
    return _leading(after) if found else None, tuple(_checks(text))


def _checks(text: str) -> Iterator[Mapping[str, Json]]:
    for part in text.split(CHECK)[1:]:
        found = _leading(part)
        yield found or {"subject": part[:60].strip(), "state": "fail", "said": _UNREADABLE, "fix": ""}


def _leading(text: str) -> Mapping[str, Json] | None:
    """The JSON object at the beginning of the text."""
    try:
        found, _ = json.JSONDecoder().raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
