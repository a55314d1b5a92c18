"""What the doctor found -> text or JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from rich.markup import escape

from provision.doctor.check import STATES, Check, any_red

COLOURS: Final = {"ok": "green", "warn": "yellow", "fail": "bold red", "unknown": "magenta"}
WORDS: Final = {"ok": "fine", "warn": "to look at", "fail": "broken", "unknown": "not known"}
SHOWN: Final = 40
"""More sound checks than these in one area are only counted; `--json` names them all."""


def machine(environment: str, checks: Sequence[Check], left_out: Sequence[str]) -> str:
    """For scripts: one JSON object, `version` 1. `left_out` are areas that were not asked for."""
    document = {
        "version": 1,
        "environment": environment,
        "sound": not any_red(checks),
        "counts": {state: _count(checks, state) for state in STATES},
        "checks": [
            {"area": c.area, "subject": c.subject, "state": c.state, "said": c.said, "fix": c.fix} for c in checks
        ],
        "left_out": list(left_out),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def text(environment: str, checks: Sequence[Check], left_out: Sequence[str], *, markup: bool = False) -> str:
    """For people, area by area; with `markup`, in rich's own, for a terminal."""
    lines = [f"Environment {environment}: {summary(checks)}"]
    for area in dict.fromkeys(check.area for check in checks):
        lines += ["", _styled(area, "bold", markup=markup)]
        lines += _area([check for check in checks if check.area == area], markup=markup)
    lines += [f"\nnot looked at: {area}" for area in left_out]
    return "\n".join(lines)


def summary(checks: Sequence[Check]) -> str:
    """One line: how many are how."""
    counts = [f"{_count(checks, state)} {WORDS[state]}" for state in STATES if _count(checks, state)]
    return f"{len(checks)} checks, {', '.join(counts)}"


def _area(checks: Sequence[Check], *, markup: bool) -> Iterator[str]:
    sound = sum(check.state == "ok" for check in checks)
    shown = [check for check in checks if check.state != "ok" or sound <= SHOWN]
    for check, following in zip(shown, [*shown[1:], None], strict=True):
        label = _styled(f"{check.state:<7}", COLOURS[check.state], markup=markup)
        yield f"  {label}  {_plain(f'{check.subject}: {check.said}', markup=markup)}"
        if check.fix and not (following and following.fix == check.fix):  # one remedy for several is said once
            yield _plain(f"           fix: {check.fix}", markup=markup)
    if sound > SHOWN:
        yield f"  {_styled('ok     ', COLOURS['ok'], markup=markup)}  {sound} more"


def _count(checks: Sequence[Check], state: str) -> int:
    return sum(check.state == state for check in checks)


def _styled(words: str, style: str, *, markup: bool) -> str:
    return f"[{style}]{escape(words)}[/]" if markup else words


def _plain(words: str, *, markup: bool) -> str:
    return escape(words) if markup else words
