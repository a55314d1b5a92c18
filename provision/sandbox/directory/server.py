"""The LDAP server: TLS sockets, one thread for each connection, messages cut out of the stream.

A client that says nothing is hung up on, in the handshake soon, afterwards when it has been idle as long as AD allows.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

from provision.sandbox.directory import response
from provision.sandbox.directory.ber import BerError, decode
from provision.sandbox.directory.limits import Limits
from provision.sandbox.directory.listener import Listener
from provision.sandbox.directory.request import Request, read_request
from provision.sandbox.directory.session import Reply

MESSAGE_LIMIT = 10 * 1024 * 1024
"""AD's MaxReceiveBuffer: a longer message ends the connection."""


Converse = Callable[[Request], Reply]
OpenSession = Callable[[bool], Converse]


class Server:
    """Listens between `start` and `stop` on one port; `port` 0 takes a free one.

    `open_session` makes the session of a new connection; it is told whether TLS is on from the start, as it is with
    `tls_first`. Otherwise a client can ask for StartTLS.
    """

    def __init__(
        self, open_session: OpenSession, context: ssl.SSLContext, port: int, limits: Limits, *, tls_first: bool
    ) -> None:
        self._open_session = open_session
        self._context = context
        self._tls_first = tls_first
        self._limits = limits
        self._listener = Listener(self._serve, port)

    @property
    def port(self) -> int:
        """The port, also when any free one was asked for and found."""
        return self._listener.port

    def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken.
        """
        self._listener.start()

    def stop(self) -> None:
        """Stop listening and end every connection."""
        self._listener.stop()

    def hang_up(self) -> None:
        """End every connection; go on listening."""
        self._listener.hang_up()

    def _serve(self, connection: socket.socket) -> None:
        converse = self._open_session(self._tls_first)
        if not self._tls_first and not self._converse(connection, converse):
            return
        connection.settimeout(self._limits.handshake_seconds)
        with self._context.wrap_socket(connection, server_side=True) as secured:
            self._converse(secured, converse)

    def _converse(self, connection: socket.socket, converse: Converse) -> bool:
        """Answer until the end, or until TLS is to begin (True)."""
        connection.settimeout(self._limits.idle_seconds)
        stream = _Stream(connection)
        while True:
            try:
                request = read_request(decode(stream.message()))
            except BerError as error:
                connection.sendall(response.farewell(f"this is no LDAP: {error}"))
                return False
            reply = converse(request)
            if reply.messages:
                connection.sendall(b"".join(reply.messages))
            if reply.then == "start TLS":
                return not stream.ahead  # what came before the handshake must not count as sent under TLS
            if reply.then == "close":
                return False


class _Stream:
    """Cuts messages out of what a socket delivers; `ahead` is what came beyond the last one."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.ahead = b""

    def message(self) -> bytes:
        """The next message.

        Raises:
            BerError: not a SEQUENCE of definite length within the limit.
            EOFError: the client hung up.
        """
        self._need(2)
        if self.ahead[0] != 0x30:
            raise BerError("a message is a SEQUENCE")
        size, start = self.ahead[1], 2
        if size >= 0x80:
            start += size - 0x80
            if not 3 <= start <= 6:
                raise BerError("a length of no form that LDAP allows")
            self._need(start)
            size = int.from_bytes(self.ahead[2:start], "big")
        if size > MESSAGE_LIMIT:
            raise BerError(f"more than {MESSAGE_LIMIT} bytes")
        self._need(start + size)
        message, self.ahead = self.ahead[: start + size], self.ahead[start + size :]
        return message

    def _need(self, count: int) -> None:
        parts, have = [self.ahead], len(self.ahead)
        while have < count:
            part = self._connection.recv(65536)
            if not part:
                raise EOFError("the client hung up")
            parts.append(part)
            have += len(part)
        self.ahead = b"".join(parts)
