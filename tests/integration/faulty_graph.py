"""Everything that the job asks by HTTPS, on one port of this machine, where one request goes wrong."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from tests.integration.https_faults import FAULTS, PAGES, TEXTS, Honest, Sent, told

Answers = Callable[[str, Mapping[str, str]], tuple[str, Any]]
"""Path and query -> what is asked for, and the honest body; None when there is no such thing."""


@dataclass(slots=True)
class Disturbance:
    """`kind` at request number `point`, counted from 0."""

    kind: str = ""
    point: int = -1


@dataclass(slots=True)
class Asked:
    """What happened since the last `begin`. `elsewhere` counts requests for another host than the one that is named."""

    honest: list[Honest] = field(default_factory=list)
    number: int = 0
    fired: int = 0
    elsewhere: int = 0
    _where: str = ""

    def disturbed(self, plan: Disturbance, honest: Honest) -> bool:
        """Whether this request, the next one, goes wrong."""
        number, self.number = self.number, self.number + 1
        if number == plan.point:
            self._where = honest.url
        elif not self.fired or honest.url != self._where:
            return False
        times = FAULTS[plan.kind].times
        if times and self.fired >= times:
            return False
        self.fired += 1
        return True


class FaultyServices:
    """Answers on a free port, by HTTP/1.1 over TLS, until stopped; `on_fault` is called when one begins."""

    def __init__(self, context: ssl.SSLContext, answers: Answers, on_fault: Callable[[], None]) -> None:
        self._answers = answers
        self._on_fault = on_fault
        self._plan, self.asked = Disturbance(), Asked()
        services = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_GET(self) -> None:
                sent = services.answer(self.path, {name.lower(): value for name, value in self.headers.items()})
                self.close_connection = not sent.status or bool(sent.short)
                if not sent.status:
                    return
                self.send_response(sent.status)
                self.send_header("Content-Length", str(len(sent.body)))
                for name, value in sent.headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(sent.body[: len(sent.body) - sent.short])

            def handle(self) -> None:
                with suppress(OSError):  # the client was quicker
                    super().handle()

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class's name
                del format, arguments

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.base = f"https://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def begin(self, plan: Disturbance | None = None) -> None:
        """From here on `plan`."""
        self._plan, self.asked = plan or Disturbance(), Asked()

    def stop(self) -> None:
        """No more answers."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, target: str, headers: Mapping[str, str]) -> Sent:
        """What is sent to one GET."""
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.elsewhere += headers.get("host") != urlsplit(self.base).netloc
        about, body = self._answers(parts.path, query)
        if body is None:
            return told({"error": {"code": "NotFound", "message": target}}, 404)
        honest = Honest(about, self.base + target, self.base + _begun(target), body, self._before(about, target))
        if self.asked.disturbed(self._plan, honest):
            if self.asked.fired == 1:
                self._on_fault()
            return FAULTS[self._plan.kind].change(honest)
        if not _authorized(about, query, headers):
            return told({"error": {"code": "InvalidAuthenticationToken", "message": "wrong token"}}, 401)
        self.asked.honest.append(honest)
        return told(body)

    def _before(self, about: str, target: str) -> dict[str, Any] | None:
        """The page that led to this one."""
        for each in reversed(self.asked.honest):
            if each.about == about and each.body.get("@odata.nextLink") == self.base + target:
                return each.body
        return None


def _begun(target: str) -> str:
    return target.partition("&$skiptoken=")[0]


def _authorized(about: str, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
    if about == "token":
        return headers.get("x-identity-header") == "the-header" and "resource" in query
    return headers.get("authorization") == f"Bearer token:{AUDIENCES[about]}"


ARM, GRAPH, VAULT = "https://management.azure.com/", "https://graph.microsoft.com", "https://vault.azure.net"
AUDIENCES: Final = {
    **dict.fromkeys(TEXTS, ARM),
    **dict.fromkeys(("user", *PAGES), GRAPH),
    "secret": VAULT,
}
