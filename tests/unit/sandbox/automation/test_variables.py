from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.conftest import Azure


def path(azure: Azure, name: str = "settings") -> str:
    return f"{azure.account}/variables/{name}?api-version=2023-11-01"


def body(value: Any = '"text"', **more: Any) -> dict[str, Any]:
    return {"name": "settings", "properties": {"value": value, "description": "d", **more}}


def test_a_variable_is_created_replaced_read_and_deleted(azure: Azure) -> None:
    first = azure.send("PUT", path(azure), body('{"a": 1}'))
    second = azure.send("PUT", path(azure), body("[2]"))
    read = azure.send("GET", path(azure, "SETTINGS"))
    assert (first.status, second.status) == (201, 200)
    assert read.body == second.body
    assert read.body["properties"]["value"] == "[2]"
    assert read.body["properties"]["creationTime"] == first.body["properties"]["creationTime"]
    assert azure.send("DELETE", path(azure)).status == 200
    gone = azure.send("DELETE", path(azure))
    assert (gone.status, gone.body["code"]) == (404, "NotFound")


@pytest.mark.parametrize(
    ("value", "said"),
    [("plain text", "Invalid JSON"), ({"a": 1}, "string that holds JSON"), ('"' + "x" * 1_048_576 + '"', "at most")],
    ids=["not JSON", "not a string", "too long"],
)
def test_a_value_must_be_json_text_of_bounded_length(azure: Azure, value: Any, said: str) -> None:
    answer = azure.send("PUT", path(azure), body(value))
    assert answer.status == 400
    assert said in answer.body["message"]


def test_an_encrypted_value_never_comes_back_and_stays_encrypted(azure: Azure) -> None:
    made = azure.send("PUT", path(azure), body('"hush"', isEncrypted=True))
    listed = azure.send("GET", path(azure).replace("/settings", ""))
    assert made.status == 201
    assert "hush" not in str((made.body, azure.send("GET", path(azure)).body, listed.body))
    assert azure.send("PUT", path(azure), body('"hush"')).status == 400


@pytest.mark.parametrize("name", ["a+b", "tab%09name", "trailing "])
def test_a_bad_name_is_refused(azure: Azure, name: str) -> None:
    assert azure.send("PUT", path(azure, name), body()).status == 400


def test_reading_needs_a_role(azure: Azure) -> None:
    azure.send("PUT", path(azure), body())
    assert azure.send("GET", path(azure), principal=azure.cloud.account.identity).status == 403
