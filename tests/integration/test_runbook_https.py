"""The runbook's HTTPS wire on a real socket: what only the wire itself can show."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import URLError

import pytest

from provision.sandbox.certificates import CertificateAuthority
from runbook.https import UrllibTransport
from tests.integration.runbook_world import Azure, AzureServer


@pytest.fixture
def azure(certificates: CertificateAuthority) -> Iterator[Azure]:
    """A server with answers of a test."""
    made = Azure()
    server = AzureServer(made, certificates.server_context())
    yield made
    server.stop()


@pytest.fixture
def transport(certificates: CertificateAuthority) -> Iterator[UrllibTransport]:
    """The wire, on a worker that trusts the server's authority."""
    made = UrllibTransport()
    made.tls.load_verify_locations(certificates.ca_file)
    yield made
    made.close()


HEADERS = {"Authorization": "Bearer token:x"}


def test_an_answer_of_any_status_is_an_answer(azure: Azure, transport: UrllibTransport) -> None:
    azure.serve("/ok", "x", lambda _: (200, {"a": 1}))
    azure.serve("/no", "x", lambda _: (503, {"error": {"message": "busy"}}))

    assert transport.get(f"{azure.base}/ok", HEADERS, 5).json_object("x") == {"a": 1}
    refused = transport.get(f"{azure.base}/no", HEADERS, 5)
    assert (refused.status, refused.reason(), refused.headers["retry-after"]) == (503, "busy", "0")


def test_a_body_that_breaks_off_is_no_answer(azure: Azure, transport: UrllibTransport) -> None:
    azure.serve("/cut", "x", lambda _: (200, b'{"value": []}'))

    with pytest.raises(ConnectionError, match="broke off after 13 of 113 bytes"):
        transport.get(f"{azure.base}/cut", HEADERS, 5)


def test_a_redirect_is_not_followed(azure: Azure, transport: UrllibTransport) -> None:
    azure.serve("/moved", "x", lambda _: (302, {"Location": f"{azure.base}/elsewhere"}))

    assert transport.get(f"{azure.base}/moved", HEADERS, 5).status == 302
    assert azure.requests == ["/moved"]


def test_an_unknown_authority_is_not_trusted(azure: Azure) -> None:
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED") as failure:
        UrllibTransport().get(f"{azure.base}/ok", HEADERS, 5)

    assert isinstance(failure.value, ssl.SSLCertVerificationError)
    assert azure.requests == []


class Talkative:
    """A server that keeps connections open, but for those after which it hangs up; `greeted` counts them."""

    def __init__(self, context: ssl.SSLContext, hang_up_after: int = 0, body: bytes = b"{}") -> None:
        talk = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                talk.greeted += 1
                super().setup()

            def do_GET(self) -> None:
                talk.asked.append((self.path, self.headers["Authorization"]))
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                if len(talk.asked) == hang_up_after:
                    self.close_connection = True

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
                del format, arguments

        self.greeted = 0
        self.asked: list[tuple[str, str | None]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.base = f"https://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def test_a_connection_stays_open_for_the_next_question(
    certificates: CertificateAuthority, transport: UrllibTransport
) -> None:
    server = Talkative(certificates.server_context())
    try:
        for number in range(5):
            assert transport.get(f"{server.base}/a?b={number}", HEADERS, 5).body == b"{}"
    finally:
        server.stop()

    assert server.greeted == 1
    assert server.asked == [(f"/a?b={number}", "Bearer token:x") for number in range(5)]


def test_a_connection_that_the_server_ended_is_opened_again(
    certificates: CertificateAuthority, transport: UrllibTransport
) -> None:
    server = Talkative(certificates.server_context(), hang_up_after=2)
    try:
        for _ in range(4):
            assert transport.get(f"{server.base}/", {}, 5).status == 200
            time.sleep(0.05)  # so that its farewell has arrived
    finally:
        server.stop()

    assert (server.greeted, len(server.asked)) == (2, 4)


def test_behind_a_proxy_nothing_is_kept_and_this_machine_is_asked_directly(
    certificates: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    transport = UrllibTransport()
    transport.tls.load_verify_locations(certificates.ca_file)
    server = Talkative(certificates.server_context())
    try:
        assert transport.get(f"{server.base}/", {}, 5).status == 200
        with pytest.raises(URLError, match="refused"):
            transport.get("https://graph.example/", {}, 5)
    finally:
        transport.close()
        server.stop()
