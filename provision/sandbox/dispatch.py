"""From a request to the service that answers it: routes, faults, refusals and failures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from provision.sandbox.conduct import Conduct
from provision.sandbox.faults import Fault, Faults
from provision.sandbox.journal import Journal
from provision.sandbox.service import Answer, Call, Refusal, Route, Service


@dataclass(frozen=True, slots=True)
class _Entry:
    route: Route
    expression: re.Pattern[str]
    service: Service


class Dispatcher:
    """Finds the route of a call among all services, in their order, and turns what happens into an answer."""

    def __init__(
        self, services: Sequence[Service], faults: Faults, journal: Journal, conduct: Conduct | None = None
    ) -> None:
        self._entries = [
            _Entry(route, route.expression(), service) for service in services for route in service.routes()
        ]
        self._faults = faults
        self._journal = journal
        self._conduct = conduct or Conduct()

    def answer(self, call: Call) -> Answer | None:
        """The answer to `call`, whose path may still hold %2F; None means that the connection just closes."""
        query = f"?{urlencode(call.query, safe='$/,')}" if call.query else ""
        fault = None if call.path.startswith("/sandbox/") else self._faults.strike(call.method, call.path + query)
        self._conduct.delay(call)
        answer = self._faulty(call, fault) if fault else self._handle(call)
        self._journal.record(call.method, call.path + query, answer.status if answer else 0)
        return answer and self._conduct.dated(answer)

    def _faulty(self, call: Call, fault: Fault) -> Answer | None:
        if fault.status == "drop":
            return None
        if fault.status == "hang":
            self._faults.hold(fault)
            return None
        if fault.status == "lost":
            self._handle(call)
            return None
        if fault.handled:
            self._handle(call)
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        code = "TooManyRequests" if fault.status == 429 else "SandboxFault"
        refusal = Refusal(fault.status, code, f"The sandbox was told to answer {fault.status} here.", headers)
        return self._refuse(self._lookalike(call.path), refusal)

    def _handle(self, call: Call) -> Answer:
        matches = [(entry, match) for entry in self._entries if (match := entry.expression.fullmatch(call.path))]
        for entry, match in matches:
            if entry.route.method == call.method:
                arguments = {name: _unescape(value) for name, value in match.groupdict().items()}
                return self._run(entry, replace(call, path=_unescape(call.path), arguments=arguments))
        if matches:
            allowed = sorted({entry.route.method for entry, _ in matches})
            message = f"The sandbox serves {call.path} only with {', '.join(allowed)}, not {call.method}."
            refusal = Refusal(405, "MethodNotAllowed", message, {"Allow": ", ".join(allowed)})
            return self._refuse(matches[0][0].service, refusal)
        refusal = Refusal(404, "NotFound", f"The sandbox serves nothing at {call.method} {call.path}.")
        return self._refuse(self._lookalike(call.path), refusal)

    def _run(self, entry: _Entry, call: Call) -> Answer:
        try:
            return entry.route.handler(call)
        except Refusal as refusal:
            return self._refuse(entry.service, refusal)
        except Exception as error:  # noqa: BLE001 - a bug of the sandbox must become a visible answer, not a dead thread
            self._journal.failed(f"{call.method} {call.path}", error)
            message = f"The sandbox itself failed ({type(error).__name__}); `lockstep sandbox status` names its log."
            return self._refuse(entry.service, Refusal(500, "InternalServerError", message))

    def _lookalike(self, path: str) -> Service | None:
        """The service with the route that shares the most leading segments with `path`; None when no first one fits."""
        segments = path.lower().split("/")[1:]

        def shared(entry: _Entry) -> int:
            count = 0
            for ours, theirs in zip(entry.route.pattern.lower().split("/")[1:], segments, strict=False):
                if ours != theirs and not (count and ours.startswith("{")):
                    break
                count += 1
            return count

        best = max(self._entries, key=shared, default=None)
        return best.service if best and shared(best) else None

    def _refuse(self, service: Service | None, refusal: Refusal) -> Answer:
        if service is None:
            body = {"error": {"code": refusal.code, "message": refusal.message}}
            return Answer(refusal.status, body, refusal.headers)
        answer = service.refuse(refusal)
        return replace(answer, headers={**refusal.headers, **answer.headers})


def _unescape(text: str) -> str:
    return re.sub("%2f", "/", text, flags=re.IGNORECASE)
