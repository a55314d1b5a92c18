"""The documents against the program: a command that a page shows exists, and every command is on a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from provision.cli import app
from provision.loudness import Loudness

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
SHOWN = re.compile(r"^(?:\$ )?lockstep ([a-z][^\n#|<>]*)", re.MULTILINE)
MAKE = re.compile(r"`?make ([a-z]+)`?")


def _commands() -> dict[str, set[str]]:
    """Every command as typed, with the options it knows."""
    found: dict[str, set[str]] = {}

    def walk(command: object, words: tuple[str, ...]) -> None:
        children = getattr(command, "commands", None)
        if children:
            for name, child in children.items():
                walk(child, (*words, name))
            return
        options = {flag for parameter in getattr(command, "params", []) for flag in parameter.opts}
        found[" ".join(words)] = options | {"--help"}

    walk(Loudness().offer(get_command(app)), ())
    return found


def _fenced(page: Path) -> str:
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return "\n".join(text for language, text in blocks if language in {"sh", "console", "text"})


def _shown() -> list[tuple[str, str]]:
    return [(page.name, line.strip()) for page in PAGES for line in SHOWN.findall(_fenced(page))]


@pytest.mark.parametrize(("page", "line"), _shown())
def test_a_documented_command_exists_with_its_options(page: str, line: str) -> None:
    commands = _commands()
    known = [name for name in commands if line == name or line.startswith(name + " ")]

    assert known, f"{page}: `lockstep {line}` is not a command"
    options = set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", line))
    assert options <= commands[max(known, key=len)], f"{page}: `lockstep {line}`"


def test_every_command_is_documented() -> None:
    text = "\n".join(line for _, line in _shown())

    assert [name for name in _commands() if name not in text] == []


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {target for page in PAGES for target in MAKE.findall(_fenced(page))}

    assert named
    assert named <= targets
