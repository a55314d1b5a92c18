"""A table of the report: columns, and rows of cells. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

MOST_ROWS: Final = 2000
"""A browser draws so many at once without delay; further ones are only counted."""
NOTHING: Final = "-"
"""What a cell says where there is nothing, or nothing is known."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell says; `mark` is one of HEALTH and colours it, `sort` is what it is sorted by instead."""

    text: str
    mark: str = ""
    sort: str = ""


Row: TypeAlias = tuple[Cell, ...]
Written: TypeAlias = Cell | str | int | None
"""A cell as it is given: None is what is not known."""


@dataclass(frozen=True, slots=True)
class Table:
    """A section of the page with one table. `empty` is said in its place when there are no rows.

    `numbers` are the places of columns that hold numbers. `more` are rows that are left out, and only counted.
    """

    id: str
    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    empty: str
    numbers: frozenset[int] = frozenset()
    more: int = 0


def table(  # noqa: PLR0913 - everything that a table is made of
    identifier: str,
    title: str,
    note: str,
    *,
    columns: Sequence[str],
    rows: Iterable[Sequence[Written]],
    empty: str,
    numbers: Iterable[int] = (),
) -> Table:
    """A table of at most MOST_ROWS rows, without the columns in which nobody has anything to say."""
    every = [tuple(map(_cell, row)) for row in rows]
    told = [place for place in range(len(columns)) if not every or any(row[place].text != NOTHING for row in every)]
    kept = tuple(tuple(row[place] for place in told) for row in every[:MOST_ROWS])
    return Table(
        identifier,
        title,
        note,
        tuple(columns[place] for place in told),
        kept,
        empty,
        frozenset(told.index(place) for place in numbers if place in told),
        len(every) - len(kept),
    )


def _cell(value: Written) -> Cell:
    if isinstance(value, Cell):
        return value
    if isinstance(value, str):
        return Cell(value)
    return Cell(NOTHING, sort="-1") if value is None else Cell(f"{value:,}", sort=str(value))
