"""The control plane: status, reset, faults and journal of the sandbox, and the requester who asks for packages.

Only for whoever can read the state folder: every call needs the bearer token that is kept there.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from provision.sandbox.faults import Faults, fault_from
from provision.sandbox.journal import Journal
from provision.sandbox.service import Answer, Call, Refusal, Route

_RUN = ("workflow", "user")


class Requester(Protocol):
    """What the control plane asks of the sandbox; answers are JSON objects."""

    def status(self) -> dict[str, Any]:
        """Where it serves and what is in it."""
        ...

    def reset(self) -> None:
        """Back to the beginning."""
        ...

    def stop_soon(self) -> None:
        """Stop once the answer is out."""
        ...

    def grant(self, user: str, package: str) -> dict[str, Any]:
        """Give a package to a user and wait; raises Refusal for an unknown one."""
        ...

    def remove(self, user: str, package: str) -> dict[str, Any]:
        """Take a package from a user and wait; raises Refusal for an unknown one."""
        ...

    def activate(self, workflow: str, user: str) -> dict[str, Any]:
        """Run a lifecycle workflow for a user and wait; raises Refusal for an unknown one."""
        ...

    def assign_silently(self, user: str, package: str) -> dict[str, Any]:
        """Give a package without any callout; raises Refusal for an unknown one."""
        ...

    def end_silently(self, user: str, package: str) -> dict[str, Any]:
        """Take a package without any callout; raises Refusal for an unknown one."""
        ...

    def groups(self, user: str) -> dict[str, Any]:
        """The AD groups of a user; raises Refusal for an unknown one."""
        ...

    def fire(self, schedule: str) -> dict[str, Any]:
        """Start what a schedule starts, and wait; raises Refusal for one that starts nothing."""
        ...

    def silence(self, silent: bool) -> None:  # noqa: FBT001 - the state it is put in
        """Let the hybrid worker fall silent, or speak again."""
        ...


class Control:
    """The routes under /sandbox/."""

    def __init__(self, requester: Requester, faults: Faults, journal: Journal, token: str) -> None:
        self._requester = requester
        self._faults = faults
        self._journal = journal
        self._token = token

    def routes(self) -> Sequence[Route]:
        """Everything `lockstep sandbox` and the tests ask for."""
        return (
            self._route("GET", "/sandbox/status", lambda _: self._requester.status()),
            self._route("POST", "/sandbox/reset", self._reset),
            self._route("POST", "/sandbox/stop", self._stop),
            self._route("POST", "/sandbox/grant", lambda call: self._request(call, self._requester.grant)),
            self._route("POST", "/sandbox/remove", lambda call: self._request(call, self._requester.remove)),
            self._route("POST", "/sandbox/assign", lambda call: self._request(call, self._requester.assign_silently)),
            self._route("POST", "/sandbox/end", lambda call: self._request(call, self._requester.end_silently)),
            self._route("POST", "/sandbox/activate", lambda call: self._request(call, self._requester.activate, _RUN)),
            self._route("POST", "/sandbox/fire", self._fire),
            self._route("GET", "/sandbox/users/{user}/groups", self._groups),
            self._route("POST", "/sandbox/faults", self._set_faults),
            self._route("POST", "/sandbox/worker", self._worker),
            self._route("GET", "/sandbox/journal", self._exchanges),
        )

    def refuse(self, refusal: Refusal) -> Answer:
        """The envelope of Resource Manager and Graph, which everybody can read."""
        return Answer(refusal.status, {"error": {"code": refusal.code, "message": refusal.message}})

    def _route(self, method: str, pattern: str, handler: Callable[[Call], dict[str, Any]]) -> Route:
        def guarded(call: Call) -> Answer:
            scheme, _, token = call.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not secrets.compare_digest(token.encode(), self._token.encode()):
                raise Refusal(401, "Unauthorized", "The control plane needs the token from the state folder.")
            return Answer(200, handler(call))

        return Route(method, pattern, guarded)

    def _reset(self, _: Call) -> dict[str, Any]:
        self._requester.reset()
        return self._requester.status()

    def _stop(self, _: Call) -> dict[str, Any]:
        self._requester.stop_soon()
        return {"stopping": True}

    def _request(
        self, call: Call, act: Callable[[str, str], dict[str, Any]], names: tuple[str, str] = ("user", "package")
    ) -> dict[str, Any]:
        body = _object(call)
        first, second = (_text(body, name) for name in names)
        if body.get("wait", True):
            return act(first, second)

        def later() -> None:
            try:
                act(first, second)
            except Refusal as refusal:
                self._journal.failed(f"{call.path} {first} {second}", refusal)

        threading.Thread(target=later, name="request", daemon=True).start()
        return {"waiting": False}

    def _fire(self, call: Call) -> dict[str, Any]:
        return self._requester.fire(_text(_object(call), "schedule"))

    def _groups(self, call: Call) -> dict[str, Any]:
        return self._requester.groups(call.arguments["user"])

    def _set_faults(self, call: Call) -> dict[str, Any]:
        documents = call.json()
        if not isinstance(documents, list):
            raise Refusal(400, "BadRequest", "The faults are a JSON array.")
        try:
            faults = [fault_from(document) for document in documents]
        except ValueError as error:
            raise Refusal(400, "BadRequest", str(error)) from error
        self._faults.replace(faults)
        return {"faults": len(faults)}

    def _worker(self, call: Call) -> dict[str, Any]:
        silent = _object(call).get("silent") is True
        self._requester.silence(silent)
        return {"silent": silent}

    def _exchanges(self, _: Call) -> dict[str, Any]:
        return {"exchanges": [asdict(exchange) for exchange in self._journal.exchanges()]}


def _object(call: Call) -> dict[str, Any]:
    body = call.json()
    if not isinstance(body, dict):
        raise Refusal(400, "BadRequest", "A JSON object is expected.")
    return body


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise Refusal(400, "BadRequest", f"'{name}' is missing.")
    return value
