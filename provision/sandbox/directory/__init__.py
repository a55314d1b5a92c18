"""The sandbox's Active Directory: an embedded LDAP server by default, or a real domain controller (Samba).

Both are an instance of `Directory` below, hold the same `Population`, answer at the same kind of URL and are held to
the same conformance tests. I/O inside: `server.py` (listening sockets and TLS), `forwarder.py` (sockets),
`samba*.py` (child processes, apt, a private folder); everything else computes on values in memory.

A request's way through the embedded one, each step a file:

    server    bytes on a TLS socket, one thread for each connection (listener), cut into messages
    ber       bytes <-> elements
    request   elements -> what the client asks           response   what the server answers -> elements
    session   one connection: who is bound (access), with which controls (control), and which request goes where
    search    base (reference), scope, filter (matching), page; selection: attributes, ranges, extended names
    modify    changes of `member`, all or nothing        refusal    every result code with AD's text
    store     the entries and who is in which group      schema, syntax, name, identifier: what a value means

What is not emulated is refused with a result code and a text that says so, never ignored.
"""

from __future__ import annotations

from typing import Protocol


class DirectoryError(Exception):
    """A directory that cannot be started or reset: where, what, what to do."""


class Directory(Protocol):
    """A directory of the sandbox, with the population it was made with."""

    @property
    def url(self) -> str:
        """`ldaps://localhost:<port>`."""
        ...

    @property
    def base(self) -> str:
        """The DN of the domain."""
        ...

    @property
    def bind_user(self) -> str:
        """The account for the runbook, as user principal name; it may write `member` of the writable groups only."""
        ...

    @property
    def bind_password(self) -> str:
        """The password of that account."""
        ...

    def start(self) -> None:
        """Listen, populated.

        Raises:
            DirectoryError: it cannot be started here.
        """
        ...

    def stop(self) -> None:
        """Stop listening and end every connection; what was in it is gone. Stopping twice does nothing."""
        ...

    def reset(self) -> None:
        """Back to the population it was made with, at the same URL; open connections may end.

        Raises:
            DirectoryError: it cannot be started again.
        """
        ...

    def sid_of(self, account: str) -> str | None:
        """The SID (`S-1-5-..`) of the principal with this sAMAccountName; None when there is none."""
        ...

    def groups_of(self, account: str) -> list[str]:
        """The sAMAccountNames of the groups that list the account as a member, sorted; without its primary group."""
        ...
