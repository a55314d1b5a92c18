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


@pytest.mark.parametrize("tail", ["/runs/none", "/runs/none/actions", "/runs/0858A/actions/none"])
def test_what_did_not_run_is_404(azure: Azure, tail: str) -> None:
    azure.host.history[deploy(azure)] = [{"name": "0858A"}]
    assert azure.send("GET", path(azure, tail)).status == 404
