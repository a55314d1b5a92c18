"""The Http action: one request with the app's own identity, retried as its policy says.

Network I/O only through the sandbox's `Outside`. Retried are 408, 429, 5xx and connections that break; the default
policy is exponential, 4 retries, PT7S to PT1H. The service adds chance to exponential intervals, the sandbox does not.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urljoin

from provision.sandbox.clock import Clock
from provision.sandbox.logic_app.duration import seconds
from provision.sandbox.logic_app.record import stamp
from provision.sandbox.logic_app.result import Result, failed
from provision.sandbox.logic_app.value import compact, text_of
from provision.sandbox.outside import HttpReply

RESOURCE_MANAGER = "https://management.azure.com/"
"""The audience when an action names none."""

TIMEOUT = 120.0
"""Real seconds after which a silent server counts as gone, as in the service."""

_NO_ANSWER = "BadRequest"
_ASYNC_INTERVAL = 20.0
_ASYNC_POLLS = 200


class Sender(Protocol):
    """The part of `Outside` that an action needs."""

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None, timeout: float = 30
    ) -> HttpReply:
        """One request; raises OSError when nobody answers."""
        ...


@dataclass(frozen=True, slots=True)
class Wire:
    """What an Http action needs; `token` gives the app's token for an audience, None once its identity is gone."""

    outside: Sender
    clock: Clock
    token: Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and after how many seconds a request is sent again."""

    count: int = 4
    interval: float = 7.0
    lowest: float = 5.0
    highest: float = 3600.0
    grows: bool = True

    @classmethod
    def read(cls, written: Mapping[str, Any] | None) -> RetryPolicy:
        """The policy of an action's inputs; absent means the service's default."""
        kind = str((written or {}).get("type", "default")).lower()
        if written is None or kind == "default":
            return cls()
        if kind == "none":
            return cls(count=0)
        return cls(
            count=written["count"],
            interval=seconds(written["interval"]),
            lowest=seconds(written.get("minimumInterval", "PT5S")),
            highest=seconds(written.get("maximumInterval", "PT1H")),
            grows=kind == "exponential",
        )

    def wait(self, attempt: int) -> float:
        """Seconds before attempt 2, 3, ..."""
        if not self.grows:
            return self.interval
        return min(self.highest, max(self.lowest, self.interval * 2.0 ** (attempt - 2)))


def send(inputs: Mapping[str, Any], wire: Wire, *, follow: bool) -> Result:
    """Sends the evaluated `inputs`; with `follow`, a 202 with a Location is polled until it is something else."""
    policy = RetryPolicy.read(inputs.get("retryPolicy"))
    retries: list[dict[str, Any]] = []
    for attempt in range(1, policy.count + 2):
        started = wire.clock.now()
        result = _attempt(inputs, wire, follow=follow)
        if attempt > policy.count or not _is_passing(result):
            break
        ended = wire.clock.now()
        retries.append({"startTime": stamp(started), "endTime": stamp(ended), "code": result.code})
        wire.clock.sleep(policy.wait(attempt + 1))
    return replace(result, retries=retries)


def _is_passing(result: Result) -> bool:
    """True for a failure that another attempt may mend."""
    if result.status == "Succeeded":
        return False
    if result.outputs is None:
        return result.code == _NO_ANSWER
    status = result.outputs["statusCode"]
    return status in {408, 429} or status >= 500


def _attempt(inputs: Mapping[str, Any], wire: Wire, *, follow: bool) -> Result:
    headers = {name: text_of(value) for name, value in (inputs.get("headers") or {}).items()}
    authentication = inputs.get("authentication")
    if authentication:
        token = wire.token(authentication.get("audience") or RESOURCE_MANAGER)
        if token is None:
            return failed("ManagedIdentityNotFound", "The managed identity of the workflow is not there any more.")
        headers["Authorization"] = f"Bearer {token}"
    body = _encoded(inputs.get("body"), headers)
    method, url = str(inputs["method"]).upper(), address(text_of(inputs["uri"]), inputs.get("queries") or {})
    try:
        reply = wire.outside.send(method, url, headers, body, TIMEOUT)
        if follow:
            reply = _followed(reply, url, headers, wire)
    except OSError as error:
        return failed(_NO_ANSWER, f"Http request failed as there is an error getting response: '{error}'.")
    return _result(reply)


def address(uri: str, queries: Mapping[str, Any]) -> str:
    """The URI with its queries, escaped where it has to be."""
    escaped = quote(uri, safe=":/?#[]@!$&'()*+,;=%-._~")
    if not queries:
        return escaped
    added = urlencode({name: text_of(value) for name, value in queries.items()}, quote_via=quote)
    return f"{escaped}{'&' if '?' in escaped else '?'}{added}"


def _encoded(body: Any, headers: dict[str, str]) -> bytes | None:
    if body is None:
        return None
    if isinstance(body, str):
        return body.encode()
    if "content-type" not in {name.lower() for name in headers}:
        headers["Content-Type"] = "application/json; charset=utf-8"
    return compact(body).encode()


def _followed(reply: HttpReply, url: str, headers: Mapping[str, str], wire: Wire) -> HttpReply:
    kept = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    for _ in range(_ASYNC_POLLS):
        location = reply.headers.get("location")
        if reply.status != HTTPStatus.ACCEPTED or not location:
            return reply
        pause = reply.headers.get("retry-after", "")
        wire.clock.sleep(float(pause) if pause.isdigit() else _ASYNC_INTERVAL)
        url = urljoin(url, location)
        reply = wire.outside.send("GET", url, kept, None, TIMEOUT)
    return reply


def _result(reply: HttpReply) -> Result:
    outputs: dict[str, Any] = {"statusCode": reply.status, "headers": dict(reply.headers)}
    if reply.body:
        outputs["body"] = _decoded(reply)
    code = _code(reply.status)
    if 200 <= reply.status < 300:
        return Result("Succeeded", outputs, code)
    return failed(code, f"The server answered {reply.status}.", outputs)


def _decoded(reply: HttpReply) -> Any:
    kind = reply.headers.get("content-type", "").lower()
    if "json" in kind:
        try:
            return json.loads(reply.body)
        except ValueError:
            return reply.body.decode(errors="replace")
    if kind.startswith(("text/", "application/xml")):
        return reply.body.decode(errors="replace")
    content = base64.b64encode(reply.body).decode()
    return {"$content-type": kind or "application/octet-stream", "$content": content}


def _code(status: int) -> str:
    try:
        return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")
    except ValueError:
        return str(status)
