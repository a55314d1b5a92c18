"""One mistake as a row of a table: how it is made, and what must then be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from tests.end_to_end.scene import Scene

Disturb: TypeAlias = Callable[[Scene], object]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong: `disturb` makes it so, `says` is what must then be read.

    `at` is a text of the environment file, or of the mapping if `in_mapping`, whose place must be given.
    """

    name: str
    disturb: Disturb
    says: tuple[str, ...]
    at: str = ""
    in_mapping: bool = False


def in_file(old: str, new: str) -> Disturb:
    """Another text in the environment file."""
    return lambda scene: scene.change(old, new)


def check_refused(scene: Scene, mistake: Mistake) -> None:
    """`apply` names the mistake and its remedy, shows no result, and leaves everything as it was."""
    mistake.disturb(scene)

    done = scene.type("apply", "--yes")

    assert (done.code, done.out) == (1, ""), done
    assert [words for words in mistake.says if words not in done.err] == [], done.err
    if mistake.at:
        file = scene.mapping_file if mistake.in_mapping else None
        assert f"{scene.place(mistake.at, file)}: " in done.err, done.err
    assert (scene.written(), scene.chain.leftovers()) == ([], [])
