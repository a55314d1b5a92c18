"""The yes to a replay: what was looked up before it may be over when it comes."""

from __future__ import annotations

import io

import pytest

from provision.commands.replay import RECONCILE, Work, confirm
from provision.errors import ProvisionError
from provision.runs import replay
from provision.terminal import Terminal
from tests.ran import (
    APP,
    ENVIRONMENT,
    REQUEST,
    RUN,
    USER,
    Answers,
    callout,
    job_answer,
    job_id,
    printed,
    request_answer,
    run_answer,
)


class Keyboard(io.StringIO):
    """A terminal's end."""

    def isatty(self) -> bool:
        """Somebody is there."""
        return True


def _terminal(typed: str) -> Terminal:
    return Terminal(io.StringIO(), Keyboard(), Keyboard(typed), {})


def _waiting(status: str) -> tuple[Answers, Work]:
    """A callout that Entra waited for when it was looked up; now its request has this status."""
    azure = Answers(
        {
            f"{APP.id}/runs/{RUN}": run_answer("Failed"),
            job_id(): job_answer("Failed", callout()),
            f"{job_id()}/output": {"text": printed("refused")},
            ("request", REQUEST): request_answer(status),
        }
    )
    original = replay.find(azure, ENVIRONMENT, RUN, (APP,))
    return azure, Work(original.source, dict(original.callout), original, waits=True)


def test_a_callout_that_entra_still_waits_for_goes_on() -> None:
    confirm(*_waiting("WaitingForCallback"), _terminal("yes\n"))


def test_a_callout_that_entra_has_given_up_before_the_yes_is_not_repeated() -> None:
    with pytest.raises(ProvisionError, match="Entra has stopped waiting meanwhile"):
        confirm(*_waiting("CallbackTimedOut"), _terminal("yes\n"))


def test_a_person_who_is_reconciled_waits_for_nothing() -> None:
    confirm(Answers(), Work(RECONCILE, {"user": USER}), _terminal("yes\n"))


def test_anything_but_yes_is_no() -> None:
    with pytest.raises(ProvisionError, match="Nothing was changed"):
        confirm(*_waiting("WaitingForCallback"), _terminal("\n"))
