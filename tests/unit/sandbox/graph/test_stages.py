from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from provision.sandbox import seed
from provision.sandbox.clock import Clock
from provision.sandbox.outside import HttpReply

if TYPE_CHECKING:
    from tests.unit.sandbox.graph.conftest import Graph, SentCallout

GRANTED, REMOVED = "assignmentRequestGranted", "assignmentRequestRemoved"
ANALYST = seed.CATALOGS[0].packages[0]


def callouts(told: dict[str, Any]) -> dict[str, str]:
    return {callout["name"]: callout["status"] for callout in told["callouts"]}


def test_nothing_bound_means_nothing_called(graph: Graph) -> None:
    told = graph.entitlement.grant("ada.lovelace", "Engineer")
    assert (told["state"], told["callouts"], graph.logic_apps.sent) == ("delivered", [], [])


def test_the_payload_has_the_names_that_logic_apps_read(graph: Graph) -> None:
    graph.bind(graph.extension()["id"], GRANTED)
    graph.logic_apps.call_back = lambda callout: graph.resume(callout.payload)
    told = graph.entitlement.grant("ada.lovelace", "Engineer")
    payload = graph.logic_apps.sent[-1].payload
    request = told["request"]
    assert payload["AccessPackageAssignmentRequestId"] == request
    assert payload["CallbackUriPath"] == (
        f"/identityGovernance/entitlementManagement/accessPackageAssignmentRequests/{request}/resume"
    )
    assert payload["CallbackConfiguration"] == {"DurationBeforeTimeout": "PT5M"}
    assert payload["CustomExtensionStageInstanceId"] == told["callouts"][0]["instance"]
    assert (payload["Stage"], payload["RequestType"]) == (GRANTED, "adminAdd")
    assert payload["AccessPackage"]["Id"] == told["package"]["id"]
    assert payload["AccessPackageCatalog"]["Id"] == seed.CATALOGS[1].catalog_id
    assert payload["Assignment"]["Id"] == told["assignment"]["id"]
    assert payload["Assignment"]["Target"]["ObjectId"] == seed.USERS[0].object_id
    assert payload["Assignment"]["Target"]["Id"] != seed.USERS[0].object_id
    assert payload["Requestor"]["ObjectId"] == seed.USERS[0].object_id


def test_the_callback_may_come_before_the_callout_is_answered(graph: Graph) -> None:
    graph.bind(graph.extension()["id"], GRANTED)
    graph.logic_apps.call_back = lambda callout: graph.resume(callout.payload)
    told = graph.entitlement.grant("ada.lovelace", "Engineer")
    assert (told["callouts"][0]["status"], told["callouts"][0]["run"]) == ("callbackReceived", "run-1")


def test_the_callback_may_come_later_from_another_thread(graph: Graph) -> None:
    graph.bind(graph.extension()["id"], GRANTED)

    def later(callout: SentCallout) -> None:
        threading.Timer(0.02, graph.resume, (callout.payload,)).start()

    graph.logic_apps.call_back = later
    told = graph.entitlement.grant("ada.lovelace", "Engineer")
    assert told["passed"] == ["Submitted", "Delivering", "WaitingForCallback", "Delivering", "Delivered"]


def test_without_a_callback_the_time_runs_out(graph: Graph) -> None:
    graph.bind(graph.extension()["id"], GRANTED)
    told = graph.entitlement.grant("ada.lovelace", "Engineer")
    assert callouts(told) == {"Lockstep test: Engineering": "callbackTimedOut"}
    assert (told["state"], told["status"]) == ("deliveryFailed", "CallbackTimedOut")


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (HttpReply(401, {}, b"wrong claim"), "the Logic App answered 401: wrong claim"),
        (HttpReply(503, {}, b""), "the Logic App answered 503: "),
    ],
)
def test_a_logic_app_that_refuses_fails_the_request(graph: Graph, answer: HttpReply, detail: str) -> None:
    graph.bind(graph.extension()["id"], GRANTED)
    graph.logic_apps.answer = lambda _: answer
    told = graph.entitlement.grant("ada.lovelace", "Engineer")
    assert (told["state"], told["status"]) == ("deliveryFailed", "CalloutFailed")
    assert (told["callouts"][0]["status"], told["callouts"][0]["detail"]) == ("calloutFailed", detail)


def test_an_extension_that_launches_and_continues_harms_nobody_when_it_is_unreachable(graph: Graph) -> None:
    told = graph.entitlement.grant("ada.lovelace", ANALYST.name)
    assert told["state"] == "delivered"
    assert callouts(told) == {"Welcome mail": "calloutFailed"}


def test_two_extensions_at_one_stage_are_both_called_and_the_waiting_one_decides(graph: Graph) -> None:
    finance = seed.CATALOGS[0].catalog_id
    graph.bind(graph.extension(finance)["id"], GRANTED, policy=ANALYST.policy_id)
    graph.logic_apps.call_back = lambda callout: graph.resume(callout.payload)
    told = graph.entitlement.grant("ada.lovelace", ANALYST.name)
    assert told["state"] == "delivered"
    assert callouts(told) == {"Welcome mail": "calloutFailed", "Lockstep test: Engineering": "callbackReceived"}


def test_a_callout_that_does_not_wait_carries_no_callback(graph: Graph) -> None:
    graph.bind(graph.extension(callbackConfiguration=None)["id"], GRANTED)
    told = graph.entitlement.grant("ada.lovelace", "Engineer")
    assert callouts(told) == {"Lockstep test: Engineering": "calloutSent"}
    assert not {"CallbackUriPath", "CallbackConfiguration"} & graph.logic_apps.sent[-1].payload.keys()


def test_a_reset_ends_a_request_that_waits(graph: Graph) -> None:
    graph.bind(graph.extension()["id"], GRANTED)
    graph.entitlement._lifecycle._stages._clock = Clock(0.001)
    graph.logic_apps.call_back = lambda _: threading.Timer(0.05, graph.entitlement.reset).start()
    with pytest.raises(Exception, match="was not found"):
        graph.entitlement.grant("ada.lovelace", "Engineer")
