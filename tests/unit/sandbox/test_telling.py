from __future__ import annotations

from datetime import UTC, datetime

import pytest

from provision.sandbox.automation.job_store import Job, JobStore
from provision.sandbox.clock import Clock
from provision.sandbox.service import Refusal
from provision.sandbox.telling import account_of, outcome

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["noise", 'LOCKSTEP-RESULT {"outcome": "done"}'], {"outcome": "done"}),
        (['LOCKSTEP-RESULT {"outcome": "old"}', 'LOCKSTEP-RESULT {"outcome": "new"}', "after"], {"outcome": "new"}),
        (["nothing said"], None),
        (["LOCKSTEP-RESULT {cut"], None),
        (["LOCKSTEP-RESULT [1]"], None),
    ],
)
def test_the_outcome_is_the_last_result_line(lines: list[str], expected: object) -> None:
    job = Job("a", "r", "w", {}, "me", NOW, NOW)
    for line in lines:
        JobStore(Clock()).write(job, "Output", line)
    assert outcome(job) == expected


def test_no_job_has_no_outcome() -> None:
    assert outcome(None) is None


@pytest.mark.parametrize(
    "user", ["ada.lovelace", "ADA.lovelace", "ada.lovelace@lab.example", "66666666-6666-4666-8666-666666666601"]
)
def test_a_user_is_known_by_account_name_and_id(user: str) -> None:
    assert account_of(user) == "ada.lovelace"


def test_an_unknown_user_is_told_who_there_is() -> None:
    with pytest.raises(Refusal, match=r"no user 'eve'.*grace.hopper"):
        account_of("eve")
