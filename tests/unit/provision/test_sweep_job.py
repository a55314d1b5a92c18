"""The settings let one job go over the budgets while it runs, and not a moment longer."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from provision import jobs, sweep_job
from provision.errors import ProvisionError
from provision.job_output import Ended
from provision.resource import Json, Request
from tests.fakes import guid
from tests.ran import ENVIRONMENT, JOB, NOW
from tests.unit.provision.test_release_job import NAME, SETTINGS, Account

ENVELOPE = jobs.envelope(ENVIRONMENT, "sweep", JOB, NOW + timedelta(hours=2), apply=False)


class Swept(Account):
    """An Automation account; `keys` has what the settings named each time they were written."""

    @property
    def keys(self) -> list[Any]:
        """None where the settings were written without a key, "job" where a job was started."""
        writes = [request.body["properties"] for request in self.requests]
        return ["job" if "value" not in each else _key(each["value"]) for each in writes]


def _key(value: str) -> Any:
    return json.loads(value).get("over_budget")


def _run(account: Account, *, over_budget: bool = True) -> tuple[Ended, list[str]]:
    said: list[str] = []
    ended = sweep_job.run(account, account, ENVIRONMENT, ENVELOPE, lambda _: None, said.append, over_budget=over_budget)
    return ended, said


@pytest.mark.parametrize("outcome", ["done", "nothing_to_do", "partial", "failed"])
def test_the_settings_name_the_job_while_it_runs_and_never_afterwards(outcome: str) -> None:
    account = Swept(outcome)

    ended, said = _run(account)

    assert (ended.well, said) == (outcome == "done", [])
    assert account.keys == [JOB, "job", None]
    assert account.settings == SETTINGS


@pytest.mark.parametrize("more", [{"checksum": "0123456789abcdef"}, {"user": guid("ada")}])
def test_the_settings_name_what_the_job_may_do_besides_the_job(more: dict[str, str]) -> None:
    account = Swept()

    sweep_job.run(account, account, ENVIRONMENT, {**ENVELOPE, **more}, lambda _: None, lambda _: None, over_budget=True)

    assert account.keys[0] == " ".join([JOB, *more.values()])
    assert account.settings == SETTINGS


def test_within_the_budgets_the_settings_are_not_touched() -> None:
    account = Swept()

    _run(account, over_budget=False)

    assert account.keys == ["job"]


def test_another_key_in_the_settings_stays() -> None:
    account = Swept(value={**SETTINGS, "release": guid("other")})

    _run(account)

    assert account.settings == {**SETTINGS, "release": guid("other")}


def test_settings_that_are_not_ours_start_no_job() -> None:
    account = Swept(description="somebody's")

    with pytest.raises(ProvisionError, match="The job was not started"):
        _run(account)

    assert account.requests == []


def test_a_name_that_cannot_be_taken_out_is_told_with_the_way_to_do_it() -> None:
    class Lost(Swept):
        def send(self, request: Request, tell: Callable[[str], None]) -> Json:
            if len(self.requests) == 2:
                raise ProvisionError("no answer.")
            return super().send(request, tell)

    ended, said = _run(Lost())

    assert ended.well
    (told,) = said
    assert told.startswith(f"variable {NAME} may still let job {JOB} go over the budgets: no answer. ")
    assert told.endswith("`lockstep apply -e test` takes that out.")


def test_ctrl_c_says_that_the_job_goes_on_and_the_key_is_taken_out() -> None:
    account = Swept()
    account.pressed = True
    said: list[str] = []

    with pytest.raises(KeyboardInterrupt):
        sweep_job.run(account, account, ENVIRONMENT, ENVELOPE, lambda _: None, said.append, over_budget=True)

    assert f"interrupted: job {JOB} may go on without the command" in said[0]
    assert account.settings == SETTINGS
