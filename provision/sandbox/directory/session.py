"""One connection's conversation: who is bound, and which request goes where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from provision.sandbox.directory import refusal, response
from provision.sandbox.directory.access import authenticate
from provision.sandbox.directory.control import Controls, read_controls
from provision.sandbox.directory.domain import Domain
from provision.sandbox.directory.limits import Limits
from provision.sandbox.directory.modify import modify
from provision.sandbox.directory.refusal import Refused, Result
from provision.sandbox.directory.request import Abandon, Bind, Extended, Farewell, Modify, Request, Search, Unsupported
from provision.sandbox.directory.root import START_TLS, WHO_AM_I, root_dse
from provision.sandbox.directory.search import Answer, Searches
from provision.sandbox.directory.store import Entry


@dataclass(frozen=True, slots=True)
class Reply:
    """The messages that answer a request, the result code (0 where there is none), and what becomes of the line."""

    messages: tuple[bytes, ...] = ()
    code: int = 0
    then: Literal["go on", "close", "start TLS"] = "go on"


class Session:
    """One client; `secure` once TLS is on. Nobody is bound at first."""

    def __init__(self, domain: Domain, limits: Limits, *, secure: bool) -> None:
        self._domain = domain
        self._limits = limits
        self._secure = secure
        self._account: Entry | None = None
        self._searches = Searches(domain.store, limits)

    def answer(self, request: Request) -> Reply:
        """Do what is asked, one request at a time."""
        operation = request.operation
        if isinstance(operation, Farewell):
            return Reply(then="close")
        if isinstance(operation, Abandon):
            return Reply()
        try:
            with self._domain.store.lock:
                return self._perform(request.number, operation, read_controls(request.controls))
        except Refused as refused:
            return _ended(request.number, operation.answer, refused.result)

    def _perform(
        self, number: int, operation: Bind | Extended | Search | Modify | Unsupported, controls: Controls
    ) -> Reply:
        match operation:
            case Bind():
                self._bind(operation)
                return _ended(number, operation.answer)
            case Extended():
                return self._extended(number, operation)
            case Search(base="", scope="base"):
                now = datetime.now(UTC) + self._domain.clock_skew
                return _searched(number, Answer((root_dse(self._domain.store.realm, operation.attributes, now),)))
            case Search():
                return _searched(number, self._searches.run(self._bound(), operation, controls))
            case Modify():
                permissive = controls.permissive and self._limits.permissive_modify
                modify(self._domain.store, self._bound(), operation, permissive=permissive)
                return _ended(number, operation.answer)
            case Unsupported():
                raise refusal.not_emulated(f"{operation.operation} operation")

    def _bound(self) -> Entry:
        if self._account is None:
            raise refusal.bind_first()
        return self._account

    def _bind(self, bind: Bind) -> None:
        self._account = None
        if bind.version != 3:
            raise Refused(Result(2, "LDAP version 3 only"))
        if bind.password is None:
            raise refusal.bind_method_unknown()
        if not bind.password:
            return  # RFC 4513, 5.1.2: a name without a password binds nobody, and AD calls that success
        if not self._secure:
            raise refusal.tls_required()
        self._account = authenticate(self._domain, bind.name, bind.password)

    def _extended(self, number: int, asked: Extended) -> Reply:
        if asked.oid == WHO_AM_I:
            name = f"u:{self._domain.store.realm.name}\\{self._account.text('sAMAccountName')}" if self._account else ""
            return Reply((response.extended(number, Result(), value=name.encode()),))
        if asked.oid != START_TLS:
            raise refusal.unknown_extended(asked.oid)
        if self._secure:
            raise Refused(Result(1, "TLS is on already"))
        self._secure = True
        return Reply((response.extended(number, Result(), oid=START_TLS),), then="start TLS")


def _ended(number: int, tag: int, result: Result | None = None) -> Reply:
    result = result or Result()
    return Reply((response.ended(number, tag, result),), result.code)


def _searched(number: int, answer: Answer) -> Reply:
    entries = (response.found(number, entry) for entry in answer.entries)
    references = (response.reference(number, url) for url in answer.references)
    done = response.ended(number, 5, answer.result, controls=answer.controls)
    return Reply((*entries, *references, done), answer.result.code)
