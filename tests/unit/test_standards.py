"""The project's own rules that no linter knows: counted exceptions, sizes and names of files, no patched functions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = sorted(path for folder in ("provision", "runbook") for path in (ROOT / folder).rglob("*.py"))
EVERYTHING = sorted([*PRODUCT, *(path for folder in ("tests", "benchmarks") for path in (ROOT / folder).rglob("*.py"))])
LINES = 300
UNCOVERED = 0
"""How many lines may be kept out of the coverage figure."""
NAMELESS = {"utils", "util", "helpers", "helper", "common", "manager", "core", "base", "misc"}
REASONED = re.compile(r"#\s*noqa: [A-Z]+[0-9]+(?:, [A-Z]+[0-9]+)* - \S")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PRODUCT, ids=_name)
def test_a_file_can_be_read_in_one_go(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LINES


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [_name(path) for path in EVERYTHING if path.stem in NAMELESS] == []


def test_every_silenced_rule_has_its_reason_on_the_line() -> None:
    silent = [
        f"{_name(path)}:{number}"
        for path in EVERYTHING
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"#\s*noqa\b", line) and not REASONED.search(line) and path != Path(__file__)
    ]

    assert silent == []


def test_lines_left_out_of_the_coverage_are_counted() -> None:
    left_out = sum(path.read_text(encoding="utf-8").count("pragma: no " + "cover") for path in EVERYTHING)

    assert left_out == UNCOVERED


def test_nothing_is_patched() -> None:
    patched = re.compile(r"mock\.patch|monkeypatch\.setattr|import mock|from unittest")

    assert [_name(p) for p in EVERYTHING if p != Path(__file__) and patched.search(p.read_text(encoding="utf-8"))] == []
