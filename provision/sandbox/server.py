"""The one HTTPS server of the sandbox: bytes to `Call`, `Answer` to bytes; nothing here knows a service.

HTTP/1.1 with keep-alive, a thread for each connection, loopback only.
"""

from __future__ import annotations

import json
import re
import socket
import socketserver
import ssl
import sys
import threading
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
Failed = Callable[[str, BaseException], None]


class Server:
    """Listens from construction on, serves between `start` and `stop`.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, respond: Respond, context: ssl.SSLContext, failed: Failed, port: int = 0) -> None:
        """`failed` is told where the server itself failed, and the error."""
        self._listener = _Listener((ADDRESS, port), _Connection)
        self._listener.failed = failed
        self._listener.context = context
        self._listener.respond = respond
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.05,), name="sandbox", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on, also when it was asked for any free one."""
        return int(self._listener.server_address[1])

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"https://{ADDRESS}:{self.port}"

    def start(self) -> None:
        """Serve in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and close every connection."""
        if self._thread.is_alive():
            self._listener.shutdown()
            self._thread.join()
        self._listener.server_close()
        self._listener.hang_up()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    context: ssl.SSLContext
    respond: Respond
    failed: Failed

    def __init__(self, *arguments: Any) -> None:
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(*arguments)

    def server_bind(self) -> None:
        """Bind without the look-up of the host's name that `HTTPServer` does."""
        socketserver.TCPServer.server_bind(self)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept; the handshake is left to the connection's own thread, so that a silent client blocks nobody."""
        plain, address = self.socket.accept()
        connection = self.context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Close one connection."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Close what clients keep open; their threads see the end of the connection."""
        with self._lock:
            connections, self._open = self._open, set()
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                log.debug("a connection was closed by its client meanwhile")

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class's signature
        """A client that broke off or distrusts the certificate is its own business; anything else is a failure here."""
        error = sys.exc_info()[1]
        if error is None or isinstance(error, OSError):
            log.info("a connection broke off: %r", error)
        else:
            self.failed("the server", error)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Lockstep-sandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_SECONDS
    server: _Listener

    def setup(self) -> None:
        self.request.settimeout(IDLE_SECONDS)
        self.request.do_handshake()
        super().setup()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._exchange
        raise AttributeError(name)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class's signature
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
