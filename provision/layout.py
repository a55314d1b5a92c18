"""Rows of cells as lines of text, for a screen of some width or for a pipe. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from rich.cells import cell_len

GAP: Final = "  "
INDENT: Final = "    "


def table(rows: Sequence[Sequence[str]], room: int | None) -> Iterator[list[str]]:
    """Each row as its lines, with aligned columns and nothing cut off.

    A row is one line where there is `room` (columns of the screen; None: any number). Where there is not, the columns
    that do not fit stand on further lines below, indented; the text of the last column is wrapped there at its blanks.
    """
    widths = [max(cell_len(row[place]) for row in rows) for place in range(len(rows[0]))]
    groups = _groups(widths, room)
    for row in rows:
        yield [line for group in groups for line in _lines(row, widths, group, room)]


def _groups(widths: Sequence[int], room: int | None) -> list[range]:
    """The columns that stand on the same line."""
    if room is None:
        return [range(len(widths))]
    groups, first, used = [], 0, 0
    for place, width in enumerate(widths):
        if place > first and used + len(GAP) + width > room:
            groups.append(range(first, place))
            first, used = place, len(INDENT) + width
        else:
            used += width + (len(GAP) if place > first else 0)
    return [*groups, range(first, len(widths))]


def _lines(row: Sequence[str], widths: Sequence[int], group: range, room: int | None) -> Iterator[str]:
    indent = INDENT if group.start else ""
    line = indent + GAP.join(row[place] + " " * (widths[place] - cell_len(row[place])) for place in group).rstrip()
    if room is None or not indent or len(group) > 1 or cell_len(line) <= room:
        yield line
        return
    yield from textwrap.wrap(
        row[group.start],
        room,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
