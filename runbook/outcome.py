"""How a job ends, and the one line in which it says so.

The Logic App reads the text after the last `LOCKSTEP-RESULT ` of the job's output. Nothing here reads or writes
anything.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

MARK = "LOCKSTEP-RESULT "
CHECK_MARK = "LOCKSTEP-CHECK "
RECORD_MARK = "LOCKSTEP-RECORD "
PACKED_MARK = "LOCKSTEP-PACKED "
_LONGEST_DETAIL = 400
_LONGEST_LIST = 40


class Refused(Exception):
    """Going on would be unsafe or was not asked for; nothing was changed. The message says why and what to do."""


class Absent(Refused):
    """The person has no AD account, or none that is seen yet. The message says who and where."""


class Failed(Exception):
    """Something that had to work did not; nothing was changed. The message says what, where and what to do."""


class Pending(Exception):
    """The person is not in AD yet; nothing was changed. The message says who, and what will make it good."""


class DeadlinePassed(Exception):
    """The Logic App no longer waits for this job; nothing more may be changed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a job.

    `outcome` is done, nothing_to_do, partial, pending, refused, failed or timed_out. `added`, `removed` and `kept` are
    account names of groups; `kept` are those the person had and should have. `problems` are sentences. `verified`:
    everything was read back after the writes and is as it should be. `facts` are further members of the result line.
    """

    outcome: str
    detail: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    verified: bool = False
    facts: dict[str, Any] = field(default_factory=dict)

    def exit_code(self) -> int:
        """0 makes Automation show the job as Completed, anything else as Failed."""
        return 0 if self.outcome in {"done", "nothing_to_do"} else 1


def result_line(outcome: Outcome, about: dict[str, str]) -> str:
    """The last line of the job's output; ASCII, and short however many groups there are. `about` is the job's."""
    return marked(
        MARK,
        {
            "version": 1,
            "outcome": outcome.outcome,
            "detail": cut(outcome.detail),
            "added": shortened(outcome.added),
            "removed": shortened(outcome.removed),
            "kept": shortened(outcome.kept),
            "problems": shortened(tuple(cut(problem) for problem in outcome.problems)),
            "verified": outcome.verified,
            **outcome.facts,
            **about,
        },
    )


def marked(mark: str, content: dict[str, Any]) -> str:
    """A line that a reader finds by its mark; a name inside that looks like a mark is written so that it is none."""
    return mark + _markless(json.dumps(content, ensure_ascii=True, separators=(",", ":")))


def problem_lines(outcome: Outcome) -> list[str]:
    """The problems for the person who reads the output, a line each."""
    return [f"problem: {_markless(' '.join(problem.split()))}" for problem in shortened(outcome.problems)]


def _markless(text: str) -> str:
    for each in (MARK, CHECK_MARK, RECORD_MARK, PACKED_MARK):
        text = text.replace(each, each.replace(" ", "\\u0020"))
    return text


def cut(text: str, longest: int = _LONGEST_DETAIL) -> str:
    """The text in one line, its JSON form at most `longest` characters long."""
    line = " ".join(text.split())
    if _json_length(line) <= longest:
        return line
    line = line[:longest]
    while _json_length(line) > longest - 3:
        line = line[:-1]
    return line + "..."


def _json_length(text: str) -> int:
    return len(json.dumps(text)) - 2


def shortened(entries: tuple[str, ...]) -> list[str]:
    """The entries, or the first of them and how many more there are."""
    if len(entries) <= _LONGEST_LIST:
        return list(entries)
    return [*entries[:_LONGEST_LIST], f"and {len(entries) - _LONGEST_LIST} more"]
