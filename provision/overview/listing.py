"""The tables of access packages and of groups. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from provision.overview.linked import DRIFT, HEALTH, NOTE, PROBLEM, Group, Links, Package
from provision.overview.table import NOTHING, Cell, Table, Written, table

WORDS: Final = {DRIFT: "drift", NOTE: "unexplained", PROBLEM: "withheld"}
"""The state of a group beside its numbers."""


def packages(links: Links) -> Table:
    """The access packages of the mapping."""
    names = {group.key: group.name for group in links.groups}
    return table(
        "packages",
        "Access packages",
        "Those of the mapping. A mode is shown where the package has one of its own.",
        columns=("access package", "state", "catalog", "policies", "live", "over", "groups", "mode"),
        rows=[_package(one, [names[key] for key in one.groups]) for one in links.packages],
        empty="The mapping names none.",
        numbers=(3, 4, 5),
    )


def groups(links: Links) -> Table:
    """The groups of the mapping."""
    names = {package.key: package.name for package in links.packages}
    several = len({group.domain for group in links.groups if group.domain}) > 1
    return table(
        "groups",
        "Groups",
        "Every group that an access package gives, or that is retired. The counts are what a sweep would do now.",
        columns=(
            *("group", "state", "access packages", "domain"),
            *("members", "add", "remove", "withheld", "unexplained", "mode"),
        ),
        rows=[_group(one, [names[key] for key in one.packages], domain=several) for one in links.groups],
        empty="The mapping names none.",
        numbers=(4, 5, 6, 7, 8),
    )


def _package(one: Package, given: Iterable[str]) -> tuple[Written, ...]:
    counts = (one.policies, one.live, one.over)
    return (
        one.name,
        Cell(one.state, one.health),
        one.catalog or NOTHING,
        *counts,
        ", ".join(given),
        one.mode or NOTHING,
    )


def _group(one: Group, given: Iterable[str], *, domain: bool) -> tuple[Written, ...]:
    counts: tuple[int | None, ...] = (one.adds, one.removes, one.withheld, one.unexplained)
    counts = counts if one.guid else (None,) * len(counts)
    said = WORDS.get(one.health) if one.guid else one.state
    state = Cell(said or HEALTH[one.health], one.health)
    by = ", ".join(given) or "(retired)"
    place = (domain and one.domain.upper()) or NOTHING
    return (one.name, state, by, place, one.members, *counts, one.mode or NOTHING)
