"""Rows of cells, and sentences, as lines of text for a screen of some width or for a pipe. Pure."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

GAP: Final = "  "
INDENT: Final = "    "
_WORD: Final = re.compile(r"(?:`[^`]+`|\S)+")
_LITERAL: Final = re.compile(r'^ {6}|"')
"""A line to be copied or compared: a remedy, a difference, a value. Where the screen breaks it nothing is added."""


def table(rows: Sequence[Sequence[str]], room: int | None) -> Iterator[list[str]]:
    """Each row as its lines, with aligned columns and nothing cut off.

    A row is one line where there is `room` (columns of the screen; None: any number). Where there is not, the last
    column is wrapped at its blanks, if it begins in the left half; any other column that does not fit stands on a
    further line below, indented.
    """
    widths = [max(cell_len(row[place]) for row in rows) for place in range(len(rows[0]))]
    groups = _groups(widths, room)
    for row in rows:
        yield [line for group in groups for line in _lines(row, widths, group, room)]


def _groups(widths: Sequence[int], room: int | None) -> list[range]:
    """The columns that stand on the same line."""
    last = len(widths) - 1
    groups, first, used = [], 0, 0
    for place, width in enumerate(widths):
        begin = used + (len(GAP) if place > first else 0)
        wraps = place == last and room is not None and begin <= room // 2
        if place > first and room is not None and begin + width > room and not wraps:
            groups.append(range(first, place))
            first, begin = place, len(INDENT)
        used = begin + width
    return [*groups, range(first, len(widths))]


def _lines(row: Sequence[str], widths: Sequence[int], group: range, room: int | None) -> list[str]:
    *before, last = group
    indent = INDENT if group.start else ""
    begin = indent + "".join(row[place] + " " * (widths[place] - cell_len(row[place])) + GAP for place in before)
    line = (begin + row[last]).rstrip()
    if room is None or last < len(widths) - 1 or cell_len(line) <= room:
        return [line]
    pieces = textwrap.wrap(
        row[last], max(room - cell_len(begin), 1), break_long_words=False, break_on_hyphens=False
    ) or [""]
    return [begin + pieces[0], *(" " * cell_len(begin) + piece for piece in pieces[1:])]


def prose(text: Text, screen: Console) -> Text:
    """Lines that are wider than the screen wrapped at their blanks, indented below; not inside of `...`."""
    return Text("\n").join(part for line in text.split("\n", allow_blank=True) for part in _wrapped(line, screen))


def _wrapped(line: Text, screen: Console) -> list[Text]:
    if line.cell_len <= screen.width or _LITERAL.search(line.plain):
        return [line]
    own = len(line.plain) - len(line.plain.lstrip(" "))
    pieces = list(line.divide(_breaks(line.plain, screen.width, own)))
    for piece in pieces:
        piece.rstrip()
    return [pieces[0], *(Text.assemble(" " * own, INDENT, piece) for piece in pieces[1:])]


def _breaks(line: str, room: int, own: int) -> list[int]:
    """Where further lines begin, so that none is wider than the room, unless one word is; `own` is its indentation."""
    found: list[int] = []
    start = own
    for word in _WORD.finditer(line):
        used = own + (len(INDENT) if found else 0)
        if word.start() > start and used + cell_len(line[start : word.end()]) > room:
            found.append(word.start())
            start = word.start()
    return found
