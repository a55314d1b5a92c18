"""An event loop in a thread of its own, which takes coroutines from any thread. No I/O of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from provision.errors import ProvisionError

Result = TypeVar("Result")


class EventLoop:
    """Begins with the first coroutine; ends with `close`, after which nothing runs any more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """What the coroutine gives, or raises. Whoever is interrupted meanwhile has it cancelled.

        Raises:
            ProvisionError: the loop was closed before the coroutine came to its end.
        """
        try:
            with self._lock:  # until the loop has it: `close` cancels only what the loop has
                future = asyncio.run_coroutine_threadsafe(coroutine, self._running())
        except BaseException:
            coroutine.close()
            raise
        try:
            return future.result()
        except CancelledError as error:
            raise ProvisionError("The connection was closed before the answer came. Run the command again.") from error
        except KeyboardInterrupt:
            future.cancel()
            raise

    def close(self, last: Coroutine[Any, Any, object] | None = None) -> None:
        """Runs `last`, cancels what is under way, ends the thread."""
        with self._lock:
            self._closed = True
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None:
            if last is not None:
                last.close()
            return
        try:
            asyncio.run_coroutine_threadsafe(_ended(last), loop).result()
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    def _running(self) -> asyncio.AbstractEventLoop:
        """The loop; the caller holds the lock."""
        if self._closed:
            raise ProvisionError("The connection is closed already. Run the command again.")
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="graph", daemon=True)
            self._thread.start()
        return self._loop


async def _ended(last: Coroutine[Any, Any, object] | None) -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    if last is not None:
        await last
