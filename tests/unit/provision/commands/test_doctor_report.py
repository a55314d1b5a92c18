"""What the doctor found, as people and scripts get it."""

from __future__ import annotations

import json

from rich.console import Console

from provision.commands import doctor_report
from provision.doctor.check import Check

CHECKS = (
    Check("clock", "this machine", "ok", "is right"),
    Check("clock", "[red]that[/]", "warn", "is [late]", "Wind it."),
    Check("roles", "x", "fail", "is missing", "Give it."),
    Check("roles", "y", "unknown", "cannot be looked at", "Sign in."),
)


def test_text_is_grouped_and_every_remedy_is_there() -> None:
    assert doctor_report.text("prod", CHECKS, ("AD",)).splitlines() == [
        "Environment prod: 4 checks, 1 fine, 1 to look at, 1 broken, 1 not known",
        "",
        "clock",
        "  ok       this machine: is right",
        "  warn     [red]that[/]: is [late]",
        "           fix: Wind it.",
        "",
        "roles",
        "  fail     x: is missing",
        "           fix: Give it.",
        "  unknown  y: cannot be looked at",
        "           fix: Sign in.",
        "",
        "not looked at: AD",
    ]


def test_markup_shows_the_same_characters() -> None:
    console = Console(width=200, color_system=None)
    with console.capture() as capture:
        console.print(doctor_report.text("prod", CHECKS, (), markup=True), soft_wrap=True, highlight=False)

    assert capture.get().rstrip("\n") == doctor_report.text("prod", CHECKS, ())


def test_many_sound_checks_are_counted() -> None:
    many = [Check("mapping", f"p{number}", "ok", "is there") for number in range(41)]

    text = doctor_report.text("prod", [*many, Check("mapping", "p41", "warn", "odd", "Look.")], ())

    assert text.splitlines()[2:] == ["mapping", "  warn     p41: odd", "           fix: Look.", "  ok       41 more"]


def test_json_names_everything() -> None:
    document = json.loads(doctor_report.machine("prod", CHECKS, ("AD",)))

    assert {key: document[key] for key in ("version", "environment", "sound", "counts", "left_out")} == {
        "version": 1,
        "environment": "prod",
        "sound": False,
        "counts": {"ok": 1, "warn": 1, "fail": 1, "unknown": 1},
        "left_out": ["AD"],
    }
    assert document["checks"][2] == {
        "area": "roles",
        "subject": "x",
        "state": "fail",
        "said": "is missing",
        "fix": "Give it.",
    }


def test_warnings_alone_are_sound() -> None:
    assert json.loads(doctor_report.machine("prod", CHECKS[:2], ()))["sound"] is True
