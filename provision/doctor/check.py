"""One check and what came of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

State: TypeAlias = Literal["ok", "warn", "fail", "unknown"]

STATES: Final[tuple[State, ...]] = ("ok", "warn", "fail", "unknown")
RED: Final = frozenset({"fail", "unknown"})


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at (`area`, `subject`), what was found, and how it is mended: a command or a click path.

    `unknown` means that it could not be looked at; `fix` then says what is needed for that. `catalog` is the id of the
    catalog it belongs to (or `LIFECYCLE`), empty for what serves the whole environment.
    """

    area: str
    subject: str
    state: State
    said: str
    fix: str = ""
    catalog: str = ""

    @property
    def red(self) -> bool:
        """Whether something has to be done before the chain can be trusted."""
        return self.state in RED


def unknown(area: str, subject: str, reason: str, catalog: str = "") -> Check:
    """A check that could not be made; `reason` is a message whose sentences after the first say what to do."""
    said, _, remedy = reason.partition(". ")
    fix = remedy or "Mend that, then run the doctor again."
    return Check(area, subject, "unknown", f"cannot be looked at: {said.rstrip('.')}", fix, catalog)


def any_red(checks: Iterable[Check]) -> bool:
    """Whether one of them is red."""
    return any(check.red for check in checks)
