"""One check, the line of output that tells it, and the list of all. Reads nothing itself; tells through `tell`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from runbook.outcome import CHECK_MARK, Failed, Outcome, Refused, cut, marked

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at (`subject`), how it is (`state`: ok, warn or fail), what was seen, and what to do about it."""

    subject: str
    state: str
    said: str
    fix: str = ""

    def line(self) -> str:
        """`LOCKSTEP-CHECK {...}`: one short line of ASCII."""
        return marked(
            CHECK_MARK,
            {"subject": cut(self.subject), "state": self.state, "said": cut(self.said), "fix": cut(self.fix)},
        )


def failed(subject: str, sentence: str) -> Check:
    """A failed check of a problem's sentence, whose last part, after a semicolon, says what to do."""
    said, _, fix = sentence.rpartition("; ")
    return Check(subject, "fail", said or fix, fix if said else "look at it with the people who run this service")


class Checks:
    """Notes each check and tells it at once, so that a job that is cut off has said what it knew."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._noted: list[Check] = []

    def note(self, *checks: Check) -> None:
        """Notes checks that have ended."""
        for each in checks:
            self._noted.append(each)
            self._tell(each.line())

    def tried(self, subject: str, read: Callable[[], _Value]) -> _Value | None:
        """What was read, or None after a failed check."""
        try:
            return read()
        except (Failed, Refused) as error:
            self.note(failed(subject, str(error)))
            return None

    def outcome(self) -> Outcome:
        """The end of the job: failed if any check failed."""
        counts = Counter(check.state for check in self._noted)
        said = f"{len(self._noted)} checks: {counts['ok']} ok, {counts['warn']} to look at, {counts['fail']} failed"
        wrong = [f"{check.subject}: {check.said}" for check in self._noted if check.state == "fail"]
        return Outcome("failed" if wrong else "done", "; ".join([said, *wrong[:3]]), problems=tuple(wrong))
