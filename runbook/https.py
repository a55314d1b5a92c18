"""The HTTPS wire: GET, with certificates verified, without redirects, with patience for a service that is busy.

The only file of the job that opens HTTP connections. Every call is a GET, so a repeated one does no harm. Proxies are
those of the worker (environment, or the Windows settings).
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from runbook.deadline import Deadline
from runbook.outcome import Failed, cut

THIS_MACHINE = frozenset({"127.0.0.1", "localhost"})
"""Where the sandbox listens. What is sent there does not leave the worker."""

_TIMEOUT_SECONDS = 30.0
_SHORT_SECONDS = 5.0
_WAITS_SECONDS = (0.5, 2.0, 5.0)
_LONG_WAIT_SECONDS = 15.0
_BUSY_STATUSES = {408, 429, 500, 502, 503, 504}
_LARGEST_BODY = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json_object(self, what: str) -> dict[str, Any]:
        """The body as a JSON object.

        Raises:
            Failed: it is not one; `what` names the thing that was read.
        """
        try:
            value = json.loads(self.body)
        except ValueError as error:
            raise Failed(f"{what}: the answer is not JSON") from error
        if not isinstance(value, dict):
            raise Failed(f"{what}: the answer is not a JSON object")
        return value

    def reason(self) -> str:
        """The service's own words, short, or an empty text: `{"error": {"code", "message"}}` or `{"message"}`."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return ""
        error = value.get("error", value) if isinstance(value, dict) else {}
        words = [error.get("code"), error.get("message")] if isinstance(error, dict) else [error]
        return cut(": ".join(word for word in words if isinstance(word, str) and word), 160)


class Transport(Protocol):
    """Carries one GET."""

    def get(self, url: str, headers: dict[str, str], timeout: float) -> Reply:
        """The answer, whatever its status.

        Raises:
            OSError: no whole answer arrived.
        """
        ...


class Https:
    """GET with retries, all within the job's deadline."""

    def __init__(self, transport: Transport, deadline: Deadline) -> None:
        self._transport = transport
        self._deadline = deadline

    def get(self, url: str, headers: dict[str, str], what: str, *, patient: bool = True, more_tries: int = 0) -> Reply:
        """The answer to a GET of `url`; 408, 429 and 5xx are asked again, after Retry-After where given.

        Not patient means one short try; otherwise there are four, and `more_tries` far apart if the service is busy.

        Raises:
            Failed: the URL is not HTTPS, or no whole answer arrived in all tries; `what` names the thing read.
            DeadlinePassed: the job's time is over.
        """
        _refuse_plain(url, what)
        waits = [*_WAITS_SECONDS, *[_LONG_WAIT_SECONDS] * more_tries] if patient else []
        broken = 0
        while True:
            timeout = self._deadline.limit(_TIMEOUT_SECONDS if patient else _SHORT_SECONDS, what)
            asked_to_wait = 0.0
            try:
                reply = self._transport.get(url, {"User-Agent": "lockstep", **headers}, timeout)
                if reply.status not in _BUSY_STATUSES or not waits:
                    return reply
                asked_to_wait = _retry_after(reply)
            except OSError as error:
                if _certificate_refused(error) or not waits or broken == len(_WAITS_SECONDS):
                    raise Failed(f"{what}: {_unreachable(url, error)}") from error
                broken += 1
            self._deadline.sleep(max(waits.pop(0), asked_to_wait), what)


class UrllibTransport:
    """GET by the standard library; the trust store is the worker's, or what SSL_CERT_FILE names.

    Connections stay open, so that a job that asks a thousand times greets once; those through a proxy do not.
    """

    def __init__(self) -> None:
        self.tls = ssl.create_default_context()
        self._opener = self._build()
        self._direct = self._build(urllib.request.ProxyHandler({}))
        self._kept: dict[str, http.client.HTTPSConnection] = {}

    def get(self, url: str, headers: dict[str, str], timeout: float) -> Reply:
        """See `Transport.get`."""
        here = _on_this_machine(url)
        try:
            if urlsplit(url).scheme == "https" and (here or not _has_proxy(url)):
                return self._get_kept(url, headers, timeout)
            opener = self._direct if here else self._opener
            request = urllib.request.Request(url, headers=headers)  # noqa: S310 - `Https` lets no other scheme through
            with _sent(opener, request, timeout) as answer:
                return _reply(answer.status, answer)
        except http.client.HTTPException as error:
            raise ConnectionError(f"the answer broke off ({type(error).__name__})") from error

    def close(self) -> None:
        """Ends the connections that are still open."""
        while self._kept:
            self._kept.popitem()[1].close()

    def _get_kept(self, url: str, headers: dict[str, str], timeout: float) -> Reply:
        """The answer over the host's open connection; over a new one when there is none or the host has ended it."""
        host = urlsplit(url).netloc
        kept = self._kept.pop(host, None)
        if kept:
            try:
                return self._over(kept, url, headers, timeout)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                kept.close()
        return self._over(http.client.HTTPSConnection(host, context=self.tls), url, headers, timeout)

    def _over(
        self, connection: http.client.HTTPSConnection, url: str, headers: dict[str, str], timeout: float
    ) -> Reply:
        parts = urlsplit(url)
        connection.timeout = timeout
        if connection.sock:
            connection.sock.settimeout(timeout)
        whole = False
        try:
            connection.request("GET", parts._replace(scheme="", netloc="").geturl() or "/", headers=headers)
            answer = connection.getresponse()
            reply = _reply(answer.status, answer)
            whole = answer.isclosed() and not answer.will_close
        finally:
            if not whole:
                connection.close()
        if whole:
            self._kept[parts.netloc] = connection
        return reply

    def _build(self, *more: urllib.request.BaseHandler) -> urllib.request.OpenerDirector:
        return urllib.request.build_opener(urllib.request.HTTPSHandler(context=self.tls), _NoRedirects(), *more)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to another host."""

    def redirect_request(self, *_: Any) -> None:
        """Never follows."""


def _sent(opener: urllib.request.OpenerDirector, request: urllib.request.Request, timeout: float) -> Any:
    """The answer; to urllib one of status 300 and above is an error."""
    try:
        return opener.open(request, timeout=timeout)
    except urllib.error.HTTPError as answer:
        return answer


def _reply(status: int, answer: Any) -> Reply:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    body = answer.read(_LARGEST_BODY + 1)
    if len(body) > _LARGEST_BODY:
        raise ConnectionError(f"the answer is larger than {_LARGEST_BODY} bytes")
    announced = headers.get("content-length", "")
    if announced.isdecimal() and len(body) != int(announced):  # read(n) of http.client lets a short body pass
        raise ConnectionError(f"the answer broke off after {len(body)} of {announced} bytes")
    return Reply(status, headers, body)


def _refuse_plain(url: str, what: str) -> None:
    if urlsplit(url).scheme != "https" and not (urlsplit(url).scheme == "http" and _on_this_machine(url)):
        raise Failed(f"{what}: {url} is not an https address; nothing was sent")


def _on_this_machine(url: str) -> bool:
    """Whether the host is the machine's own loopback or metadata address, which no network carries further."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_link_local


def _has_proxy(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return "https" in urllib.request.getproxies() and not urllib.request.proxy_bypass(host)


def _retry_after(reply: Reply) -> float:
    value = reply.headers.get("retry-after", "")
    return float(value) if value.isdecimal() else 0.0


def _certificate_refused(error: OSError) -> bool:
    return ssl.SSLCertVerificationError in {type(error), type(getattr(error, "reason", None))}


def _unreachable(url: str, error: OSError) -> str:
    host = urlsplit(url).netloc
    if _certificate_refused(error):
        return f"the certificate of {host} is not trusted by this worker; install its authority ({error})"
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return f"{host} did not answer ({reason}); check the network and the proxy of the worker"
