"""The tables of people: who would come and go, who stays without reason, who is not in AD yet. Pure."""

from __future__ import annotations

from typing import Final

from provision.instant import instant
from provision.overview.facts import Facts
from provision.overview.linked import DRIFT, PROBLEM, Group, Links
from provision.overview.table import Cell, Table, Written, table
from provision.sweep_record import Record

REASONS: Final = {
    "granted": "is assigned",
    "over": "assignment has ended",
    "unexplained": "no assignment",
    "retired": "group is retired",
}
"""What a sweep's reasons mean."""


class People:
    """The people of a sweep's records, by the names that are known of them, their groups and packages."""

    def __init__(self, facts: Facts, links: Links) -> None:
        self._facts = facts
        self._groups: dict[str, Group] = {group.guid: group for group in links.groups if group.guid}
        moves = facts.swept.moves if facts.swept else ()
        self._users = {str(move.get("sid")): str(move["user"]).lower() for move in moves if move.get("user")}

    def drift(self) -> Table:
        """What a sweep would do, person by person, and why."""
        swept = self._facts.swept
        rows = sorted(map(self._move, swept.moves), key=_place) if swept else []
        return table(
            "drift",
            "Drift",
            "What a sweep would change, person by person. This report has changed nothing of it.",
            columns=("person", "change", "group", "why", "access package", "since", "assignment"),
            rows=rows,
            empty=self._unless("Nothing: every membership is as Entra says."),
        )

    def unexplained(self) -> Table:
        """Members that no live assignment explains, and that stay."""
        found = self._facts.swept.unexplained if self._facts.swept else ()
        return table(
            "unexplained",
            "Unexplained members",
            "No live assignment gives these memberships; the mode of the group keeps them.",
            columns=("person", "group", "mode"),
            rows=[(self._person(row), self._group(row), self._mode(row)) for row in found],
            empty=self._unless("None."),
        )

    def left_alone(self) -> Table:
        """Members that are nobody's to touch."""
        every = self._facts.swept.of("stays") if self._facts.swept else ()
        found = [row for row in every if row.get("why") != "unexplained"]
        return table(
            "left-alone",
            "Members that are never touched",
            "Groups, computers, protected accounts and others that no job changes, whatever the mode.",
            columns=("member", "group", "why"),
            rows=[(self._person(row), self._group(row), str(row.get("why") or "-")) for row in found],
            empty=self._unless("None."),
        )

    def pending(self) -> Table:
        """People who should be in groups, and whom AD does not have yet."""
        found = self._facts.swept.of("pending") if self._facts.swept else ()
        return table(
            "pending",
            "Pending",
            "Live assignments of people who are not in AD yet. The next sweep after they arrive adds them.",
            columns=("person", "access package", "assignment"),
            rows=[(self._person(row), self._package(row), str(row.get("assignment") or "-")) for row in found],
            empty=self._unless("Nobody."),
        )

    def _unless(self, said: str) -> str:
        return said if self._facts.swept else f"Not known: {self._facts.unswept}"

    def _move(self, move: Record) -> tuple[Written, ...]:
        action, why = str(move.get("action") or "-"), str(move.get("why") or "-")
        mark = PROBLEM if move.get("withheld") else DRIFT
        return (
            self._person(move),
            Cell(f"{action} (withheld)" if move.get("withheld") else action, mark),
            self._group(move),
            REASONS.get(why, why),
            self._package(move),
            day(str(move.get("since") or "")),
            str(move.get("assignment") or "-"),
        )

    def _person(self, record: Record) -> str:
        user = str(record.get("user") or "").lower() or self._users.get(str(record.get("sid")), "")
        names = (self._facts.people.get(user), record.get("who"), user, record.get("sid"))
        return next((str(name) for name in names if name), "-")

    def _package(self, record: Record) -> str:
        identifier = str(record.get("package") or "").lower()
        found = self._facts.packages.get(identifier)
        return found.name if found else identifier or "-"

    def _group(self, record: Record) -> str:
        guid = str(record.get("group") or "-")
        return self._groups[guid].name if guid in self._groups else guid

    def _mode(self, record: Record) -> str:
        found = self._groups.get(str(record.get("group")))
        return found.mode if found else "-"


def day(text: str) -> str:
    """The day of an instant, or the text as it is."""
    found = instant(text)
    return f"{found:%Y-%m-%d}" if found else text or "-"


def _place(row: tuple[Written, ...]) -> tuple[str, str]:
    return str(row[0]).casefold(), str(row[2]).casefold()
