"""What a sweep or an undo has told, read out of its output. Pure.

The runbook writes it (`runbook/record.py`, `runbook/sweep.py`): records of one kind each, and a result line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from provision.job_output import Ended
from provision.job_records import records
from provision.resource import Json

Record: TypeAlias = Mapping[str, Json]

COUNTS: Final = ("adds", "removes", "withheld", "unexplained", "pending", "groups", "memberships")


@dataclass(frozen=True, slots=True)
class Swept:
    """One such job at its end; `records` are in the order of its output, `groups` has the groups' names by GUID."""

    ended: Ended
    records: tuple[Record, ...]
    groups: Mapping[str, str]

    def of(self, kind: str) -> tuple[Record, ...]:
        """The records of one kind."""
        return tuple(record for record in self.records if record.get("kind") == kind)

    @property
    def result(self) -> Record:
        """The job's last line; empty without one."""
        return self.ended.result or {}

    @property
    def checksum(self) -> str:
        """What stands for the plan; empty when the job came to none."""
        return str(self.result.get("checksum") or "")

    @property
    def counts(self) -> dict[str, int]:
        """How many of each of COUNTS."""
        return {name: int(self.result.get(name) or 0) for name in COUNTS}

    @property
    def changes(self) -> int:
        """How many memberships were to be written."""
        return self.counts["adds"] + self.counts["removes"]

    @property
    def over(self) -> tuple[str, ...]:
        """The budgets that are exceeded, a sentence each."""
        return tuple(map(str, self.result.get("over") or ()))

    @property
    def problems(self) -> tuple[str, ...]:
        """What was in doubt or failed, a sentence each."""
        return tuple(map(str, self.result.get("problems") or ()))

    @property
    def moves(self) -> tuple[Record, ...]:
        """The memberships to write, group by group, and those that are withheld."""
        return tuple(sorted(self.of("move"), key=self._place))

    @property
    def written(self) -> tuple[Record, ...]:
        """The memberships that were written, or that it was tried with."""
        return tuple(sorted(self.of("audit"), key=self._place))

    @property
    def unexplained(self) -> tuple[Record, ...]:
        """Members that no live assignment explains and that stay because of their group's mode."""
        return tuple(sorted((r for r in self.of("stays") if r.get("why") == "unexplained"), key=self._place))

    @property
    def omitted(self) -> int:
        """How many records did not fit into the job's output."""
        return sum(int(record.get("count") or 0) for record in self.of("omitted"))

    def group_name(self, record: Record) -> str:
        """What people call the group that a record is about."""
        group = str(record.get("group") or "")
        return self.groups.get(group, group)

    def _place(self, record: Record) -> tuple[str, ...]:
        return (self.group_name(record).casefold(), *(str(record.get(key) or "") for key in ("action", "who", "sid")))


def swept(ended: Ended) -> Swept:
    """What the job has told."""
    found = tuple(records(ended.text))
    named = (record for record in found if record.get("name"))
    return Swept(ended, found, {str(record["group"]): str(record["name"]) for record in named})
