"""The variable with the changes is there while the job runs, and only then."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from provision import undo_variable
from provision.errors import ProvisionError, ServiceRefusal
from provision.resource import Json, Request
from tests.fakes import ACCOUNT, InMemoryAzure, guid
from tests.ran import ENVIRONMENT, JOB, Answers
from tests.sample import carried_out, destroying, planned, provisioned

NAME = "lockstep-test-undo"
VARIABLE = f"{ACCOUNT}/variables/{NAME}"
VALUE = {"job": JOB, "undone": guid("undone"), "changes": "abc"}


class Account(Answers):
    """An Automation account that keeps this one variable."""

    def send(self, request: Request, tell: Callable[[str], None]) -> Json:
        """See `provision.apply.Writer`."""
        answer = super().send(request, tell)
        self.answers[VARIABLE] = request.body if request.verb == "put" else None
        return answer

    def place(self, value: Any, description: str = "lockstep:test x") -> None:
        """Puts the variable there."""
        self.answers[VARIABLE] = {"properties": {"value": json.dumps(value), "description": description}}


def _use(account: Account, during: Callable[[], None] = lambda: None) -> list[str]:
    said: list[str] = []
    with undo_variable.kept(account, account, ENVIRONMENT, VALUE, said.append):
        during()
    return said


def test_it_holds_the_changes_while_it_is_needed_and_is_deleted_then() -> None:
    account = Account()
    there: list[Any] = []

    said = _use(account, lambda: there.append(account.answers[VARIABLE]))

    assert json.loads(there[0]["properties"]["value"]) == VALUE
    assert there[0]["name"] == NAME
    assert there[0]["properties"]["description"] == "lockstep:test changes that a job undoes"
    assert [request.verb for request in account.requests] == ["put", "delete"]
    assert (account.answers[VARIABLE], said) == (None, [])


def test_it_is_deleted_when_the_job_fails() -> None:
    account = Account()

    def fail() -> None:
        raise ProvisionError("no")

    with pytest.raises(ProvisionError, match="no"):
        _use(account, fail)

    assert account.answers[VARIABLE] is None


def test_what_a_killed_command_left_is_replaced() -> None:
    account = Account()
    account.place({"job": guid("killed")})

    _use(account)

    assert account.answers[VARIABLE] is None


def test_what_somebody_else_made_is_left_and_nothing_is_undone() -> None:
    account = Account()
    account.place(VALUE, "somebody's")

    with pytest.raises(ProvisionError, match=f"variable {NAME} is not Lockstep's; nothing was undone"):
        _use(account)

    assert account.requests == []


@pytest.mark.parametrize(
    ("value", "description"),
    [({**VALUE, "job": guid("later")}, "lockstep:test x"), (VALUE, "somebody's"), ("x", "lockstep:test x")],
    ids=["another job's", "not ours any more", "not readable"],
)
def test_what_took_its_place_meanwhile_is_not_deleted(value: Any, description: str) -> None:
    account = Account()

    said = _use(account, lambda: account.place(value, description))

    assert ([request.verb for request in account.requests], said) == (["put"], [])


def test_one_that_cannot_be_deleted_is_told_with_the_way_to_do_it() -> None:
    account = Account()

    def refuse() -> None:
        account.refusals = [ServiceRefusal("no right", 403, "Forbidden")]

    said = _use(account, refuse)

    assert said == [f"variable {NAME} was not deleted: no right `lockstep apply -e test` deletes it."]


def test_more_changes_than_a_variable_holds_are_refused() -> None:
    account = Account()

    with (
        pytest.raises(ProvisionError, match="changed more than variable"),
        undo_variable.kept(account, account, ENVIRONMENT, {**VALUE, "changes": "x" * 1_048_576}, lambda _: None),
    ):
        pass

    assert account.requests == []


def _left_behind() -> InMemoryAzure:
    azure = provisioned()
    there = azure.arm[f"{ACCOUNT}/variables/lockstep-test-settings".lower()]
    properties = {**there["properties"], "value": json.dumps(VALUE)}
    azure.arm[VARIABLE.lower()] = {**there, "name": NAME, "id": VARIABLE, "properties": properties}
    return azure


def test_what_a_killed_command_left_is_in_the_plan_and_apply_deletes_it() -> None:
    azure = _left_behind()

    plan = planned(azure)
    carried_out(azure, plan)

    assert [str(change) for change in plan.changes] == [f"delete variable {NAME}"]
    assert planned(azure).changes == ()


def test_destroy_deletes_it_too() -> None:
    azure = _left_behind()

    carried_out(azure, destroying(azure))

    assert VARIABLE.lower() not in azure.arm
