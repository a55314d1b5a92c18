from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from provision.sandbox import seed
from provision.sandbox.graph.callout import Callouts, connection_test, waiting_time, workflow_id
from provision.sandbox.graph.settings import GraphSettings
from provision.sandbox.graph.tenant import Entity
from provision.sandbox.outside import HttpReply
from provision.sandbox.tokens import TokenAuthority

if TYPE_CHECKING:
    from collections.abc import Mapping

ENDPOINT = {
    "subscriptionId": seed.SUBSCRIPTION,
    "resourceGroupName": "rg-Identity",
    "logicAppWorkflowName": "la",
    "url": "https://la.example/workflows/1/triggers/manual/paths/invoke?api-version=2016-10-01&sig=x",
}
RESOURCE = f"/subscriptions/{seed.SUBSCRIPTION}/resourceGroups/rg-Identity/providers/Microsoft.Logic/workflows/la"


class Line:
    """A line to a Logic App that answers what was queued; an empty queue means silence."""

    def __init__(self, *replies: HttpReply) -> None:
        self.replies = list(replies)
        self.calls: list[tuple[str, Mapping[str, str], bytes | None, float]] = []

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None, timeout: float = 30
    ) -> HttpReply:
        assert method == "POST"
        self.calls.append((url, headers, body, timeout))
        if not self.replies:
            raise TimeoutError("timed out")
        return self.replies.pop(0)


def reply(status: int, text: str = "", run: str = "") -> HttpReply:
    return HttpReply(status, {"x-ms-workflow-run-id": run} if run else {}, text.encode())


def extension(**client: int) -> dict[str, Any]:
    return {"endpointConfiguration": ENDPOINT, "clientConfiguration": client or None}


def test_the_token_is_a_proof_of_possession_for_the_logic_app() -> None:
    authority, line = TokenAuthority(seed.TENANT), Line(reply(202, run="08585"))
    delivery = Callouts(authority, line, GraphSettings()).send(extension(), {"Stage": "x"})
    url, headers, body, timeout = line.calls[0]
    assert (delivery.run, delivery.reason) == ("08585", "")
    assert (url, body, timeout) == (ENDPOINT["url"], b'{"Stage": "x"}', 1.0)
    assert authority.pop_claims(headers["Authorization"]) == {
        "iss": f"https://sts.windows.net/{seed.TENANT}/",
        "aud": "https://management.azure.com",
        "appid": seed.ENTITLEMENT_APP_ID,
        "m": "POST",
        "u": "management.azure.com",
        "p": RESOURCE,
    }


@pytest.mark.parametrize(
    ("replies", "client", "attempts", "reason"),
    [
        ([reply(202)], {}, 1, ""),
        ([reply(200)], {}, 1, ""),
        ([], {}, 2, "did not answer"),
        ([], {"maximumRetries": 0}, 1, "did not answer"),
        ([reply(503), reply(202)], {}, 2, ""),
        ([reply(500, "no"), reply(502, "still no")], {}, 2, "502: still no"),
        ([reply(401, "the token does not fit"), reply(202)], {}, 1, "401: the token does not fit"),
        ([reply(404)], {}, 1, "404"),
    ],
)
def test_silence_and_5xx_are_tried_again_and_a_refusal_is_not(
    replies: list[HttpReply], client: dict[str, int], attempts: int, reason: str
) -> None:
    line = Line(*replies)
    delivery = Callouts(TokenAuthority(seed.TENANT), line, GraphSettings()).send(extension(**client), {})
    assert len(line.calls) == attempts
    assert reason in delivery.reason
    assert bool(delivery.reason) == bool(reason)


def test_the_extension_says_how_long_it_may_take_to_answer() -> None:
    line = Line(reply(202))
    Callouts(TokenAuthority(seed.TENANT), line, GraphSettings()).send(extension(timeoutInMilliseconds=250), {})
    assert line.calls[0][3] == 0.25


def test_the_resource_id_keeps_its_case() -> None:
    assert workflow_id(ENDPOINT) == RESOURCE


def test_the_connection_test_names_catalog_and_stage_and_no_request() -> None:
    body = connection_test(Entity("accessPackageCatalog", "c", 1, {"displayName": "Finance", "description": "d"}))
    assert body["Stage"] == "CustomExtensionConnectionTest"
    assert body["AccessPackageCatalog"] == {"Id": "c", "DisplayName": "Finance", "Description": "d"}
    assert body["AccessPackageAssignmentRequestId"] is None


@pytest.mark.parametrize(
    ("callback", "expected"),
    [
        (None, None),
        ({}, None),
        ({"timeoutDuration": "PT2H"}, "PT2H"),
        ({"durationBeforeTimeout": "P1D"}, "P1D"),
    ],
)
def test_the_waiting_time_has_either_name(callback: dict[str, str] | None, expected: str | None) -> None:
    assert waiting_time({"callbackConfiguration": callback}) == expected
