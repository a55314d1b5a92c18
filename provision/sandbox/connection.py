"""One HTTPS connection of the sandbox's server: bytes to `Call`, `Answer` to bytes."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from provision.sandbox.journal import log
from provision.sandbox.service import Answer, Call

ADDRESS = "127.0.0.1"
BODY_LIMIT = 8 * 1024 * 1024
IDLE_SECONDS = 300

Respond = Callable[[Call], Answer | None]


class Responder(ThreadingHTTPServer):
    """A server that knows what to answer."""

    respond: Respond


class Connection(BaseHTTPRequestHandler):
    """One connection of a client, kept alive until either side ends it or it is idle for long."""

    protocol_version = "HTTP/1.1"
    server_version = "Lockstep-sandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_SECONDS
    server: Responder

    def setup(self) -> None:
        """Shake hands, in the thread of this connection."""
        self.request.settimeout(IDLE_SECONDS)
        self.request.do_handshake()
        super().setup()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._exchange
        raise AttributeError(name)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class's signature
        """Keep the log for what goes wrong."""
        log.debug(format, *arguments)

    def _exchange(self) -> None:
        try:
            body = self._body()
        except ValueError:
            self._give_up(400, "BadRequest", "The length of the request's body cannot be read.")
            return
        if body is None:
            self._give_up(413, "RequestEntityTooLarge", "A request has at most 8 MiB.")
            return
        answer = self.server.respond(self._call(body))
        if answer is None:
            self.close_connection = True
            return
        self._send(answer)

    def _give_up(self, status: int, code: str, message: str) -> None:
        self.close_connection = True
        self._send(Answer(status, {"error": {"code": code, "message": message}}))

    def _call(self, body: bytes) -> Call:
        parts = urlsplit(self.path if self.path.startswith("/") else f"/{self.path}")
        query: dict[str, str] = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            query.setdefault(name, value)
        headers = {name.lower(): value for name, value in self.headers.items()}
        address = f"{ADDRESS}:{self.server.server_address[1]}"
        # %2F inside a segment must not look like a separator: it stays as it is until the route is found.
        path = unquote(re.sub("%2f", "%252F", parts.path, flags=re.IGNORECASE))
        return Call(self.command, path, {}, query, headers, body, f"https://{headers.get('host', address)}")

    def _body(self) -> bytes | None:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(length) if length <= BODY_LIMIT else None

    def _chunks(self) -> bytes | None:
        body = b""
        while size := int(self.rfile.readline(64).split(b";")[0], 16):
            if len(body) + size > BODY_LIMIT:
                return None
            body += self.rfile.read(size)
            self.rfile.readline(8)
        while self.rfile.readline(1024).strip():
            continue
        return body

    def _send(self, answer: Answer) -> None:
        content, kind = _content(answer.body)
        identifier = str(uuid.uuid4())
        headers = {"x-ms-request-id": identifier, "request-id": identifier, "Date": formatdate(usegmt=True)}
        if kind:
            headers["Content-Type"] = kind
        if "client-request-id" in self.headers:
            headers["client-request-id"] = self.headers["client-request-id"]
        self.send_response_only(answer.status)
        for name, value in {**headers, **answer.headers}.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD" and answer.status != 204:
            self.wfile.write(content)
        self.wfile.flush()


def _content(body: Any) -> tuple[bytes, str]:
    if body is None:
        return b"", ""
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    if isinstance(body, str):
        return body.encode(), "text/plain; charset=utf-8"
    return json.dumps(body, ensure_ascii=False).encode(), "application/json; charset=utf-8"
