from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from provision.sandbox.logic_app.run import Run
from provision.sandbox.outside import HttpReply

RunIt = Callable[..., Run]

FAILS = {"type": "Compose", "inputs": "@json('x')"}
WORKS = {"type": "Compose", "inputs": "done"}
ALL = ["Succeeded", "Failed", "Skipped", "TimedOut"]


def after(action: dict[str, Any], **wanted: list[str]) -> dict[str, Any]:
    return {**action, "runAfter": wanted}


def variable(kind: str, value: Any) -> dict[str, Any]:
    return {"type": "InitializeVariable", "inputs": {"variables": [{"name": "v", "type": kind, "value": value}]}}


def statuses(run: Run) -> dict[str, str]:
    return {turn.action.name: turn.status for turn in run.scope.turns()}


def outputs(run: Run, name: str) -> Any:
    return next(turn.outputs for turn in run.scope.turns() if turn.action.name == name)


def test_an_empty_workflow_succeeds(run_it: RunIt) -> None:
    run = run_it({})
    assert (run.record.status, run.record.error) == ("Succeeded", None)


@pytest.mark.parametrize(
    ("actions", "expected", "status"),
    [
        ({"A": WORKS, "B": after(WORKS, A=["Succeeded"])}, {"A": "Succeeded", "B": "Succeeded"}, "Succeeded"),
        ({"A": FAILS, "B": after(WORKS, A=["Succeeded"])}, {"A": "Failed", "B": "Skipped"}, "Failed"),
        ({"A": FAILS, "B": after(WORKS, A=["Failed"])}, {"A": "Failed", "B": "Succeeded"}, "Succeeded"),
        ({"A": WORKS, "B": after(WORKS, A=["Failed"])}, {"A": "Succeeded", "B": "Skipped"}, "Succeeded"),
        (
            {"A": FAILS, "B": after(WORKS, A=["Succeeded"]), "C": after(WORKS, B=["Skipped"])},
            {"A": "Failed", "B": "Skipped", "C": "Succeeded"},
            "Succeeded",
        ),
        ({"A": FAILS, "B": WORKS}, {"A": "Failed", "B": "Succeeded"}, "Failed"),
        (
            {"A": WORKS, "B": FAILS, "C": after(WORKS, A=["Succeeded"], B=["Succeeded"])},
            {"A": "Succeeded", "B": "Failed", "C": "Skipped"},
            "Failed",
        ),
        (
            {"A": WORKS, "B": FAILS, "C": after(WORKS, A=ALL, B=ALL)},
            {"A": "Succeeded", "B": "Failed", "C": "Succeeded"},
            "Succeeded",
        ),
    ],
)
def test_actions_follow_runafter_and_leaves_decide(
    run_it: RunIt, actions: dict[str, Any], expected: dict[str, str], status: str
) -> None:
    run = run_it(actions)
    assert statuses(run) == expected
    assert run.record.status == status


def test_a_failed_run_says_so(run_it: RunIt) -> None:
    run = run_it({"A": FAILS})
    assert run.record.code == "ActionFailed"
    (turn,) = run.scope.turns()
    assert turn.code == "InvalidTemplate"
    assert turn.error is not None
    assert "'json' parameter is not valid" in turn.error["message"]


def condition(expression: Any) -> dict[str, Any]:
    return {
        "If": {"type": "If", "expression": expression, "actions": {"Yes": WORKS}, "else": {"actions": {"No": WORKS}}}
    }


@pytest.mark.parametrize(
    ("expression", "yes", "no"),
    [
        ("@equals(1, 1)", "Succeeded", "Skipped"),
        ("@equals(1, 2)", "Skipped", "Succeeded"),
        ({"and": [{"equals": ["@triggerBody()?['a']", "b"]}]}, "Succeeded", "Skipped"),
        ({"not": {"equals": ["@triggerBody()?['a']", "b"]}}, "Skipped", "Succeeded"),
    ],
)
def test_a_condition_takes_one_branch_and_skips_the_other(run_it: RunIt, expression: Any, yes: str, no: str) -> None:
    run = run_it(condition(expression), body={"a": "b"})
    assert statuses(run) == {"If": "Succeeded", "Yes": yes, "No": no}


def test_a_condition_that_is_no_boolean_fails(run_it: RunIt) -> None:
    run = run_it(condition("@string('true')"))
    assert statuses(run)["If"] == "Failed"
    assert run.record.status == "Failed"


def test_a_condition_fails_with_its_branch(run_it: RunIt) -> None:
    run = run_it({"If": {"type": "If", "expression": "@equals(1, 1)", "actions": {"A": FAILS}}})
    assert statuses(run) == {"If": "Failed", "A": "Failed"}


def test_a_skipped_container_skips_all_that_is_inside(run_it: RunIt) -> None:
    inner = {"type": "Scope", "actions": {"B": WORKS}}
    run = run_it({"A": WORKS, "S": after({"type": "Scope", "actions": {"T": inner}}, A=["Failed"])})
    assert statuses(run) == {"A": "Succeeded", "S": "Skipped", "T": "Skipped", "B": "Skipped"}


@pytest.mark.parametrize(("value", "taken"), [("one", "A"), ("two", "B"), ("three", "C")])
def test_a_switch_takes_the_case_that_equals(run_it: RunIt, value: str, taken: str) -> None:
    cases = {"first": {"case": "one", "actions": {"A": WORKS}}, "second": {"case": "two", "actions": {"B": WORKS}}}
    switch = {"type": "Switch", "expression": "@triggerBody()", "cases": cases, "default": {"actions": {"C": WORKS}}}
    run = run_it({"Switch": switch}, body=value)
    assert [name for name, status in statuses(run).items() if status == "Succeeded"] == ["Switch", taken]


def until(limit: dict[str, Any], **more: Any) -> dict[str, Any]:
    step = {"type": "Wait", "inputs": {"interval": {"count": 10, "unit": "Second"}}}
    look = {"type": "Http", "inputs": {"method": "GET", "uri": "https://x/", "retryPolicy": {"type": "none"}}}
    actions = {"Pause": step, "Look": after(look, Pause=["Succeeded"])}
    expression = "@equals(outputs('Look')?['statusCode'], 200)"
    return {"Loop": {"type": "Until", "expression": expression, "limit": limit, "actions": actions, **more}}


def passes(run: Run) -> int:
    return next(turn.passes for turn in run.scope.turns() if turn.action.name == "Look")


def test_until_runs_its_body_first_and_ends_when_the_expression_is_true(run_it: RunIt, outside: Any) -> None:
    outside.replies[:] = [HttpReply(500, {}, b""), HttpReply(404, {}, b""), HttpReply(200, {}, b"")]
    run = run_it(until({"count": 9}))
    assert (run.record.status, passes(run)) == ("Succeeded", 3)


@pytest.mark.parametrize(("limit", "count"), [({"count": 4}, 4), ({"timeout": "PT35S"}, 4), ({"timeout": "PT1S"}, 1)])
def test_until_stops_at_either_limit(run_it: RunIt, outside: Any, limit: dict[str, Any], count: int) -> None:
    outside.replies[:] = [HttpReply(202, {}, b"")]
    run = run_it(until(limit))
    assert passes(run) == count
    assert statuses(run)["Loop"] == "Succeeded"


def test_until_can_fail_at_its_limits(run_it: RunIt, outside: Any) -> None:
    outside.replies[:] = [HttpReply(202, {}, b"")]
    run = run_it(until({"count": 2}, operationOptions="FailWhenLimitsReached"))
    assert statuses(run)["Loop"] == "Failed"


def test_the_last_pass_decides_how_until_ends(run_it: RunIt, outside: Any) -> None:
    outside.replies[:] = [HttpReply(200, {}, b""), HttpReply(404, {}, b"")]
    assert run_it(until({"count": 2})).record.status == "Succeeded"
    outside.replies[:] = [HttpReply(202, {}, b""), HttpReply(404, {}, b"")]
    assert statuses(run_it(until({"count": 2})))["Loop"] == "Failed"


def test_waiting_takes_the_time_it_says(run_it: RunIt, clock: Any) -> None:
    run_it({"A": {"type": "Wait", "inputs": {"interval": {"count": "@add(1, 2)", "unit": "minute"}}}})
    assert clock.slept == [180]


def test_variables_are_seen_by_later_actions(run_it: RunIt) -> None:
    run = run_it(
        {
            "V": variable("integer", 1),
            "S": after({"type": "SetVariable", "inputs": {"name": "V", "value": "@add(5, 1)"}}, V=["Succeeded"]),
            "A": after({"type": "Compose", "inputs": "@variables('v')"}, S=["Succeeded"]),
        }
    )
    assert outputs(run, "A") == 6


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", 1),
        ("integer", "1"),
        ("integer", True),
        ("integer", 1.5),
        ("boolean", 1),
        ("array", {}),
        ("object", []),
    ],
)
def test_a_variable_takes_only_its_kind(run_it: RunIt, kind: str, value: Any) -> None:
    assert run_it({"V": variable(kind, value)}).record.status == "Failed"


def test_terminate_ends_the_run_with_its_error(run_it: RunIt) -> None:
    stop = {"type": "Terminate", "inputs": {"runStatus": "Failed", "runError": {"code": "c@{1}", "message": "m"}}}
    run = run_it({"S": {"type": "Scope", "actions": {"T": stop}}, "A": after(WORKS, S=ALL)})
    assert (run.record.status, run.record.code, run.record.error) == ("Failed", "c1", {"code": "c1", "message": "m"})
    assert "A" not in statuses(run)


def test_terminate_can_end_a_run_well(run_it: RunIt) -> None:
    run = run_it({"A": FAILS, "T": after({"type": "Terminate", "inputs": {"runStatus": "succeeded"}}, A=["Failed"])})
    assert run.record.status == "Succeeded"


def test_an_action_sees_trigger_parameters_workflow_and_earlier_actions(run_it: RunIt) -> None:
    seen = {
        "body": "@triggerBody()?['x']",
        "parameter": "@parameters('p')",
        "run": "@workflow()?['run']?['name']",
        "app": "@workflow().name",
        "status": "@actions('A')?['status']",
        "@{parameters('p')}": "@{outputs('A')}!",
    }
    run = run_it(
        {"A": WORKS, "B": after({"type": "Compose", "inputs": seen}, A=["Succeeded"])}, {"x": [1]}, {"p": "value"}
    )
    assert outputs(run, "B") == {
        "body": [1],
        "parameter": "value",
        "run": "r1",
        "app": "la",
        "status": "Succeeded",
        "value": "done!",
    }


def test_a_stopped_run_is_cancelled_before_its_next_action(run_it: RunIt) -> None:
    run = run_it({"A": WORKS})
    run.stop()
    run.execute()
    assert run.record.status == "Cancelled"
