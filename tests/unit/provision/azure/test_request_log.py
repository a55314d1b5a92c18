from __future__ import annotations

import logging
import re
import threading

import httpx
import pytest
import requests

from provision.azure.arm import Arm
from provision.azure.graph import Graph
from provision.azure.request_log import LOGGER, shown
from provision.cloud import PUBLIC
from provision.errors import ProvisionError
from provision.resource import ArmTarget, GraphCollection, GraphTarget, Request, WorkflowTarget
from provision.side_by_side import side_by_side
from tests.fakes import ACCOUNT, WORKFLOWS
from tests.unit.provision.azure.wires import Answer, Exchanges, Requests, SignedIn

SUBSCRIPTION = "22222222-2222-4222-8222-222222222222"
SECRET = "Correct-horse-battery-staple"


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    messages = [record.getMessage() for record in caplog.records if record.name == LOGGER]
    return [re.sub(r"\d+ ms", "N ms", message) for message in messages]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://x.example/a/b?api-version=1&%24filter=n%20eq%201", "/a/b?api-version=1&$filter=n eq 1"),
        (f"https://x.example/a?sp=1&sv=2&sig={SECRET}&se=3", "/a"),
        (f"https://x.example/a?$skiptoken={SECRET}&$top=5#{SECRET}", "/a?$top=5"),
        (f"https://user:{SECRET}@x.example/a", "/a"),
    ],
)
def test_only_the_path_and_what_is_harmless_of_the_query_is_shown(url: str, told: str) -> None:
    assert shown(url) == told


def test_every_attempt_at_resource_manager_is_a_line(caplog: pytest.LogCaptureFixture) -> None:
    wire = Requests(Answer(503, {}), Answer(200, {"secret": SECRET}))
    target = ArmTarget(f"{ACCOUNT}/variables/x", "v")

    with caplog.at_level(logging.INFO, LOGGER):
        Arm(PUBLIC, SUBSCRIPTION, SignedIn(), transport=wire.transport(), retry_backoff_factor=0).read(target)

    path = f"GET {ACCOUNT}/variables/x?api-version=v"
    assert logged(caplog) == [f"{path}: 503, N ms", f"{path}: 200, N ms, attempt 2"]
    assert SECRET not in caplog.text
    assert "token for" not in caplog.text


def test_the_address_of_a_trigger_shows_no_signature(caplog: pytest.LogCaptureFixture) -> None:
    value = f"https://prod.example/workflows/x/triggers/manual/paths/invoke?api-version=1&sig={SECRET}"
    wire = Requests(Answer(200, {"name": "app"}), Answer(200, {"value": value}))

    with caplog.at_level(logging.INFO, LOGGER):
        Arm(PUBLIC, SUBSCRIPTION, SignedIn(), transport=wire.transport()).read(WorkflowTarget(f"{WORKFLOWS}/app"))

    assert len(logged(caplog)) == 2
    assert SECRET not in caplog.text


def test_every_attempt_at_graph_is_a_line(caplog: pytest.LogCaptureFixture) -> None:
    wire = Exchanges(Answer(429, {}, {"Retry-After": "1"}), Answer(200, {"value": []}))
    graph = Graph(PUBLIC, SignedIn(), wire)

    with caplog.at_level(logging.INFO, LOGGER):
        graph.read(GraphCollection("policies"))
        graph.close()

    path = "GET /v1.0/identityGovernance/entitlementManagement/assignmentPolicies"
    assert logged(caplog) == [f"{path}: 429, N ms", f"{path}: 200, N ms, attempt 2"]
    assert "token for" not in caplog.text


@pytest.mark.parametrize("error", [httpx.ReadError("cut"), httpx.ConnectError("refused")])
def test_no_answer_of_graph_is_told_by_its_kind(caplog: pytest.LogCaptureFixture, error: Exception) -> None:
    graph = Graph(PUBLIC, SignedIn(), Exchanges(error))

    with caplog.at_level(logging.INFO, LOGGER), pytest.raises(ProvisionError):
        graph.send(Request("delete", GraphTarget("policy", ("p",))), GraphTarget("policy", ("p",)))
    graph.close()

    assert logged(caplog)[0].endswith(f"/assignmentPolicies/p: {type(error).__name__}, N ms")


def test_no_answer_of_resource_manager_is_told_by_its_kind(caplog: pytest.LogCaptureFixture) -> None:
    wire = Requests(requests.ConnectionError("refused"))
    arm = Arm(PUBLIC, SUBSCRIPTION, SignedIn(), transport=wire.transport(), retry_total=0)

    with caplog.at_level(logging.INFO, LOGGER), pytest.raises(ProvisionError):
        arm.read(ArmTarget("/x", "v"))

    assert logged(caplog) == ["GET /x?api-version=v: ServiceRequestError, N ms"]


def test_many_threads_share_one_client_of_each_service() -> None:
    wire = Requests(*[Answer(200, {"name": "x"})] * 30)
    arm = Arm(PUBLIC, SUBSCRIPTION, SignedIn(), transport=wire.transport())
    exchanges = Exchanges(*[Answer(200, {"value": []})] * 30)
    graph = Graph(PUBLIC, SignedIn(), exchanges)
    before = threading.active_count()

    target = ArmTarget(f"{ACCOUNT}/variables/x", "v")
    read = [lambda: arm.read(target), lambda: graph.read(GraphCollection("policies"))] * 30
    side_by_side(read, 8)
    arm.close()
    graph.close()

    assert (len(wire.seen), len(exchanges.seen)) == (30, 30)
    assert threading.active_count() <= before
