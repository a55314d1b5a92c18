from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from provision.sandbox.certificates import CertificateAuthority
from provision.sandbox.connection import BODY_LIMIT
from provision.sandbox.journal import Journal
from provision.sandbox.outside import Outside
from provision.sandbox.server import Server
from provision.sandbox.service import Answer, Call


class Echo:
    """Tells what it received, or does what the path asks for."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def __call__(self, call: Call) -> Answer | None:
        self.calls.append(call)
        kind = call.path.rpartition("/")[2]
        answers: dict[str, Answer | None] = {
            "json": Answer(200, {"ü": [1, None]}),
            "text": Answer(200, "grüß"),
            "bytes": Answer(200, b"\x00", {"Content-Type": "x/y"}),
            "none": Answer(202, None, {"Location": "there"}),
            "nothing": Answer(204),
            "unanswerable": Answer(200, {"set": {1}}),
            "drop": None,
        }
        return answers.get(kind, Answer(200, {"body": call.body.decode(), "query": dict(call.query)}))


class Place:
    def __init__(self, folder: Path) -> None:
        self.echo = Echo()
        self.authority = CertificateAuthority(folder)
        self.journal = Journal()
        self.server = Server(self.echo, self.authority.server_context(), failed=self.journal.failed)
        self.outside = Outside(self.authority.client_context())

    def connection(self) -> http.client.HTTPSConnection:
        context = self.authority.client_context()
        return http.client.HTTPSConnection("127.0.0.1", self.server.port, timeout=10, context=context)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    made.server.start()
    yield made
    made.server.stop()


@pytest.mark.parametrize(
    ("path", "status", "body", "kind"),
    [
        ("json", 200, '{"ü": [1, null]}'.encode(), "application/json; charset=utf-8"),
        ("text", 200, "grüß".encode(), "text/plain; charset=utf-8"),
        ("bytes", 200, b"\x00", "x/y"),
        ("none", 202, b"", None),
        ("nothing", 204, b"", None),
    ],
)
def test_each_kind_of_answer_has_its_content_type(
    place: Place, path: str, status: int, body: bytes, kind: str | None
) -> None:
    reply = place.outside.send("GET", f"{place.server.url}/{path}", {})
    assert (reply.status, reply.body, reply.headers.get("content-type")) == (status, body, kind)
    assert reply.headers["x-ms-request-id"] == reply.headers["request-id"]


def test_a_call_is_decoded_but_keeps_escaped_slashes_and_plus_signs_apart(place: Place) -> None:
    url = f"{place.server.url}/a%20b/c%2Fd/%C3%BC?%24filter=x%20eq%20%27%2B%27&two=1&two=2&empty="
    place.outside.send("PUT", url, {"X-Thing": "1"}, b"body")
    call = place.echo.calls[0]
    assert call.path == "/a b/c%2Fd/ü"
    assert dict(call.query) == {"$filter": "x eq '+'", "two": "1", "empty": ""}
    assert (call.method, call.body, call.headers["x-thing"], call.base) == ("PUT", b"body", "1", place.server.url)


def test_one_connection_serves_many_requests_without_delay(place: Place) -> None:
    connection = place.connection()
    began = time.monotonic()
    for number in range(50):
        connection.request("POST", "/x", body=str(number).encode())
        assert connection.getresponse().read() == b'{"body": "%d", "query": {}}' % number
    connection.close()
    assert time.monotonic() - began < 1.5  # with delayed acknowledgements alone it would be over 2 s


def test_a_chunked_body_arrives_whole(place: Place) -> None:
    connection = place.connection()
    connection.request(
        "PUT", "/x", body=iter([b"one", b"two"]), encode_chunked=True, headers={"Transfer-Encoding": "chunked"}
    )
    assert connection.getresponse().read() == b'{"body": "onetwo", "query": {}}'
    connection.close()


def test_a_head_request_has_no_body(place: Place) -> None:
    connection = place.connection()
    connection.request("HEAD", "/json")
    assert connection.getresponse().read() == b""
    connection.request("GET", "/nothing")
    assert connection.getresponse().status == 204
    connection.close()


def test_a_dropped_call_is_a_closed_connection(place: Place) -> None:
    with pytest.raises(OSError, match=r"broke off|closed connection|without response"):
        place.outside.send("GET", f"{place.server.url}/drop", {})


@pytest.mark.parametrize(("length", "status"), [(str(BODY_LIMIT + 1), 413), ("many", 400)])
def test_a_body_that_is_too_long_or_has_no_length_is_refused(place: Place, length: str, status: int) -> None:
    with place.authority.client_context().wrap_socket(
        socket.create_connection(("127.0.0.1", place.server.port)), server_hostname="localhost"
    ) as raw:
        raw.sendall(f"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
        assert raw.recv(100).startswith(f"HTTP/1.1 {status}".encode())


def test_a_failure_of_the_server_itself_is_noted_and_one_of_the_client_is_not(place: Place) -> None:
    with pytest.raises(OSError, match="broke off"):
        place.outside.send("GET", f"{place.server.url}/unanswerable", {})
    with socket.create_connection(("127.0.0.1", place.server.port)) as client:
        client.sendall(b"this is not TLS")
    place.outside.send("GET", f"{place.server.url}/json", {})
    assert [failure.split(":")[:2] for failure in place.journal.failures()] == [["the server", " TypeError"]]


def test_a_silent_client_blocks_nobody(place: Place) -> None:
    with socket.create_connection(("127.0.0.1", place.server.port)):
        assert place.outside.send("GET", f"{place.server.url}/json", {}, timeout=5).status == 200


def test_requests_run_side_by_side(tmp_path: Path) -> None:
    both = threading.Barrier(2, timeout=10)
    authority = CertificateAuthority(tmp_path)

    def meet(_: Call) -> Answer:
        both.wait()
        return Answer(200)

    server = Server(meet, authority.server_context())
    server.start()
    outside = Outside(authority.client_context())
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(outside.send("GET", server.url, {}).status)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.stop()
    assert statuses == [200, 200]


def test_a_client_that_does_not_trust_the_authority_gets_nothing(place: Place, tmp_path: Path) -> None:
    stranger = Outside(CertificateAuthority(tmp_path / "other").client_context())
    with pytest.raises(ssl.SSLCertVerificationError):
        stranger.send("GET", f"{place.server.url}/json", {})
    assert place.echo.calls == []


def test_plain_http_is_not_sent(place: Place) -> None:
    with pytest.raises(OSError, match="https addresses only"):
        place.outside.send("GET", f"http://127.0.0.1:{place.server.port}/", {})


def test_stopping_closes_what_clients_keep_open(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.server.start()
    connection = place.connection()
    connection.request("GET", "/json")
    connection.getresponse().read()
    place.server.stop()
    with pytest.raises(OSError):  # noqa: PT011 - which one depends on the platform
        place.outside.send("GET", f"{place.server.url}/json", {}, timeout=5)
    connection.close()


def test_a_taken_port_is_an_error_at_once(place: Place) -> None:
    with pytest.raises(OSError, match="in use"):
        Server(place.echo, place.authority.server_context(), place.server.port)
