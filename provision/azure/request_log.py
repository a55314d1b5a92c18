"""One line for each request to Resource Manager and Graph, for `--verbose`: method, path, status, time, attempt.

Written to the logger `LOGGER`, which nobody reads otherwise. Never a body, a header, a token, or a part of the query
that may be a key, such as the signature of a trigger or the place in a list.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    import httpx

LOGGER: Final = "lockstep.requests"
HARMLESS: Final = ("api-version", "$expand", "$filter", "$select", "$top")
ATTEMPT: Final = "retry-attempt"
"""The header by which Graph's SDK counts its retries."""

_log = logging.getLogger(LOGGER)


def shown(url: str) -> str:
    """The path of an address, and of its query only what is harmless."""
    parts = urlsplit(url)
    pairs = [f"{name}={value}" for name, value in parse_qsl(parts.query) if name in HARMLESS]
    return f"{parts.path}?{'&'.join(pairs)}" if pairs else parts.path


def note(method: str, url: str, begun: float, ended: str, attempt: int) -> None:
    """Notes one attempt; `begun` is when, by `time.monotonic`, `ended` the status or the error."""
    again = f", attempt {attempt}" if attempt > 1 else ""
    _log.info("%s %s: %s, %.0f ms%s", method, shown(url), ended, 1000 * (time.monotonic() - begun), again)


class LoggingPolicy:
    """A policy for the pipelines of azure-core, below the one that tries again."""

    next: Any
    """The policy below, which the pipeline sets."""

    def send(self, request: Any) -> Any:
        """Hands the request on, and notes it."""
        asked, context, begun = request.http_request, request.context, time.monotonic()
        attempt = context["lockstep-attempt"] = context.get("lockstep-attempt", 0) + 1
        try:
            response = self.next.send(request)
        except Exception as error:
            note(asked.method, asked.url, begun, type(error).__name__, attempt)
            raise
        note(asked.method, asked.url, begun, str(response.http_response.status_code), attempt)
        return response


class LoggingTransport:
    """A transport of httpx around another one."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hands the request on, and notes it."""
        begun, attempt = time.monotonic(), int(request.headers.get(ATTEMPT, 0)) + 1
        try:
            response = await self._inner.handle_async_request(request)
        except Exception as error:
            note(request.method, str(request.url), begun, type(error).__name__, attempt)
            raise
        note(request.method, str(request.url), begun, str(response.status_code), attempt)
        return response

    async def aclose(self) -> None:
        """Closes the one inside."""
        await self._inner.aclose()


def logged_transport(inner: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    """The transport, noting what goes through it."""
    return cast("httpx.AsyncBaseTransport", LoggingTransport(inner))  # the base class would load httpx here
