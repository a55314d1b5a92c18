from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.conftest import Azure


def path(azure: Azure, tail: str = "") -> str:
    return f"{azure.group}/providers/Microsoft.Logic/workflows/la{tail}?api-version=2019-05-01"


def deploy(azure: Azure, access: dict[str, Any] | None = None) -> str:
    properties: dict[str, Any] = {"definition": {"triggers": {"manual": {"type": "Request"}}}}
    if access is not None:
        properties["accessControl"] = access
    made = azure.send("PUT", path(azure), {"location": "westeurope", "properties": properties})
    return str(made.body["id"])


def test_the_trigger_is_listed_and_read(azure: Azure) -> None:
    deploy(azure)
    one = azure.send("GET", path(azure, "/triggers/Manual")).body
    assert azure.send("GET", path(azure, "/triggers")).body["value"] == [one]
    assert one["properties"]["state"] == "Enabled"
    assert azure.send("GET", path(azure, "/triggers/other")).body["error"]["code"] == "WorkflowTriggerNotFound"


@pytest.mark.parametrize("tail", ["/listCallbackUrl", "/triggers/manual/listCallbackUrl"])
def test_the_callback_url_is_signed(azure: Azure, tail: str) -> None:
    identifier = deploy(azure)
    answer = azure.send("POST", path(azure, tail)).body
    assert answer["queries"]["sig"] == azure.host.signature(identifier)
    assert answer["value"].startswith(answer["basePath"] + "?api-version=2016-10-01&sp=%2Ftriggers%2Fmanual%2Frun")


@pytest.mark.parametrize(
    "access",
    [
        {"triggers": {"sasAuthenticationPolicy": {"state": "Disabled"}}},
        {"Triggers": {"SasAuthenticationPolicy": {"State": "disabled"}}},
    ],
)
def test_with_sas_disabled_it_carries_no_signature(azure: Azure, access: dict[str, Any]) -> None:
    deploy(azure, access)
    assert azure.send("POST", path(azure, "/listCallbackUrl")).body["queries"] == {"api-version": "2016-10-01"}


@pytest.mark.parametrize(
    "access", [{}, {"triggers": {}}, {"triggers": {"sasAuthenticationPolicy": {"state": "Enabled"}}}]
)
def test_any_other_access_control_leaves_sas_on(azure: Azure, access: dict[str, Any]) -> None:
    deploy(azure, access)
    assert "sig" in azure.send("POST", path(azure, "/listCallbackUrl")).body["queries"]


def test_runs_and_actions_come_from_the_host(azure: Azure) -> None:
    identifier = deploy(azure)
    azure.host.history[identifier] = [{"name": "0858B"}, {"name": "0858A"}]
    assert [run["name"] for run in azure.send("GET", path(azure, "/runs")).body["value"]] == ["0858B", "0858A"]
    assert azure.send("GET", path(azure, "/runs/0858a")).body == {"name": "0858A"}
    actions = azure.send("GET", path(azure, "/runs/0858A/actions")).body["value"]
    assert azure.send("GET", path(azure, "/runs/0858A/actions/reply")).body == actions[0]


def ran(name: str, status: str, hour: int) -> dict[str, Any]:
    correlation = {"clientTrackingId": f"tracked-{name}"}
    moment = f"2026-03-01T{hour:02d}:00:00.000000Z"
    return {"name": name, "properties": {"status": status, "startTime": moment, "correlation": correlation}}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("$filter=status eq 'Failed'", ["C", "A"]),
        ("$filter=startTime ge 2026-03-01T09:00:00Z", ["C", "B"]),
        ("$filter=status eq 'Failed' and startTime ge 2026-03-01T09:00:00Z", ["C"]),
        ("$filter=clientTrackingId eq 'tracked-B'", ["B"]),
        ("$top=2", ["C", "B"]),
    ],
)
def test_runs_are_filtered_by_what_the_service_can_filter(azure: Azure, query: str, names: list[str]) -> None:
    azure.host.history[deploy(azure)] = [ran("C", "Failed", 10), ran("B", "Succeeded", 9), ran("A", "Failed", 8)]
    answer = azure.send("GET", f"{path(azure, '/runs')}&{query}").body
    assert [run["name"] for run in answer["value"]] == names
    assert ("nextLink" in answer) == query.startswith("$top")


@pytest.mark.parametrize("query", ["$filter=name eq 'C'", "$filter=status ne 'Failed'", "$top=0", "$top=251", "$top=x"])
@pytest.mark.parametrize("tail", ["/runs", "/runs/C/actions"])
def test_any_other_question_about_runs_is_refused(azure: Azure, tail: str, query: str) -> None:
    azure.host.history[deploy(azure)] = [ran("C", "Failed", 10)]
    assert azure.send("GET", f"{path(azure, tail)}&{query}").status == 400


@pytest.mark.parametrize("tail", ["/runs/none", "/runs/none/actions", "/runs/0858A/actions/none"])
def test_what_did_not_run_is_404(azure: Azure, tail: str) -> None:
    azure.host.history[deploy(azure)] = [{"name": "0858A"}]
    assert azure.send("GET", path(azure, tail)).status == 404
