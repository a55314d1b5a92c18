from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from provision.sandbox.logic_app.http_action import RetryPolicy, Wire, address, send
from provision.sandbox.outside import HttpReply

OK = HttpReply(200, {"content-type": "application/json"}, b'{"ok": true}')
GET = {"method": "GET", "uri": "https://x.example/a"}


def reply(status: int) -> HttpReply:
    return HttpReply(status, {}, b"")


def test_the_answer_becomes_outputs(wire: Wire) -> None:
    result = send(GET, wire, follow=False)
    assert result.status == "Succeeded"
    assert result.outputs == {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": {"ok": True}}


@pytest.mark.parametrize(
    ("kind", "raw", "body"),
    [
        ("application/json; charset=utf-8", b"[1]", [1]),
        ("application/problem+json", b"{}", {}),
        ("application/json", b"broken", "broken"),
        ("text/plain", "ü".encode(), "ü"),
        ("application/octet-stream", b"\x00", {"$content-type": "application/octet-stream", "$content": "AA=="}),
    ],
)
def test_the_body_is_read_by_its_content_type(wire: Wire, outside: Any, kind: str, raw: bytes, body: Any) -> None:
    outside.replies[:] = [HttpReply(200, {"content-type": kind}, raw)]
    assert send(GET, wire, follow=False).outputs["body"] == body


def test_an_empty_body_is_absent(wire: Wire, outside: Any) -> None:
    outside.replies[:] = [reply(204)]
    assert "body" not in send(GET, wire, follow=False).outputs


@pytest.mark.parametrize(
    ("status", "code"), [(302, "Found"), (400, "BadRequest"), (403, "Forbidden"), (404, "NotFound")]
)
def test_what_is_not_a_success_fails_at_once_and_keeps_its_answer(
    wire: Wire, outside: Any, status: int, code: str
) -> None:
    outside.replies[:] = [reply(status)]
    result = send(GET, wire, follow=False)
    assert (result.status, result.code, result.outputs["statusCode"]) == ("Failed", code, status)
    assert len(outside.sent) == 1


@pytest.mark.parametrize("trouble", [reply(408), reply(429), reply(500), reply(503), OSError("reset")])
def test_passing_trouble_is_retried(wire: Wire, outside: Any, clock: Any, trouble: HttpReply | OSError) -> None:
    outside.replies[:] = [trouble, trouble, OK]
    result = send(GET, wire, follow=False)
    assert result.status == "Succeeded"
    assert len(result.retries) == 2
    assert clock.slept == [7, 14]


@pytest.mark.parametrize(
    ("policy", "waits"),
    [
        (None, [7, 14, 28, 56]),
        ({"type": "none"}, []),
        ({"type": "fixed", "count": 3, "interval": "PT10S"}, [10, 10, 10]),
        ({"type": "exponential", "count": 5, "interval": "PT5S", "maximumInterval": "PT30S"}, [5, 10, 20, 30, 30]),
        ({"type": "exponential", "count": 1, "interval": "PT5S", "minimumInterval": "PT9S"}, [9]),
    ],
)
def test_retries_end_as_the_policy_says(
    wire: Wire, outside: Any, clock: Any, policy: Mapping[str, Any] | None, waits: list[float]
) -> None:
    outside.replies[:] = [OSError("nobody there")]
    result = send({**GET, "retryPolicy": policy} if policy else GET, wire, follow=False)
    assert (result.status, result.outputs) == ("Failed", None)
    assert result.error is not None
    assert "nobody there" in result.error["message"]
    assert clock.slept == waits
    assert len(outside.sent) == len(waits) + 1


def test_the_default_policy_is_the_one_of_the_service() -> None:
    assert RetryPolicy.read(None) == RetryPolicy.read({"type": "default"}) == RetryPolicy(4, 7, 5, 3600, grows=True)


def test_a_token_of_the_identity_goes_along(wire: Wire, outside: Any) -> None:
    send({**GET, "authentication": {"type": "ManagedServiceIdentity", "audience": "https://a"}}, wire, follow=False)
    assert outside.sent[0][2]["Authorization"] == "Bearer token for https://a"


def test_without_an_identity_nothing_is_sent(outside: Any, clock: Any) -> None:
    result = send({**GET, "authentication": {"type": "x"}}, Wire(outside, clock, lambda _: None), follow=False)
    assert result.code == "ManagedIdentityNotFound"
    assert (outside.sent, clock.slept) == ([], [])


def test_an_object_is_sent_as_json_with_its_content_type(wire: Wire, outside: Any) -> None:
    send({**GET, "method": "PUT", "body": {"ü": [1, None]}}, wire, follow=False)
    method, _, headers, body = outside.sent[0]
    assert (method, json.loads(body or b"")) == ("PUT", {"ü": [1, None]})
    assert headers["Content-Type"] == "application/json; charset=utf-8"


def test_headers_are_text_and_win_over_the_default(wire: Wire, outside: Any) -> None:
    send({**GET, "headers": {"Content-Type": "text/x", "N": 5, "B": True}, "body": {}}, wire, follow=False)
    assert outside.sent[0][2] == {"Content-Type": "text/x", "N": "5", "B": "True"}


def test_text_is_sent_as_it_is(wire: Wire, outside: Any) -> None:
    send({**GET, "body": "plain"}, wire, follow=False)
    assert outside.sent[0][3] == b"plain"


@pytest.mark.parametrize(
    ("uri", "queries", "sent"),
    [
        ("https://x/a", {}, "https://x/a"),
        (
            "https://x/a",
            {"api-version": "2023-11-01", "$filter": "a eq 'b c'"},
            "https://x/a?api-version=2023-11-01&%24filter=a%20eq%20%27b%20c%27",
        ),
        ("https://x/a?b=1", {"c": 2}, "https://x/a?b=1&c=2"),
        ("https://x/ü b/%20", {}, "https://x/%C3%BC%20b/%20"),
    ],
)
def test_addresses_are_escaped_once(uri: str, queries: Mapping[str, Any], sent: str) -> None:
    assert address(uri, queries) == sent


def test_an_accepted_request_is_followed_unless_switched_off(wire: Wire, outside: Any, clock: Any) -> None:
    accepted = HttpReply(202, {"location": "/status", "retry-after": "3"}, b"")
    outside.replies[:] = [accepted, accepted, OK]
    assert send({**GET, "method": "POST", "body": {}}, wire, follow=True).outputs["statusCode"] == 200
    assert [entry[:2] for entry in outside.sent[1:]] == [("GET", "https://x.example/status")] * 2
    assert clock.slept == [3, 3]
    outside.replies[:] = [accepted]
    assert send(GET, wire, follow=False).outputs["statusCode"] == 202


def test_binary_answers_survive(wire: Wire, outside: Any) -> None:
    outside.replies[:] = [HttpReply(200, {}, bytes(range(256)))]
    body = send(GET, wire, follow=False).outputs["body"]
    assert base64.b64decode(body["$content"]) == bytes(range(256))
