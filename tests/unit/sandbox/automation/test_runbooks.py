from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.conftest import Azure


def path(azure: Azure, name: str = "lockstep", version: str = "2024-10-23") -> str:
    return f"{azure.account}/runbooks/{name}?api-version={version}"


def body(**properties: Any) -> dict[str, Any]:
    base = {"runbookType": "Python", "runtimeEnvironment": "Python-3.10", "draft": {}, "description": "d"}
    return {"location": "westeurope", "tags": {"a": "b"}, "properties": {**base, **properties}}


def test_a_runbook_is_created_as_new_then_updated_and_deleted(azure: Azure) -> None:
    made = azure.send("PUT", path(azure), body())
    changed = azure.send("PUT", path(azure), body(description="e"))
    assert (made.status, made.body["properties"]["state"]) == (201, "New")
    assert (changed.status, changed.body["properties"]["description"]) == (200, "e")
    assert azure.send("GET", path(azure)).body == changed.body
    assert azure.send("GET", path(azure).replace("/lockstep", "")).body["value"] == [changed.body]
    assert [azure.send("DELETE", path(azure)).status for _ in range(2)] == [200, 204]
    assert azure.send("GET", path(azure)).body["code"] == "NotFound"


def test_an_update_changes_tags_and_description_and_keeps_the_rest(azure: Azure) -> None:
    made = azure.send("PUT", path(azure), body()).body
    changed = azure.send("PATCH", path(azure), {"tags": {"c": "d"}, "properties": {"description": "e"}})
    assert (changed.status, changed.body["tags"], changed.body["properties"]["description"]) == (200, {"c": "d"}, "e")
    assert changed.body["properties"]["runtimeEnvironment"] == made["properties"]["runtimeEnvironment"]
    assert azure.send("PATCH", path(azure), {"properties": {"runbookType": "Python3"}}).status == 400
    assert azure.send("PATCH", path(azure, "none"), {"tags": {}}).status == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"runbookType": "Perl"}, "none of"),
        ({"runtimeEnvironment": "Python-3.13"}, "was not found"),
        ({"draft": None}, "needs `draft`"),
        ({"publishContentLink": {"uri": "https://x"}}, "fetches no runbook"),
        ({"colour": "red"}, "no property 'colour'"),
    ],
)
def test_a_bad_new_runbook_is_refused(azure: Azure, changes: dict[str, Any], said: str) -> None:
    answer = azure.send("PUT", path(azure), body(**changes))
    assert answer.status in (400, 404)
    assert said in answer.body["message"]


@pytest.mark.parametrize("name", ["1st", "with space", "x" * 64])
def test_a_bad_name_is_refused(azure: Azure, name: str) -> None:
    assert azure.send("PUT", path(azure, name), body()).status == 400


def test_the_older_version_knows_neither_python_nor_runtime_environments(azure: Azure) -> None:
    old = {"location": "westeurope", "properties": {"runbookType": "Python3", "draft": {}}}
    assert azure.send("PUT", path(azure, version="2023-11-01"), body()).status == 400
    assert azure.send("PUT", path(azure, "old", "2023-11-01"), old).status == 201
    azure.send("PUT", path(azure), body())
    assert "runtimeEnvironment" not in azure.send("GET", path(azure, version="2023-11-01")).body["properties"]


def test_the_type_cannot_change(azure: Azure) -> None:
    azure.send("PUT", path(azure), body())
    answer = azure.send("PUT", path(azure), body(runbookType="Python3", runtimeEnvironment=None))
    assert answer.status == 400
