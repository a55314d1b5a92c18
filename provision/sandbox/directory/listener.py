"""Listens on one loopback port and gives every connection a thread; ends them all when asked to."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Callable

ADDRESS = "127.0.0.1"

_log = logging.getLogger(__name__)


class Listener:
    """Calls `serve` with each connection's socket, in a thread of its own, between `start` and `stop`.

    `port` 0 takes a free one, and keeps it when started again. `serve` may let OSError and EOFError go: they end its
    connection only.
    """

    def __init__(self, serve: Callable[[socket.socket], None], port: int) -> None:
        self.port = port
        self._serve = serve
        self._listening: socket.socket | None = None
        self._accepting: threading.Thread | None = None
        self._handles: set[socket.socket] = set()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken.
        """
        self._listening = socket.create_server((ADDRESS, self.port), backlog=128)
        self.port = self._listening.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, args=(self._listening,), name="accept", daemon=True)
        self._accepting.start()

    def stop(self) -> None:
        """Stop listening and end every connection; stopping twice does nothing."""
        if self._listening is None or self._accepting is None:
            return
        with contextlib.suppress(OSError):  # not every system lets a listening socket be shut down
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._accepting.join()
        self._listening = self._accepting = None
        self.hang_up()

    def hang_up(self) -> None:
        """End every connection; go on listening."""
        with self._lock:
            for handle in self._handles:
                with contextlib.suppress(OSError):  # the client was quicker
                    handle.shutdown(socket.SHUT_RDWR)

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # TLS takes the socket over; a second handle on the same connection still can end it from outside.
            handle = connection.dup()
            with self._lock:
                self._handles.add(handle)
            threading.Thread(target=self._run, args=(connection, handle), name="connection", daemon=True).start()

    def _run(self, connection: socket.socket, handle: socket.socket) -> None:
        try:
            with connection:
                self._serve(connection)
        except (OSError, EOFError) as error:
            _log.debug("a connection ended: %s", error)
        finally:
            with self._lock:
                self._handles.discard(handle)
                handle.close()
