"""The embedded directory: an LDAP server in this process that plays a domain controller, strictly.

Its behaviour is that of Active Directory where the runbook depends on it, also where Samba's differs: the
permissive-modify control counts, long `member` lists come in ranges, unpaged answers end after 1000 entries.
"""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from provision.sandbox import seed
from provision.sandbox.directory import DirectoryError
from provision.sandbox.directory.domain import populated
from provision.sandbox.directory.limits import Limits
from provision.sandbox.directory.population import SEED, Population
from provision.sandbox.directory.request import Bind, Modify, Request, Search
from provision.sandbox.directory.server import Server
from provision.sandbox.directory.session import Reply, Session

JOURNAL_LENGTH = 10_000


@dataclass(frozen=True, slots=True)
class Exchange:
    """One operation: its kind (`bind`, `search`, `modify`, ..), the name or base it was about, the result code."""

    operation: str
    about: str
    code: int


class EmbeddedDirectory:
    """A `Directory` at `ldaps://localhost:<port>`; `plain_port` adds LDAP with StartTLS; port 0 takes a free one.

    `certificate` is a certificate and its private key, both PEM.
    """

    def __init__(
        self,
        certificate: tuple[Path, Path],
        port: int = 18636,
        population: Population = SEED,
        *,
        limits: Limits | None = None,
        plain_port: int | None = None,
    ) -> None:
        self._population = population
        self._limits = limits or Limits()
        self._domain = populated(population)
        self._journal: deque[Exchange] = deque(maxlen=JOURNAL_LENGTH)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(*certificate)
        self._secure = Server(self._open_session, context, port, self._limits, tls_first=True)
        self._plain: Server | None = None
        if plain_port is not None:
            self._plain = Server(self._open_session, context, plain_port, self._limits, tls_first=False)

    @property
    def url(self) -> str:
        """`ldaps://localhost:<port>`."""
        return f"ldaps://localhost:{self._secure.port}"

    @property
    def plain_url(self) -> str | None:
        """`ldap://localhost:<port>`, for StartTLS; None without a plain port."""
        return f"ldap://localhost:{self._plain.port}" if self._plain else None

    @property
    def base(self) -> str:
        """The DN of the domain."""
        return self._population.realm.base

    @property
    def bind_user(self) -> str:
        """The account for the runbook."""
        return self._population.realm.bind_user

    @property
    def bind_password(self) -> str:
        """The password of that account."""
        return seed.BIND_PASSWORD

    @property
    def journal(self) -> tuple[Exchange, ...]:
        """The operations since the start or the last reset, oldest first, the last 10,000 at most."""
        return tuple(self._journal)

    def know(self, *others: EmbeddedDirectory) -> None:
        """Accept accounts of these other domains of its forest as members, by DN, until the next reset."""
        self._domain.store.neighbours = tuple(other._domain.store for other in others)  # noqa: SLF001 - of its own kind

    def skew_clock(self, by: timedelta) -> None:
        """Let the server's clock be ahead of this machine's, or behind, until the next reset."""
        self._domain.clock_skew = by

    def start(self) -> None:
        """Listen, populated.

        Raises:
            DirectoryError: a port is taken.
        """
        for server in filter(None, (self._secure, self._plain)):
            try:
                server.start()
            except OSError as error:
                self.stop()
                raise DirectoryError(
                    f"The directory cannot listen on port {server.port} of localhost: {error.strerror}. "
                    "Stop what uses the port, or choose another."
                ) from error

    def stop(self) -> None:
        """Stop listening and end every connection."""
        for server in filter(None, (self._secure, self._plain)):
            server.stop()

    def reset(self) -> None:
        """Back to the population; open connections end."""
        self._domain = populated(self._population)
        self._journal.clear()
        for server in filter(None, (self._secure, self._plain)):
            server.hang_up()

    def sid_of(self, account: str) -> str | None:
        """The SID of a principal."""
        with self._domain.store.lock:
            entry = self._domain.store.by_account(account)
        return entry.sid if entry else None

    def groups_of(self, account: str) -> list[str]:
        """The groups that list the account."""
        store = self._domain.store
        with store.lock:
            entry = store.by_account(account)
            return sorted(group.text("sAMAccountName") for group in store.groups(entry)) if entry else []

    def _open_session(self, secure: bool) -> Callable[[Request], Reply]:  # noqa: FBT001 - the server's own word
        session = Session(self._domain, self._limits, secure=secure)

        def converse(request: Request) -> Reply:
            reply = session.answer(request)
            self._journal.append(Exchange(type(request.operation).__name__.lower(), _about(request), reply.code))
            return reply

        return converse


def _about(request: Request) -> str:
    match request.operation:
        case Bind(name=name) | Modify(name=name):
            return name
        case Search(base=base):
            return base
    return ""
