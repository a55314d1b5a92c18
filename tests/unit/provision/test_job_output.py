"""A job's parameter and its output."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provision.job_output import Ended, decoded, encoded, ended
from provision.runs import record


def test_an_envelope_comes_back_from_its_parameter() -> None:
    envelope = {"version": 1, "user": "Zoë \N{SNOWMAN}"}

    assert encoded(envelope).startswith("b64.")
    assert decoded(encoded(envelope)) == envelope


@pytest.mark.parametrize("parameter", ["", "b64.", "b64.!!", "b64.W10=", '{"version": 1}', "b64.eyJ", "eyJ9"])
def test_anything_else_is_no_envelope(parameter: str) -> None:
    assert decoded(parameter) is None


@pytest.mark.parametrize("newline", ["\n", "\r\n", " "])
def test_result_and_checks_are_found_whatever_ends_the_lines(newline: str) -> None:
    lines = [
        'LOCKSTEP-CHECK {"subject": "group A", "state": "ok"}',
        'LOCKSTEP-RESULT {"outcome": "failed"}',
        'LOCKSTEP-CHECK {"subject": "group B", "state": "fail"}',
        'LOCKSTEP-RESULT {"outcome": "done"}',
    ]

    result, checks = ended(newline.join(lines))

    assert result == {"outcome": "done"}
    assert [check["subject"] for check in checks] == ["group A", "group B"]


@pytest.mark.parametrize("text", ["", "hello", "LOCKSTEP-RESULT ", "LOCKSTEP-RESULT {", "LOCKSTEP-RESULT [1]"])
def test_what_is_no_result_is_none(text: str) -> None:
    assert ended(text) == (None, ())


def test_only_the_last_result_counts_even_when_it_is_cut_off() -> None:
    assert ended('LOCKSTEP-RESULT {"outcome": "done"}\nLOCKSTEP-RESULT {"outc')[0] is None


def test_a_check_that_cannot_be_read_has_failed() -> None:
    (check,) = ended("LOCKSTEP-CHECK nonsense")[1]

    assert (check["subject"], check["state"]) == ("nonsense", "fail")


@pytest.mark.parametrize(
    ("status", "outcome", "well"),
    [
        ("Completed", "done", True),
        ("Completed", "nothing_to_do", True),
        ("Completed", "failed", False),
        ("Failed", "done", False),
        ("Completed", None, False),
    ],
)
def test_a_job_is_well_when_automation_and_the_runbook_say_so(status: str, outcome: str | None, *, well: bool) -> None:
    assert Ended("1", status, {"outcome": outcome} if outcome else None, (), "").well is well


@pytest.mark.parametrize("outcome", [["done"], {"done": 1}, 1, None])
def test_an_outcome_that_is_no_word_is_not_well(outcome: Any) -> None:
    text = f"LOCKSTEP-RESULT {json.dumps({'outcome': outcome})}"

    assert not Ended("job", "Completed", *ended(text), text).well
    assert not record.Job("job", "Completed", None, text).well
