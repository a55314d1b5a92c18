"""The one HTTPS server of the sandbox: HTTP/1.1 with keep-alive, a thread for each connection, loopback only.

It hands calls to one function and knows no service.
"""

from __future__ import annotations

import socket
import socketserver
import ssl
import sys
import threading
from collections.abc import Callable
from typing import Any

from provision.sandbox.connection import ADDRESS, Connection, Respond, Responder
from provision.sandbox.journal import log

Failed = Callable[[str, BaseException], None]


class Server:
    """Listens from construction on, serves between `start` and `stop`.

    Raises:
        OSError: the port is taken.
    """

    def __init__(
        self, respond: Respond, context: ssl.SSLContext, port: int = 0, *, failed: Failed | None = None
    ) -> None:
        """`failed` is told where the server itself failed, and the error; the log is told when there is none."""
        self._listener = _Listener((ADDRESS, port), Connection)
        self._listener.failed = failed or _log_failure
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


class _Listener(Responder):
    daemon_threads = True
    request_queue_size = 128
    context: ssl.SSLContext
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


def _log_failure(where: str, error: BaseException) -> None:
    log.error("%s", where, exc_info=error)
