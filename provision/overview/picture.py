"""Packages and groups as two columns of boxes, and a line for each "gives": everything that the drawing needs. Pure.

Groups stand near the packages that give them, so that few lines cross.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from provision.overview.linked import Group, Links, Package

WIDTH: Final = 1040
BOX_WIDTH: Final = 350
BOX_HEIGHT: Final = 24
STEP: Final = 32
MARGIN: Final = 8
LONGEST_LABEL: Final = 44
ROUNDS: Final = 8
"""How often the columns are sorted; after a few times nothing moves any more."""


@dataclass(frozen=True, slots=True)
class Box:
    """A package or a group; `x` and `y` are its upper left corner, `label` fits into it, `title` says everything."""

    key: str
    x: int
    y: float
    label: str
    title: str
    health: str


@dataclass(frozen=True, slots=True)
class Line:
    """A package gives a group; `path` is the `d` of an SVG path."""

    package: str
    group: str
    path: str
    health: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The drawing, `height` high and WIDTH wide."""

    height: int
    packages: tuple[Box, ...]
    groups: tuple[Box, ...]
    lines: tuple[Line, ...]


def picture(links: Links) -> Picture:
    """The drawing of all packages and groups."""
    packages, groups = _ordered(links)
    rows = max(len(packages), len(groups), 1)
    left = _boxes(packages, rows, MARGIN)
    right = _boxes(groups, rows, WIDTH - BOX_WIDTH - MARGIN)
    at = {box.key: box for box in (*left, *right)}
    lines = tuple(_line(at[key], at[group.key]) for group in groups for key in group.packages)
    return Picture(2 * MARGIN + rows * STEP, left, right, lines)


def _ordered(links: Links) -> tuple[list[Package], list[Group]]:
    """Both columns, so that what belongs together stands side by side; retired groups come last.

    Each column in turn is sorted by where the other end of its lines is on average, beginning with the catalogs.
    """
    packages = sorted(links.packages, key=lambda one: (one.catalog.casefold(), one.name.casefold(), one.key))
    groups = list(links.groups)
    for _ in range(ROUNDS):
        place = {package.key: number for number, package in enumerate(packages)}
        groups.sort(key=lambda group: (_middle(group.packages, place), group.name.casefold(), group.key))
        place = {group.key: number for number, group in enumerate(groups)}
        packages.sort(key=lambda package: _middle(package.groups, place))
    return packages, groups


def _middle(keys: Sequence[str], place: Mapping[str, int]) -> float:
    return sum(place[key] for key in keys) / len(keys) if keys else float("inf")


def _boxes(things: Sequence[Package | Group], rows: int, x: int) -> tuple[Box, ...]:
    """The boxes of a column, spread over its whole height."""
    step = rows * STEP / max(len(things), 1)
    first = MARGIN + (step - BOX_HEIGHT) / 2
    return tuple(
        Box(thing.key, x, round(first + number * step, 1), _label(thing.name), _title(thing), thing.health)
        for number, thing in enumerate(things)
    )


def _line(package: Box, group: Box) -> Line:
    begin, end = package.x + BOX_WIDTH, group.x
    bend = round((end - begin) / 2)
    start, stop = package.y + BOX_HEIGHT / 2, group.y + BOX_HEIGHT / 2
    path = f"M{begin} {start:g}C{begin + bend} {start:g} {end - bend} {stop:g} {end} {stop:g}"
    return Line(package.key, group.key, path, group.health)


def _label(name: str) -> str:
    return name if len(name) <= LONGEST_LABEL else f"{name[: LONGEST_LABEL - 1]}…"


def _title(thing: Package | Group) -> str:
    return f"{thing.name}: {thing.state}" if thing.state else thing.name
