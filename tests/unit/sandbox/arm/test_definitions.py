from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.sandbox.conftest import Azure

OPERATOR = "d3881f73-407a-4167-8283-e981cbba0404"


def path(scope: str, name: str = "", query: str = "") -> str:
    return f"{scope}/providers/Microsoft.Authorization/roleDefinitions{name}?api-version=2022-04-01{query}"


def test_a_definition_is_found_by_id_and_by_name(azure: Azure) -> None:
    one = azure.send("GET", path(azure.account, f"/{OPERATOR}")).body
    named = azure.send("GET", path(azure.account, query="&$filter=roleName eq 'Automation Operator'")).body["value"]
    assert named == [one]
    assert one["properties"]["roleName"] == "Automation Operator"


def test_an_unknown_definition_is_404_and_an_unknown_filter_400(azure: Azure) -> None:
    assert azure.send("GET", path(azure.account, "/00000000-0000-4000-8000-000000000000")).status == 404
    assert azure.send("GET", path(azure.account, query="&$filter=type eq 'x'")).status == 400
