from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from runbook.outcome import Refused
from runbook.parameter import about, decode_parameter
from tests.unit.runbook.standins import ASSIGNMENT, PACKAGE_A, USER

FIELDS = {"a": 'quote " and ümlaut', "n": 1, "t": True, "z": None}
ENCODED = "b64." + base64.b64encode(json.dumps(FIELDS).encode()).decode()


@pytest.mark.parametrize(
    "value",
    [ENCODED, f" {ENCODED}\n", f'"{ENCODED}"', json.dumps(FIELDS), str(FIELDS)],
    ids=["base64", "blanks", "quoted", "json", "json decoded by the worker"],
)
def test_every_form_in_which_a_worker_may_pass_the_envelope_is_read(value: str) -> None:
    assert decode_parameter([value]) == FIELDS


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["a", "b"],
        [""],
        ["True"],
        ["b64.%%%"],
        ["b64.e30"],
        ["b64." + base64.b64encode(b"\xff").decode()],
        ["b64." + base64.b64encode(b"[1]").decode()],
        ["{'a': __import__('os')}"],
        ["{'a': " + "[" * 5000],
        ["5"],
    ],
)
def test_anything_else_is_refused_without_repeating_it(arguments: list[str]) -> None:
    with pytest.raises(Refused) as refusal:
        decode_parameter(arguments)

    assert "envelope" in str(refusal.value)
    assert "__import__" not in str(refusal.value)


NOTHING = dict.fromkeys(("source", "user", "stage_instance", "request", "access_package", "event"), "")


def test_the_result_can_say_whose_job_it_was_before_anything_is_checked() -> None:
    ids = {"user": USER, "stage_instance": ASSIGNMENT, "request": ASSIGNMENT, "access_package": PACKAGE_A}

    assert about({"source": "entitlement", **ids, "stage": "x"}) == {**NOTHING, "source": "entitlement", **ids}


def test_a_workflows_task_result_stands_for_the_stage_instance() -> None:
    told = about({"source": "lifecycle", "user": USER, "task_result": ASSIGNMENT, "stage_instance": PACKAGE_A})

    assert told == {**NOTHING, "source": "lifecycle", "user": USER, "stage_instance": ASSIGNMENT}


@pytest.mark.parametrize("value", ["LOCKSTEP-RESULT {}", f"{USER}\n", 5, None, [USER], {"a": USER}])
def test_nothing_but_guids_and_known_sources_is_repeated(value: Any) -> None:
    assert about(dict.fromkeys(NOTHING, value)) == NOTHING
