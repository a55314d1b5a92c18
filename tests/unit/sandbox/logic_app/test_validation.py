from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from provision.sandbox.logic_app.definition import SCHEMA
from provision.sandbox.logic_app.validation import parameter_values, read_workflow
from provision.sandbox.service import Refusal

Define = Callable[..., dict[str, Any]]

HTTP = {"type": "Http", "inputs": {"method": "GET", "uri": "https://x.example"}}
COMPOSE = {"type": "Compose", "inputs": 1}
VARIABLE = {"type": "InitializeVariable", "inputs": {"variables": [{"name": "v", "type": "string", "value": "a"}]}}
TERMINATE = {"type": "Terminate", "inputs": {"runStatus": "Failed", "runError": {"code": "c", "message": "m"}}}


def http(**inputs: Any) -> dict[str, Any]:
    return {"A": {**HTTP, "inputs": {**HTTP["inputs"], **inputs}}}  # type: ignore[dict-item]


def compose(value: Any, **more: Any) -> dict[str, Any]:
    return {"A": {"type": "Compose", "inputs": value, **more}}


def until(**more: Any) -> dict[str, Any]:
    return {"A": {"type": "Until", "expression": "@equals(1, 1)", "limit": {"count": 2}, "actions": {}, **more}}


def nested(depth: int) -> dict[str, Any]:
    actions: dict[str, Any] = {"Leaf": COMPOSE}
    for level in range(depth - 1):
        actions = {f"Scope{level}": {"type": "Scope", "actions": actions}}
    return actions


REFUSED = [
    ("unknown type", {"A": {"type": "Htpp", "inputs": {}}}, "'Htpp' is none of"),
    ("no type", {"A": {"inputs": 1}}, "'None' is none of"),
    ("unknown function", compose("@nope(1)"), "'nope' is not defined"),
    ("too many arguments", compose("@toLower('a', 'b')"), "'2' parameters"),
    ("broken expression", compose("@concat('a'"), "expected token 'RightParenthesis'"),
    ("a key that is no expression", compose({"@odata.type": "x"}), "LeftParenthesis"),
    ("an address that breaks", http(uri="https://x/@{concat('a'}"), "not terminated|RightParenthesis"),
    ("unknown parameter", compose("@parameters('p')"), "no declared parameter"),
    ("computed name", compose("@outputs(concat('A', ''))"), "literal name"),
    ("missing action", compose("@outputs('B')"), "no action that has had its turn"),
    ("itself", compose("@outputs('A')"), "no action that has had its turn"),
    ("an action beside", {**compose("@outputs('B')"), "B": COMPOSE}, "no action that has had its turn"),
    (
        "a later action",
        {**compose("@outputs('B')"), "B": {**COMPOSE, "runAfter": {"A": ["Succeeded"]}}},
        "had its turn",
    ),
    ("the surrounding scope", {"S": {"type": "Scope", "actions": compose("@actions('S')")}}, "had its turn"),
    ("unknown variable", compose("@variables('v')"), "no variable initialised before"),
    (
        "a variable set later",
        {"A": {"type": "Compose", "inputs": "@variables('v')"}, "V": VARIABLE},
        "initialised before",
    ),
    ("set of nothing", {"A": {"type": "SetVariable", "inputs": {"name": "v", "value": 1}}}, "not initialised before"),
    (
        "a variable set from itself",
        {
            "V": VARIABLE,
            "A": {
                "type": "SetVariable",
                "inputs": {"name": "v", "value": "@concat(variables('V'), 'x')"},
                "runAfter": {"V": ["Succeeded"]},
            },
        },
        "from itself",
    ),
    ("a variable twice", {"V": VARIABLE, "W": VARIABLE}, "initialised twice"),
    ("a variable inside", {"S": {"type": "Scope", "actions": {"V": VARIABLE}}}, "top level only"),
    ("runAfter nobody", {"A": {**COMPOSE, "runAfter": {"B": ["Succeeded"]}}}, "no other action beside it"),
    ("runAfter itself", {"A": {**COMPOSE, "runAfter": {"A": ["Succeeded"]}}}, "no other action beside it"),
    (
        "runAfter an action elsewhere",
        {"S": {"type": "Scope", "actions": {"B": COMPOSE}}, "A": {**COMPOSE, "runAfter": {"B": ["Succeeded"]}}},
        "no other action beside it",
    ),
    ("runAfter misspelt", {"B": COMPOSE, "A": {**COMPOSE, "runAfter": {"B": ["Suceeded"]}}}, "'Suceeded' is none of"),
    ("runAfter no list", {"B": COMPOSE, "A": {**COMPOSE, "runAfter": {"B": "Succeeded"}}}, "at least one status"),
    ("runAfter empty", {"B": COMPOSE, "A": {**COMPOSE, "runAfter": {"B": []}}}, "at least one status"),
    (
        "a circle",
        {"A": {**COMPOSE, "runAfter": {"B": ["Failed"]}}, "B": {**COMPOSE, "runAfter": {"A": ["Failed"]}}},
        "in a circle",
    ),
    ("misspelt member", {"A": {**COMPOSE, "runafter": {}}}, "unknown member"),
    ("unknown option", {"A": {**HTTP, "operationOptions": "DisableAsync"}}, "is none of"),
    ("option in inputs", http(operationOptions="DisableAsyncPattern"), "unknown member"),
    ("no address", {"A": {"type": "Http", "inputs": {"method": "GET"}}}, "a text is needed"),
    ("relative address", http(uri="/jobs"), "no absolute address"),
    ("odd method", http(method="FETCH"), "'FETCH' is none of"),
    ("odd retry", http(retryPolicy={"type": "often"}), "'often' is none of"),
    ("retry without count", http(retryPolicy={"type": "fixed", "interval": "PT5S"}), "not a whole number from 1 to 90"),
    ("too many retries", http(retryPolicy={"type": "fixed", "count": 91, "interval": "PT5S"}), "from 1 to 90"),
    ("hasty retry", http(retryPolicy={"type": "fixed", "count": 1, "interval": "PT1S"}), "between PT5S and P1D"),
    ("odd interval", http(retryPolicy={"type": "fixed", "count": 1, "interval": "5s"}), "no ISO 8601 duration"),
    ("until without limit", until(limit={}), "count, timeout or both"),
    ("until too often", until(limit={"count": 5001}), "from 1 to 5000"),
    ("until 1h", until(limit={"timeout": "1h"}), "no ISO 8601 duration"),
    ("until without expression", until(expression="true"), "an expression is needed"),
    ("condition with two functions", {"A": {"type": "If", "expression": {"equals": [1, 1], "not": []}}}, "exactly one"),
    ("condition of unknown function", {"A": {"type": "If", "expression": {"is": [1, 1]}}}, "'is' is not defined"),
    ("terminate in a loop", until(actions={"T": TERMINATE}), "inside an Until"),
    ("terminate oddly", {"A": {"type": "Terminate", "inputs": {"runStatus": "Skipped"}}}, "'Skipped' is none of"),
    (
        "an error without failure",
        {"A": {"type": "Terminate", "inputs": {"runStatus": "Succeeded", "runError": {"code": "c"}}}},
        "the status Failed only",
    ),
    (
        "wait of odd unit",
        {"A": {"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Secs"}}}},
        "'Secs' is none",
    ),
    (
        "secret condition",
        {
            "A": {
                "type": "If",
                "expression": "@equals(1, 1)",
                "runtimeConfiguration": {"secureData": {"properties": ["inputs"]}},
            }
        },
        "cannot hide its inputs",
    ),
    (
        "secret outputs of compose",
        compose(1, runtimeConfiguration={"secureData": {"properties": ["outputs"]}}),
        "cannot hide its outputs",
    ),
    ("name used twice", {"S": {"type": "Scope", "actions": {"a": COMPOSE}}, "A": COMPOSE}, "used twice"),
    ("long name", {"A" * 81: COMPOSE}, "1 to 80 characters"),
    ("odd name", {"A/B": COMPOSE}, "1 to 80 characters"),
    ("deep", nested(9), "deeper than 8"),
    ("too many actions", {f"A{number}": COMPOSE for number in range(501)}, "501 actions"),
    (
        "switch of expressions",
        {"A": {"type": "Switch", "expression": "@string(1)", "cases": {"c": {"case": "@x()"}}}},
        "a constant",
    ),
    (
        "switch twice the same",
        {"A": {"type": "Switch", "expression": "@string(1)", "cases": {"c": {"case": "1"}, "d": {"case": "1"}}}},
        "same value",
    ),
]


@pytest.mark.parametrize(("actions", "message"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_wrong_action_is_refused_as_the_service_does(define: Define, actions: dict[str, Any], message: str) -> None:
    with pytest.raises(Refusal, match=message) as caught:
        read_workflow(define(actions))
    assert (caught.value.status, caught.value.code) == (400, "InvalidTemplate")


TRIGGER = {"type": "Request", "kind": "Http", "inputs": {}}
NOT_EMULATED = [
    ("foreach", {"A": {"type": "Foreach", "foreach": "@createArray(1)", "actions": {}}}, {}),
    ("connector", {"A": {"type": "ApiConnection", "inputs": {}}}, {}),
    ("response", {"A": {"type": "Response", "kind": "Http", "inputs": {"statusCode": 200}}}, {}),
    ("tracked properties", compose(1, trackedProperties={"a": 1}), {}),
    ("time limit of an action", {"A": {**HTTP, "limit": {"timeout": "PT1M"}}}, {}),
    ("other option", {"A": {**HTTP, "operationOptions": "DisableAutomaticDecompression"}}, {}),
    ("static result", compose(1, runtimeConfiguration={"staticResult": {}}), {}),
    ("basic authentication", http(authentication={"type": "Basic", "username": "u", "password": "p"}), {}),
    ("user-assigned identity", http(authentication={"type": "ManagedServiceIdentity", "identity": "/x"}), {}),
    ("cookie", http(cookie="a=b"), {}),
    ("wait until", {"A": {"type": "Wait", "inputs": {"until": {"timestamp": "2026-01-01T00:00:00Z"}}}}, {}),
    ("recurrence", {}, {"triggers": {"t": {"type": "Recurrence", "recurrence": {}}}}),
    ("trigger condition", {}, {"triggers": {"t": {**TRIGGER, "conditions": []}}}),
    ("trigger method", {}, {"triggers": {"t": {**TRIGGER, "inputs": {"method": "GET"}}}}),
    ("trigger path", {}, {"triggers": {"t": {**TRIGGER, "inputs": {"relativePath": "/x"}}}}),
    ("trigger option", {}, {"triggers": {"t": {**TRIGGER, "operationOptions": "EnableSchemaValidation"}}}),
    ("trigger concurrency", {}, {"triggers": {"t": {**TRIGGER, "runtimeConfiguration": {"concurrency": {"runs": 1}}}}}),
    ("output", {}, {"outputs": {"o": {"type": "String", "value": "x"}}}),
    ("static results", {}, {"staticResults": {}}),
]


@pytest.mark.parametrize(
    ("actions", "members"), [case[1:] for case in NOT_EMULATED], ids=[case[0] for case in NOT_EMULATED]
)
def test_what_only_azure_can_do_is_refused_by_name(
    define: Define, actions: dict[str, Any], members: dict[str, Any]
) -> None:
    with pytest.raises(Refusal, match="not emulated") as caught:
        read_workflow(define(actions, **members))
    assert (caught.value.status, caught.value.code) == (400, "NotEmulated")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"$schema": "https://example.org"}, SCHEMA.replace(".", r"\.")),
        ({"triggers": {}}, "1 to 10 triggers"),
        ({"triggers": None}, "an object is needed"),
        ({"triggers": {"t": {"type": "Request", "kind": "Button"}}}, "'Button' is none of"),
        (
            {"triggers": {"t": {"type": "Request", "correlation": {"clientTrackingId": "@outputs('A')"}}}},
            "had its turn",
        ),
        ({"actions": []}, "an object is needed"),
        ({"contentVersion": "1"}, "no version"),
        ({"parameters": {"p": {"type": "Text"}}}, "'Text' is none of"),
        ({"parameters": {"p": {"type": "String", "default": "x"}}}, "unknown member"),
        ({"parameters": {f"p{number}": {"type": "String"} for number in range(51)}}, "more than 50"),
        ({"variables": {}}, "unknown member"),
    ],
)
def test_a_wrong_frame_is_refused(define: Define, members: dict[str, Any], message: str) -> None:
    with pytest.raises(Refusal, match=message) as caught:
        read_workflow(define(**members))
    assert caught.value.code == "InvalidTemplate"


@pytest.mark.parametrize("actions", [nested(8), until(), http(retryPolicy={"type": "none"}), {"A B": COMPOSE}])
def test_what_is_just_within_the_limits_is_taken(define: Define, actions: dict[str, Any]) -> None:
    assert read_workflow(define(actions)).actions


def test_actions_are_put_in_the_order_in_which_they_can_run(define: Define) -> None:
    actions = {
        "Last": {**COMPOSE, "runAfter": {"Middle": ["FAILED"], "First": ["Succeeded"]}},
        "Middle": {**COMPOSE, "runAfter": {"first": ["Succeeded"]}},
        "First": COMPOSE,
    }
    assert [action.name for action in read_workflow(define(actions)).actions] == ["First", "Middle", "Last"]


def test_an_until_may_ask_for_what_runs_inside_it_and_a_follower_too(define: Define) -> None:
    actions = {
        **until(expression="@equals(outputs('Inner'), 1)", actions={"Inner": COMPOSE}),
        "After": {"type": "Compose", "inputs": "@outputs('Inner')", "runAfter": {"A": ["Succeeded"]}},
    }
    assert len(list(read_workflow(define(actions)).every_action())) == 3


DECLARED = {"p": {"type": "String", "allowedValues": ["a", "b"]}, "n": {"type": "Int", "defaultValue": 5}}


def test_parameters_have_their_value_or_their_default(define: Define) -> None:
    workflow = read_workflow(define(parameters=DECLARED))
    assert parameter_values(workflow, {"P": {"value": "a"}}) == {"p": "a", "n": 5}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "neither a value nor a default"),
        ({"p": {"value": "c"}}, "not among the allowed values"),
        ({"p": {"value": 1}}, "not of type string"),
        ({"p": {"value": "a"}, "n": {"value": True}}, "not of type int"),
        ({"p": {"value": "a"}, "q": {"value": 1}}, "declares no such parameter"),
        ({"p": "a"}, "an object is needed"),
    ],
)
def test_a_wrong_parameter_is_refused(define: Define, given: dict[str, Any], message: str) -> None:
    workflow = read_workflow(define(parameters=DECLARED))
    with pytest.raises(Refusal, match=message):
        parameter_values(workflow, given)
