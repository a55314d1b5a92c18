"""Passes connections on to another address, so that a directory elsewhere answers at `localhost` and its own port."""

from __future__ import annotations

import contextlib
import socket
import threading

from provision.sandbox.directory.listener import Listener

CONNECT_SECONDS = 5.0


class Forwarder:
    """Listens on `port` (0: a free one) and passes bytes to and from `target`; it looks into nothing."""

    def __init__(self, port: int, target: tuple[str, int]) -> None:
        self._target = target
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

    def _serve(self, client: socket.socket) -> None:
        with socket.create_connection(self._target, CONNECT_SECONDS) as target:
            target.settimeout(None)
            back = threading.Thread(target=_pump, args=(target, client), name="forward back", daemon=True)
            back.start()
            _pump(client, target)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):  # either side may end the connection at any time
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        with contextlib.suppress(OSError):  # it is gone already
            end.shutdown(socket.SHUT_RDWR)
