from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests

from provision.azure.arm import Arm
from provision.cloud import PUBLIC, US_GOVERNMENT
from provision.errors import ProvisionError, ServiceRefusal
from provision.resource import ArmCollection, ArmTarget, Request, Upcoming, WorkflowTarget
from tests.fakes import ACCOUNT, WORKFLOWS
from tests.unit.provision.azure.wires import Answer, Requests, SignedIn

SUBSCRIPTION = "22222222-2222-4222-8222-222222222222"
VARIABLE = ArmTarget(f"{ACCOUNT}/variables/x", "2024-10-23")
LIST = ArmCollection(f"{ACCOUNT}/runbooks", "2024-10-23")
HERE = "https://management.azure.com"
NOT_FOUND = {"error": {"code": "ResourceNotFound", "message": "gone"}}


def arm(*answers: Answer | Exception) -> tuple[Arm, Requests]:
    wire = Requests(*answers)
    return Arm(PUBLIC, SUBSCRIPTION, SignedIn(), transport=wire.transport(), retry_total=0), wire


def test_an_object_is_read_with_its_api_version_and_a_token_for_resource_manager() -> None:
    client, wire = arm(Answer(200, {"name": "x"}))

    assert client.read(VARIABLE) == {"name": "x"}
    method, url, body, headers = wire.seen[0]
    assert (method, url, body) == ("GET", f"{HERE}{VARIABLE.id}?api-version=2024-10-23", None)
    assert headers["Authorization"] == "Bearer token for https://management.azure.com/.default"


def test_every_cloud_is_asked_at_its_own_address_with_its_own_scope() -> None:
    wire = Requests(Answer(200, {}))
    Arm(US_GOVERNMENT, SUBSCRIPTION, SignedIn(), transport=wire.transport()).read(VARIABLE)

    assert wire.seen[0][1].startswith("https://management.usgovcloudapi.net/subscriptions/")
    assert wire.seen[0][3]["Authorization"] == "Bearer token for https://management.core.usgovcloudapi.net/.default"


def test_names_with_special_characters_cannot_leave_their_place_in_the_address() -> None:
    client, wire = arm(Answer(200, {}))
    client.read(ArmTarget("/subscriptions/s/resourceGroups/grüne (gruppe)?x=1#y", "v"))

    assert wire.seen[0][1] == f"{HERE}/subscriptions/s/resourceGroups/gr%C3%BCne%20(gruppe)%3Fx%3D1%23y?api-version=v"


@pytest.mark.parametrize(
    "body", [NOT_FOUND, {"code": "NotFound", "message": "The variable was not found."}], ids=["ARM", "Automation"]
)
def test_a_clean_404_is_absence_in_either_shape_of_error(body: object) -> None:
    for target in (VARIABLE, LIST):
        client, _ = arm(Answer(404, body))
        assert client.read(target) is None


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, "<html>no such page</html>"),
        Answer(404),
        Answer(404, {"error": {"code": "ResourceGroupNotFound", "message": "no group"}}),
        Answer(404, {"error": {"code": "SubscriptionNotFound", "message": "no subscription"}}),
        Answer(403, {"error": {"code": "AuthorizationFailed", "message": "no"}}),
        Answer(500, {"error": {"code": "InternalServerError", "message": "no"}}),
        Answer(401, {"error": {"code": "InvalidAuthenticationToken", "message": "no"}}),
        Answer(200, "<html>a proxy's page</html>"),
        Answer(202, {}),
        Answer(200),
        Answer(204),
        requests.exceptions.ConnectionError("refused"),
        requests.exceptions.ReadTimeout("too slow"),
    ],
)
def test_anything_else_is_an_error_and_never_absence(answer: Answer | Exception) -> None:
    for target in (VARIABLE, LIST):
        client, _ = arm(answer)
        with pytest.raises(ProvisionError):
            client.read(target)


def test_all_pages_of_a_list_are_read() -> None:
    client, wire = arm(
        Answer(200, {"value": [1, 2], "nextLink": f"{HERE}{LIST.id}?api-version=2024-10-23&$skiptoken=2"}),
        Answer(200, {"value": [], "nextLink": f"{HERE}:443{LIST.id}?$skiptoken=3"}),
        Answer(200, {"value": [3]}),
    )

    assert client.read(LIST) == [1, 2, 3]
    assert len(wire.seen) == 3


def test_a_filter_is_sent() -> None:
    client, wire = arm(Answer(200, {"value": []}))

    assert client.read(ArmCollection("/x", "v", "atScope()")) == []
    assert wire.seen[0][1] == f"{HERE}/x?api-version=v&$filter=atScope()"


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/subscriptions",
        "http://management.azure.com/subscriptions",
        "https://management.azure.com.evil.example/",
        "https://management.azure.com:444/",
        "/relative",
    ],
)
def test_a_next_page_elsewhere_is_not_followed_and_the_list_not_believed(link: str) -> None:
    client, wire = arm(Answer(200, {"value": [1], "nextLink": link}))

    with pytest.raises(ProvisionError, match="no way to the rest"):
        client.read(LIST)
    assert len(wire.seen) == 1


@pytest.mark.parametrize(
    "second",
    [
        Answer(200, {"value": [2], "nextLink": f"{HERE}/next"}),
        Answer(404, NOT_FOUND),
        Answer(200, {}),
        Answer(500, {"error": {"code": "x", "message": "y"}}),
        requests.exceptions.ConnectionError("cut"),
    ],
    ids=["in circles", "404", "no list", "500", "cut"],
)
def test_half_a_list_is_an_error(second: Answer | Exception) -> None:
    client, _ = arm(Answer(200, {"value": [1], "nextLink": f"{HERE}/next"}), second)

    with pytest.raises(ProvisionError):
        client.read(LIST)


def test_a_workflow_is_validated_without_its_access_control_and_then_written_whole() -> None:
    client, wire = arm(Answer(200), Answer(201, {"name": "la"}))
    control = {"triggers": {"sasAuthenticationPolicy": {"state": "Disabled"}}}
    body = {"location": "w", "properties": {"definition": {"a": 1}, "parameters": {}, "accessControl": control}}
    said: list[str] = []

    answer = client.send(Request("put", target := WorkflowTarget(f"{WORKFLOWS}/la"), body), target, said.append)

    assert answer == {"name": "la"}
    assert [(method, url.split("?")[0], sent) for method, url, sent, _ in wire.seen] == [
        (
            "POST",
            f"{HERE}{WORKFLOWS}/la/validate",
            {"location": "w", "properties": {"definition": {"a": 1}, "parameters": {}}},
        ),
        ("PUT", f"{HERE}{WORKFLOWS}/la", body),
    ]
    assert said == ["validating the definition"]


def test_a_workflow_that_cannot_be_validated_before_it_exists_is_written() -> None:
    client, wire = arm(Answer(404, NOT_FOUND), Answer(201, {"name": "la"}))
    target = WorkflowTarget(f"{WORKFLOWS}/la")
    body = {"location": "w", "properties": {"definition": {}, "parameters": {}}}

    assert client.send(Request("put", target, body), target, lambda _: None) == {"name": "la"}
    assert [method for method, *_ in wire.seen] == ["POST", "PUT"]


def test_a_definition_that_is_not_valid_is_not_written() -> None:
    client, wire = arm(Answer(400, {"error": {"code": "InvalidTemplate", "message": "the action 'x' is unknown"}}))
    target = WorkflowTarget(f"{WORKFLOWS}/la")

    with pytest.raises(ServiceRefusal, match="the action 'x' is unknown") as refused:
        client.send(
            Request("put", target, {"location": "w", "properties": {"definition": {}, "parameters": {}}}), target, print
        )
    assert (refused.value.status, refused.value.code) == (400, "InvalidTemplate")
    assert len(wire.seen) == 1


@pytest.mark.parametrize("answer", [Answer(200), Answer(204), Answer(404, NOT_FOUND)])
def test_what_is_deleted_already_is_deleted(answer: Answer) -> None:
    client, _ = arm(answer)

    assert client.send(Request("delete", VARIABLE), VARIABLE, print) is None


@pytest.mark.parametrize("answer", [Answer(200), Answer(404, NOT_FOUND)])
def test_what_is_replaced_goes_first_if_it_is_still_there(answer: Answer) -> None:
    client, wire = arm(answer, Answer(201, {"name": "new"}))
    old = ArmTarget(f"{ACCOUNT}/jobSchedules/old", "2024-10-23")

    assert client.send(Request("put", VARIABLE, {"a": 1}, old), VARIABLE, print) == {"name": "new"}

    assert [(method, url.split("?")[0]) for method, url, *_ in wire.seen] == [
        ("DELETE", f"{HERE}{old.id}"),
        ("PUT", f"{HERE}{VARIABLE.id}"),
    ]


def test_what_cannot_be_taken_away_is_not_replaced() -> None:
    client, wire = arm(Answer(403, {"error": {"code": "AuthorizationFailed", "message": "no"}}))

    with pytest.raises(ServiceRefusal):
        client.send(Request("put", VARIABLE, {"a": 1}, VARIABLE), VARIABLE, print)
    assert len(wire.seen) == 1


def test_what_is_upcoming_gets_its_date_when_it_is_sent() -> None:
    client, wire = arm(Answer(201, {"name": "new"}))

    client.send(Request("put", VARIABLE, {"startTime": Upcoming("02:30", "Europe/Berlin")}), VARIABLE, print)

    sent = datetime.fromisoformat(wire.seen[0][2]["startTime"])
    assert f"{sent:%H:%M}" == "02:30"
    assert timedelta() < sent - datetime.now(UTC) < timedelta(days=3)


def test_the_address_of_the_trigger_comes_without_its_signature() -> None:
    url = "https://prod-1.logic.example:443/workflows/1/triggers/manual/paths/invoke?api-version=2016-10-01"
    client, wire = arm(
        Answer(200, {"name": "la"}), Answer(200, {"value": f"{url}&sp=%2Ftriggers&sv=1.0&sig=SECRET", "method": "POST"})
    )

    found = client.read(WorkflowTarget(f"{WORKFLOWS}/la"))

    assert found == {"name": "la", "triggerUrl": url}
    assert "SECRET" not in json.dumps(found)
    assert wire.seen[1][1].startswith(f"{HERE}{WORKFLOWS}/la/triggers/manual/listCallbackUrl")


def test_a_workflow_of_others_without_such_a_trigger_has_no_address() -> None:
    missing = {"error": {"code": "TriggerNotFound", "message": "no trigger 'manual'"}}
    client, _ = arm(Answer(200, {"name": "la"}), Answer(404, missing))

    assert client.read(WorkflowTarget(f"{WORKFLOWS}/la")) == {"name": "la", "triggerUrl": None}


def test_a_trigger_that_cannot_be_asked_is_an_error() -> None:
    denied = {"error": {"code": "AuthorizationFailed", "message": "no"}}
    client, _ = arm(Answer(200, {"name": "la"}), Answer(403, denied))

    with pytest.raises(ServiceRefusal, match="No permission for POST"):
        client.read(WorkflowTarget(f"{WORKFLOWS}/la"))
