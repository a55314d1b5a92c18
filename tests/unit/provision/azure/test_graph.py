from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from provision.azure.graph import Graph
from provision.azure.graph_nouns import BUILDERS
from provision.cloud import CHINA, PUBLIC, CloudProfile
from provision.errors import ProvisionError, ServiceRefusal
from provision.resource import GraphCollection, GraphTarget, Request
from tests.unit.provision.azure.wires import Answer, Exchanges, SignedIn

HERE = "https://graph.microsoft.com/v1.0"
ENTITLEMENT = f"{HERE}/identityGovernance/entitlementManagement"
LIFECYCLE = f"{HERE}/identityGovernance/lifecycleWorkflows"
POLICY = GraphTarget("policy", ("p-1",))
LIST = GraphCollection("policies")
NOT_FOUND = {"error": {"code": "ResourceNotFound", "message": "gone"}}

Make = Callable[..., tuple[Graph, Exchanges]]


@pytest.fixture
def graph() -> Iterator[Make]:
    """Makes a Graph that is answered so; all are closed after the test."""
    made: list[Graph] = []

    def make(*answers: Answer | Exception, cloud: CloudProfile = PUBLIC) -> tuple[Graph, Exchanges]:
        wire = Exchanges(*answers)
        made.append(Graph(cloud, SignedIn(), wire))
        return made[-1], wire

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize(
    ("target", "url"),
    [
        (GraphCollection("catalogs"), f"{ENTITLEMENT}/catalogs"),
        (GraphTarget("catalog", ("c",)), f"{ENTITLEMENT}/catalogs/c"),
        (GraphCollection("packages"), f"{ENTITLEMENT}/accessPackages"),
        (LIST, f"{ENTITLEMENT}/assignmentPolicies"),
        (POLICY, f"{ENTITLEMENT}/assignmentPolicies/p-1"),
        (GraphCollection("extensions", ("c",)), f"{ENTITLEMENT}/catalogs/c/customWorkflowExtensions"),
        (GraphTarget("extension", ("c", "e")), f"{ENTITLEMENT}/catalogs/c/customWorkflowExtensions/e"),
        (GraphCollection("catalog roles"), f"{HERE}/roleManagement/entitlementManagement/roleAssignments"),
        (GraphTarget("catalog role", ("r",)), f"{HERE}/roleManagement/entitlementManagement/roleAssignments/r"),
        (GraphCollection("assignments"), f"{ENTITLEMENT}/assignments"),
        (GraphCollection("requests"), f"{ENTITLEMENT}/assignmentRequests"),
        (GraphTarget("request", ("r",)), f"{ENTITLEMENT}/assignmentRequests/r"),
        (GraphTarget("request resume", ("r",)), f"{ENTITLEMENT}/assignmentRequests/r/resume"),
        (GraphCollection("task extensions"), f"{LIFECYCLE}/customTaskExtensions"),
        (GraphTarget("task extension", ("e",)), f"{LIFECYCLE}/customTaskExtensions/e"),
        (GraphCollection("task definitions"), f"{LIFECYCLE}/taskDefinitions"),
        (GraphCollection("workflows"), f"{LIFECYCLE}/workflows"),
        (GraphTarget("workflow", ("w",)), f"{LIFECYCLE}/workflows/w"),
        (
            GraphTarget("workflow version", ("w",)),
            f"{LIFECYCLE}/workflows/w/microsoft.graph.identityGovernance.createNewVersion",
        ),
        (GraphCollection("task results", ("w", "t")), f"{LIFECYCLE}/workflows/w/tasks/t/taskProcessingResults"),
        (
            GraphTarget("task resume", ("w", "t", "r")),
            f"{LIFECYCLE}/workflows/w/tasks/t/taskProcessingResults/r/microsoft.graph.identityGovernance.resume",
        ),
        (GraphCollection("service principals"), f"{HERE}/servicePrincipals"),
        (GraphTarget("service principal", ("p",)), f"{HERE}/servicePrincipals/p"),
        (GraphCollection("app roles", ("p",)), f"{HERE}/servicePrincipals/p/appRoleAssignments"),
        (GraphTarget("app role", ("p", "a")), f"{HERE}/servicePrincipals/p/appRoleAssignments/a"),
    ],
)
def test_every_noun_has_its_address(graph: Make, target: Any, url: str) -> None:
    client, wire = graph(Answer(200, {"value": []}))
    client.read(target)

    assert wire.seen[0][:3] == ("GET", url, None)
    assert target.noun in BUILDERS


def test_every_builder_is_covered_above() -> None:
    assert len(BUILDERS) == 25


def test_filter_and_expand_are_escaped(graph: Make) -> None:
    client, wire = graph(Answer(200, {"value": []}))
    client.read(GraphCollection("catalogs", filter="displayName eq 'O''Brien & Zoë #1'", expand="a($expand=b)"))

    assert wire.seen[0][1] == (
        f"{ENTITLEMENT}/catalogs?$expand=a%28%24expand%3Db%29"
        "&$filter=displayName%20eq%20%27O%27%27Brien%20%26%20Zo%C3%AB%20%231%27"
    )


def test_the_token_is_for_the_clouds_graph_and_goes_to_its_host(graph: Make) -> None:
    client, wire = graph(Answer(200, {}), cloud=CHINA)
    client.read(POLICY)

    assert wire.seen[0][1].startswith("https://microsoftgraph.chinacloudapi.cn/v1.0/")
    assert wire.seen[0][3]["Authorization"] == "Bearer token for https://microsoftgraph.chinacloudapi.cn/.default"


def test_all_pages_are_read(graph: Make) -> None:
    client, wire = graph(
        Answer(200, {"value": [1], "@odata.nextLink": f"{ENTITLEMENT}/assignmentPolicies?$skiptoken=a%20b"}),
        Answer(200, {"value": [], "@odata.nextLink": f"{ENTITLEMENT}/assignmentPolicies?$skiptoken=c"}),
        Answer(200, {"value": [2]}),
    )

    assert client.read(LIST) == [1, 2]
    assert wire.seen[1][1] == f"{ENTITLEMENT}/assignmentPolicies?$skiptoken=a%20b"


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1.0/x",
        "http://graph.microsoft.com/v1.0/x",
        "https://graph.microsoft.com.evil.example/v1.0/x",
        "https://graph.microsoft.com:8443/v1.0/x",
        "/v1.0/x",
    ],
)
def test_a_next_page_elsewhere_is_not_followed_and_the_list_not_believed(graph: Make, link: str) -> None:
    client, wire = graph(Answer(200, {"value": [1], "@odata.nextLink": link}))

    with pytest.raises(ProvisionError, match="no way to the rest"):
        client.read(LIST)
    assert len(wire.seen) == 1


@pytest.mark.parametrize(
    "second",
    [
        Answer(200, {"value": [2], "@odata.nextLink": f"{HERE}/next"}),
        Answer(200, {}),
        Answer(200),
        Answer(500, {"error": {"code": "x", "message": "y"}}),
        httpx.ReadError("cut"),
    ],
    ids=["in circles", "no list", "nothing", "500", "cut"],
)
def test_half_a_list_is_an_error(graph: Make, second: Answer | Exception) -> None:
    client, _ = graph(Answer(200, {"value": [1], "@odata.nextLink": f"{HERE}/next"}), second)

    with pytest.raises(ProvisionError):
        client.read(LIST)


def test_a_page_that_disappears_is_no_empty_list(graph: Make) -> None:
    client, _ = graph(Answer(200, {"value": [1], "@odata.nextLink": f"{HERE}/next"}), Answer(404, NOT_FOUND))

    with pytest.raises(ProvisionError):
        client.read(LIST)


def test_a_clean_404_is_absence(graph: Make) -> None:
    for target in (POLICY, GraphCollection("extensions", ("c",))):
        client, _ = graph(Answer(404, NOT_FOUND))
        assert client.read(target) is None


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, "<html>no such page</html>"),
        Answer(404),
        Answer(404, {"error": "not_found"}),
        Answer(403, {"error": {"code": "Authorization_RequestDenied", "message": "no"}}),
        Answer(401, {"error": {"code": "InvalidAuthenticationToken", "message": "no"}}),
        Answer(200, "<html>a proxy's page</html>"),
        Answer(202, {}),
        Answer(200),
        Answer(204),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("too slow"),
    ],
)
def test_anything_else_is_an_error_and_never_absence(graph: Make, answer: Answer | Exception) -> None:
    client, _ = graph(answer)

    with pytest.raises(ProvisionError):
        client.read(POLICY)


def test_bodies_are_sent_as_they_are_with_their_nulls(graph: Make) -> None:
    client, wire = graph(Answer(200, {"id": "p-1"}))
    body = {"reviewSettings": None, "expiration": {"duration": "P365D"}, "name": "Zoë"}

    target = GraphTarget("policy", ("p-1",), "accessPackage")
    answer = client.send(Request("put", target, body), target)

    method, url, sent, headers = wire.seen[0]
    assert (method, url, sent) == ("PUT", f"{ENTITLEMENT}/assignmentPolicies/p-1", body)
    assert headers["Content-Type"] == "application/json"
    assert answer == {"id": "p-1"}


@pytest.mark.parametrize("body", [{"id": "e"}, {"value": {"id": "e"}}], ids=["bare", "wrapped"])
def test_a_created_object_is_understood_bare_and_wrapped(graph: Make, body: dict[str, Any]) -> None:
    client, _ = graph(Answer(201, body))
    target = GraphCollection("extensions", ("c",))

    assert client.send(Request("post", target, {}), target) == {"id": "e"}


@pytest.mark.parametrize("answer", [Answer(204), Answer(404, NOT_FOUND)])
def test_what_is_deleted_already_is_deleted(graph: Make, answer: Answer) -> None:
    client, _ = graph(answer)
    target = GraphTarget("extension", ("c", "e"))

    assert client.send(Request("delete", target), target) is None


def test_a_404_on_any_other_write_is_a_refusal(graph: Make) -> None:
    client, _ = graph(Answer(404, NOT_FOUND))

    with pytest.raises(ServiceRefusal, match="gone"):
        client.send(Request("put", POLICY, {}), POLICY)


@pytest.mark.parametrize("status", [429, 503, 504])
def test_a_post_that_may_have_been_carried_out_is_not_sent_again(graph: Make, status: int) -> None:
    client, wire = graph(Answer(status, headers={"Retry-After": "1"}), Answer(201, {"id": "second"}))
    target = GraphCollection("extensions", ("c",))

    with pytest.raises(ServiceRefusal, match="busy"):
        client.send(Request("post", target, {}), target)
    assert len(wire.seen) == 1


def test_one_client_makes_many_calls_on_one_event_loop(graph: Make) -> None:
    client, wire = graph(*[Answer(200, {})] * 3)
    for _ in range(3):
        client.read(POLICY)

    assert len(wire.seen) == 3


@pytest.mark.parametrize("target", [GraphCollection("workflows"), GraphTarget("workflow", ("w",))])
def test_workflows_are_asked_for_with_the_categories_that_came_later(graph: Make, target: Any) -> None:
    client, wire = graph(Answer(200, {"value": []}), Answer(200, {}))
    client.read(target)
    client.read(POLICY)

    assert [seen[3].get("Prefer") for seen in wire.seen] == ["include-unknown-enum-members", None]


def test_a_patch_that_is_answered_by_nothing_is_done(graph: Make) -> None:
    client, wire = graph(Answer(204))
    extension = GraphTarget("task extension", ("e",))

    assert client.send(Request("patch", extension, {"displayName": "x"}), extension) is None
    assert wire.seen[0][:3] == ("PATCH", f"{LIFECYCLE}/customTaskExtensions/e", {"displayName": "x"})
