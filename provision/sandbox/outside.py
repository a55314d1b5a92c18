"""The one HTTP client of the sandbox: what its Logic Apps and its Entitlement Management send over the network."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class HttpReply:
    """An answer as it came: header names in lower case, the body undecoded."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Outside:
    """Sends requests over verified TLS; follows no redirect, uses no proxy, keeps no connection."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None, timeout: float = 30
    ) -> HttpReply:
        """One request and its answer, whatever its status.

        Raises:
            OSError: nobody answered, TLS did not verify, or the answer broke off.
        """
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            raise OSError(f"the sandbox sends requests to https addresses only, not to {url!r}")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = http.client.HTTPSConnection(
            parts.hostname, parts.port or 443, timeout=timeout, context=self._context
        )
        try:
            connection.request(method, target, body=body, headers=dict(headers))
            reply = connection.getresponse()
            return HttpReply(reply.status, {name.lower(): text for name, text in reply.getheaders()}, reply.read())
        except http.client.HTTPException as error:
            raise OSError(f"{method} {url}: the answer is not HTTP or broke off ({error!r})") from error
        finally:
            connection.close()
